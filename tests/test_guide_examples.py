"""The examples of the integrator's guide run as they stand, and show what the guide says they show."""

import re
from pathlib import Path

import clients

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "integrators-guide.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
PROMISE = re.compile(r"^\s*print\(.*\)  # (.+)$")


def read_blocks():
    """Return (first line in the guide, source) of each block, so that an error names the line of the guide."""
    text = GUIDE.read_text()
    return [(text[: found.start(1)].count("\n"), found[1]) for found in BLOCK.finditer(text)]


def run(blocks, printed):
    """Run all blocks one after the other, as one program."""
    names = {"__name__": "guide", "print": lambda *values: printed.append(" ".join(map(str, values)))}
    for line, source in blocks:
        exec(compile("\n" * line + source, GUIDE.name, "exec"), names)


def test_examples_of_the_guide_show_what_it_says(site, monkeypatch):
    environment = {
        "KOR_URL": site.url,
        "KOR_DATABASE": site.database,
        "KOR_LOGIN": "admin",
        "KOR_KEY": clients.api_key(site, "admin"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    blocks, printed = read_blocks(), []
    promised = [found[1] for _line, source in blocks for line in source.splitlines() if (found := PROMISE.match(line))]
    run(blocks, printed)
    assert len(promised) > 20
    assert printed == promised
