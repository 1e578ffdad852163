"""Imports run one way: whoever may call knows nothing of what was called or what is protected."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = {"apikeys", "history", "storefront", "config", "tests"}
MAY_IMPORT = {
    "apikeys": {"apikeys"},
    "history": {"history", "apikeys"},
    "storefront": {"storefront", "apikeys"},
    "config": {"config", "apikeys", "history", "storefront"},
}
FORBIDDEN_NAMES = {"services.py", "utils.py", "helpers.py", "common.py", "constants.py"}


def modules(package):
    return sorted((ROOT / package).rglob("*.py"))


def imported(module):
    """The top names of everything the module imports, wherever in it."""
    package = module.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield (*package[: len(package) - node.level + 1], node.module)[0]
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_import_points_upwards(package):
    upwards = {
        str(module.relative_to(ROOT)): found
        for module in modules(package)
        if (found := (set(imported(module)) & OURS) - MAY_IMPORT[package])
    }
    assert not upwards


def test_nothing_imports_the_configuration():
    for package in MAY_IMPORT.keys() - {"config"}:
        assert not [module for module in modules(package) if "config" in imported(module)]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import history.models", {"history"}),
        ("def late():\n    from storefront import models", {"storefront"}),
        ("from .. import gate", {"apikeys"}),
    ],
)
def test_the_walk_sees_every_kind_of_import(tmp_path, monkeypatch, source, names):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    module = tmp_path / "apikeys" / "management" / "late.py"
    module.parent.mkdir(parents=True)
    module.write_text(source)

    assert set(imported(module)) == names


def test_no_module_is_a_drawer_for_everything():
    drawers = [m for package in MAY_IMPORT for m in modules(package) if m.name in FORBIDDEN_NAMES]
    assert not drawers
