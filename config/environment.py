"""Where settings come from: the environment first, then the ``.env`` file."""

import os
from collections.abc import Mapping
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured


def read(env_file: Path, environment: Mapping[str, str] = os.environ) -> "Environment":
    """The settings of the environment and of ``env_file``, which need not exist."""
    written: dict[str, str] = {}

    class EnvFile(environ.Env):
        # Not os.environ: what stands in the file must not reach programs that we start.
        ENVIRON = written

    if env_file.exists():
        EnvFile.read_env(env_file)
    return Environment(environment, written)


class Environment:
    """Reads settings by name out of several sources, of which the first that knows one wins.

    ``NAME_FILE`` names a file whose content is the value of ``NAME``. An empty value counts as
    none. A complaint names the setting and never repeats its value, which may be a secret.
    """

    def __init__(self, *sources: Mapping[str, str]) -> None:
        self._sources = sources

    def text(self, name: str, default: str = "") -> str:
        for source in self._sources:
            value, path = source.get(name), source.get(f"{name}_FILE")
            if value and path:
                raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one.")
            if path:
                value = self._content(name, path)
            if value:
                return value
        return default

    def words(self, name: str) -> tuple[str, ...]:
        """The parts of a list separated by commas."""
        return tuple(part.strip() for part in self.text(name).split(",") if part.strip())

    def boolean(self, name: str, *, default: bool) -> bool:
        text = self.text(name, str(default)).strip().lower()
        if text in environ.Env.BOOLEAN_TRUE_STRINGS:
            return True
        if text in {"false", "off", "no", "n", "0"}:
            return False
        raise ImproperlyConfigured(f"{name} is neither on nor off: write true or false.")

    def number(self, name: str, *, default: int, least: int = 1, most: int = 2**31 - 1) -> int:
        text = self.text(name, str(default)).strip()
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")

    @staticmethod
    def _content(name: str, path: str) -> str:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names a file that cannot be read: check the path and its mode."
            ) from error
