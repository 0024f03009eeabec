"""Progress on the screen: one line a step, as it happens."""

import sys
import time

_START = time.monotonic()


class Stop(Exception):
    """The work cannot go on; the text tells the user what is wrong and what would help."""


def say(text: str = "") -> None:
    print(text, file=sys.stderr, flush=True)


def step(text: str) -> None:
    say(f"[{time.monotonic() - _START:6.1f} s] {text}")
