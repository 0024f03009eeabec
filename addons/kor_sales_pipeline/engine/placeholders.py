"""Placeholders in the texts of proposals: `{{customer}}` and nothing else. No expressions, no code."""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]*)\s*\}\}")


def find_unknown(text: str, known: set[str]) -> list[str]:
    """Return the names in the text that no value stands for, in the order in which they first appear."""
    names = dict.fromkeys(PLACEHOLDER.findall(text or ""))
    return [name for name in names if name not in known]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with every known placeholder replaced once.

    Values are put in as they are, so HTML needs values that are escaped already; what a value itself holds in
    double braces stays text. An unknown name stays visible, so that it is noticed before the text is sent.
    """
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text or "")
