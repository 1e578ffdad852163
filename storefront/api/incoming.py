"""Bodies as the shops' own clients send them."""

import unicodedata
from typing import Any

from rest_framework import serializers


def _folded(name: str) -> str:
    """``paid_at``, ``paidAt`` and ``PAID-AT`` are one name to whoever means mischief."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return plain.replace("_", "").replace("-", "")


class Incoming(serializers.Serializer[Any]):
    """A body of which null means "not given" and unknown members are passed over.

    Members that only the server sets (``server_owned``, written folded) are refused in every
    spelling, and so is a known member in a spelling that is not its own: it would be passed over
    in silence while its sender believes it counted. ``store`` may be named when it is the key's,
    and any member may repeat what it is now (``own``): some clients send back what they read.
    """

    server_owned: frozenset[str] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        if data == [] and self.parent is not None:
            data = {}  # as PHP writes an object without members
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if value is not None}
            if errors := self._unwelcome(data):
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def _unwelcome(self, data: dict[str, Any]) -> dict[str, Any]:
        store = getattr(self.context.get("store"), "public_id", None)
        known = {_folded(str(name)): name for name in self.fields}
        own = self.context.get("own") or {}
        errors = {}
        for name, value in data.items():
            folded = _folded(name)
            if name in self.fields or (name in own and own[name] == value):
                continue
            if folded in ("store", "storeid"):
                if value != store:
                    errors[name] = _error("This is not the store of your key.", "foreign")
            elif folded in self.server_owned:
                errors[name] = _error("Only the server sets this.", "server_owned")
            elif folded in known:
                errors[name] = _error(f"Write it as {known[folded]}.", "misspelt")
        return errors


def _error(message: str, code: str) -> list[serializers.ErrorDetail]:
    return [serializers.ErrorDetail(message, code=code)]
