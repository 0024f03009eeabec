"""Every term of every add-on is translated, and keeps what Odoo puts in or renders."""

import re
from pathlib import Path

import polib
import pytest

ADDONS = sorted(path.parent for path in (Path(__file__).resolve().parents[1] / "addons").glob("*/__manifest__.py"))
LANGUAGES = ("de", "es", "fr")
PLACEHOLDER = re.compile(r"%\(\w+\)[-+ 0-9.]*[a-z]|%[sdif](?![a-z])|%%|{{.*?}}|\${.*?}", re.S)
TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.S)
# What a reader sees of a tag is translated with the text around it.
SHOWN = re.compile(r'\b(title|alt|aria-label|placeholder|string|data-tooltip)="[^"]*"')


def _tag(text):
    return SHOWN.sub(r"\1", re.sub(r"\s+", " ", text))


def _kept(text):
    """Return what a translation must not change: tags, and placeholders, of which nameless ones stay in order."""
    placeholders = PLACEHOLDER.findall(text)
    nameless = [one for one in placeholders if one[0] == "%" and "(" not in one and one != "%%"]
    return sorted(map(_tag, TAG.findall(text))), sorted(placeholders), nameless


def _terms(path):
    return [entry for entry in polib.pofile(str(path)) if not entry.obsolete]


def _faults(template, translation):
    """Return a sentence for each term that is missing, doubtful, unknown or broken."""
    found = {(entry.msgctxt, entry.msgid): entry for entry in _terms(translation)}
    faults = []
    for term in _terms(template):
        entry = found.pop((term.msgctxt, term.msgid), None)
        if entry is None or not entry.msgstr.strip():
            faults.append(f"not translated: {term.msgid!r}")
        elif entry.fuzzy:
            faults.append(f"fuzzy: {term.msgid!r}")
        elif _kept(term.msgid) != _kept(entry.msgstr):
            faults.append(f"placeholders or tags differ: {term.msgid!r} and {entry.msgstr!r}")
    return faults + [f"no term of the add-on: {msgid!r}" for _context, msgid in found]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("addon", ADDONS, ids=lambda path: path.name)
def test_every_term_is_translated_and_keeps_its_placeholders(addon, language):
    template, translation = addon / "i18n" / f"{addon.name}.pot", addon / "i18n" / f"{language}.po"
    assert template.exists(), f"Export the terms of {addon.name} to {template}."
    assert translation.exists(), f"{addon.name} has no translation to {language}: {translation} is missing."
    faults = _faults(template, translation)
    assert not faults, f"{len(faults)} terms, the first ones:\n" + "\n".join(faults[:20])


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("%(count)s lines", "%(cuont)s Zeilen"),
        ("%(count)s lines", "Zeilen"),
        ("%s of %d", "%d von %s"),
        ("up to 80 %%", "bis 80 %"),
        ("for {{ object.name }}", "für {{ objekt.name }}"),
        ('a <t t-out="day">1</t>', 'ein <t t-out="Tag">1</t>'),
        ('<i class="fa fa-plus"/>New', "Neu"),
    ],
)
def test_a_broken_placeholder_is_found(term, text):
    assert _kept(term) != _kept(text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("%(day)s of %(month)s", "%(month)s, %(day)s"),
        ('<i class="fa fa-plus" title="New"/>', '<i class="fa fa-plus" title="Neu"/>'),
        ("Standard", "Standard"),
    ],
)
def test_another_order_and_other_words_are_allowed(term, text):
    assert _kept(term) == _kept(text)
