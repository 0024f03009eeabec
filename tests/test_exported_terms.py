"""Only words are exported for translation, not the keys that stand beside them."""

import ast
from pathlib import Path

from odoo.tools.babel import extract_python

ADDONS = Path(__file__).resolve().parents[1] / "addons"
SOURCES = sorted(
    path for path in ADDONS.glob("*/**/*.py") if "tests" not in path.parts and "_(" in path.read_text(encoding="utf-8")
)


def _translated(path):
    """Return the texts that a source file gives to `_`."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant):
            if getattr(call.func, "attr", getattr(call.func, "id", "")) in ("_", "_lt"):
                yield call.args[0].value


def _exported(path):
    with path.open("rb") as file:
        for _line, _name, text, _comments in extract_python(file, {"_": None, "_lt": None}, (), {"encoding": "UTF-8"}):
            yield text if isinstance(text, str | None) else text[0]


def test_only_what_is_translated_is_exported():
    """Odoo's export takes a bracket that follows a translated text for a call of `_` too, and its first text along."""
    stray = {path.name: found for path in SOURCES if (found := {*_exported(path)} - {None, *_translated(path)})}
    assert not stray
