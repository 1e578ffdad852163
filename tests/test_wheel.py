"""The package that other projects install."""

import shutil
import subprocess
import sys
import zipfile

import pytest

from tests import live

APPS = ("apikeys", "history", "storefront")
NOT_IN_A_WHEEL = shutil.ignore_patterns(
    *(".git", ".venv", "var", "staticfiles", "node_modules", "__pycache__", ".*_cache")
)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The names of the files inside the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(live.ROOT, folder / "project", ignore=NOT_IN_A_WHEEL)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=folder / "project",
        check=True,
        capture_output=True,
    )
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files(folder):
    paths = (live.ROOT / folder).rglob("*")
    return {str(path.relative_to(live.ROOT)) for path in paths if path.is_file()}


def test_every_app_carries_its_templates(packed):
    def place(template):
        _, _, name = template.partition("/")
        app = name.partition("/")[0]
        return f"{app if app in APPS else 'apikeys'}/templates/{name}"

    assert {place(template) for template in files("templates")} <= packed


@pytest.mark.parametrize("app", APPS)
def test_every_app_is_whole(packed, app):
    assert {name for name in files(app) if "__pycache__" not in name} <= packed


def test_nothing_else_is_inside(packed):
    strangers = {name for name in packed if name.partition("/")[0] not in APPS}
    assert all(".dist-info/" in name for name in strangers)
