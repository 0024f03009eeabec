#!/usr/bin/env python3
"""Write docs/calls.md: every public method with its parameters and result, as its docstring tells them.

Which methods are public is read from the table that the access tests compare with the registry. Run it by
`python3 scripts/calls_reference.py` after a docstring has changed; a test tells when that was forgotten.
"""

import ast
import csv
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
METHODS = ROOT / "addons" / "kor_enterprise" / "tests" / "access_methods.csv"
REFERENCE = ROOT / "docs" / "calls.md"
# From the bottom up: a method is described where it is first defined.
ADDONS = (
    "kor_enterprise_tiers",
    "kor_contracts",
    "kor_usage",
    "kor_billing",
    "kor_revenue",
    "kor_sla",
    "kor_sales_pipeline",
    "kor_onboarding",
    "kor_integrations",
    "kor_account_management",
    "kor_reporting",
)
# What answers with a screen is for the web client.
SCREENS = re.compile(r":return: (an? )?((window|URL|client) action|action|notification)")
CLASS = re.compile(r"^class ", re.M)
ATTRIBUTE = re.compile(r'^    (_name|_inherit) = (\[.*?\]|".*?")', re.M | re.S)
METHOD = re.compile(r"^    def (\w+)\(", re.M)
HEAD = """# All public calls

Written by `scripts/calls_reference.py` from the code; `tests/test_docs.py` fails where it is out of date. How to call
them, with examples, is told in the [integrator's guide](integrators-guide.md).

Methods that act on records take their ids first. Arguments and results are plain JSON: days as `YYYY-MM-DD`, a period
with both of its days, amounts as numbers, never an empty value of no type. What is wrong with a call is said in a
sentence. Rights are those of the user whose key it is. Buttons that open screens are left out.
"""


class Source:
    """The classes of the add-ons that are asked for, by the model that they define or extend."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.inherited = defaultdict(set)
        self.methods = defaultdict(list)
        for addon in ADDONS:
            for folder in ("models", "wizards"):
                for file in sorted((ROOT / "addons" / addon / folder).glob("*.py")):
                    for text in CLASS.split(file.read_text())[1:]:
                        self._read_class(addon, text)

    def _read_class(self, addon, text):
        # To parse is slow: only what has a method that is asked for is.
        attributes = {name: ast.literal_eval(value) for name, value in ATTRIBUTE.findall(text)}
        inherit = attributes.get("_inherit", [])
        inherit = [inherit] if isinstance(inherit, str) else inherit
        model = attributes.get("_name") or (inherit[0] if inherit else "")
        self.inherited[model] |= set(inherit) - {model}
        if self.wanted.intersection(METHOD.findall(text)):
            (node,) = ast.parse(f"class {text}").body[:1]
            for statement in node.body:
                if isinstance(statement, ast.FunctionDef) and ast.get_docstring(statement):
                    self.methods[model, statement.name].append((addon, statement))

    def find(self, model, method):
        """Return add-on and definition of a method, of the model or of what it is made of; None where it is native."""
        models, queue = set(), [model]
        while queue:
            one = queue.pop()
            if one not in models:
                models.add(one)
                queue.extend(self.inherited[one])
        found = [definition for one in models for definition in self.methods[one, method]]
        return min(found, key=_rank, default=None)


def _rank(definition):
    """Sort first where a method is defined; what extends it says less."""
    addon, node = definition
    text = ast.get_docstring(node)
    return ":return:" not in text, ADDONS.index(addon), -len(text)


def describe(model, node):
    """Return the lines that describe a method."""
    text = ast.get_docstring(node)
    parts = re.split(r"\n\s*(?=:(?:param|return|raise))", text)
    arguments = [argument.arg for argument in node.args.args[1:]]
    defaults = [ast.unparse(value) for value in node.args.defaults]
    required = len(arguments) - len(defaults)
    written = [
        name if at < required else f"{name}={defaults[at - required]}".replace("'", '"')
        for at, name in enumerate(arguments)
    ]
    lines = [f"### `{model}.{node.name}({', '.join(written)})`", "", _join(parts[0])]
    for part in parts[1:]:
        _empty, head, body = part.split(":", 2)
        name = head.removeprefix("param ").strip()
        lines.append(f"- *{'returns' if name == 'return' else name}*: {_join(body)}")
    if len(parts) > 1:
        lines.insert(3, "")
    return [*lines, ""]


def _join(text):
    return re.sub(r":meth:`(\w+)`", r"`\1`", " ".join(text.split()))


def write():
    """Return the text of the reference."""
    with METHODS.open() as handle:
        rows = sorted((row["model"], row["method"]) for row in csv.DictReader(handle))
    source, sections = Source({method for _model, method in rows}), defaultdict(lambda: defaultdict(list))
    for model, method in rows:
        found = source.find(model, method)
        if found and not SCREENS.search(ast.get_docstring(found[1])):
            sections[found[0]][model].append(found[1])
    lines = [HEAD]
    for addon in ADDONS:
        if sections[addon]:
            lines += [f"## {addon}", ""]
        for model, nodes in sections[addon].items():
            for node in nodes:
                lines += describe(model, node)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    REFERENCE.write_text(write())
