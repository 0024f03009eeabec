#!/usr/bin/env python3
"""Set up, run and test KOR Enterprise: `python3 scripts/kor.py COMMAND`, one of those below.

The first half needs nothing but Python's standard library: it fetches Odoo and builds the virtual
environment. The second half runs inside that environment.
"""

import os
import sys

from kor_env import odoo_source, paths, venv
from kor_env.say import Stop, say

COMMANDS = ("run", "test", "faults", "shell", "lint", "bench", "modules", "native", "screenshots", "clean", "setup")


def main(argv: list[str]) -> int:
    if len(argv) < 2 or argv[1] not in COMMANDS:
        say(f"Usage: kor.py {'|'.join(COMMANDS)}")
        return 2
    # An older Python reads this file, too: it must be told so.
    if sys.version_info < (3, 11):  # noqa: UP036
        raise Stop(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}. Set PYTHON.")
    if argv[1] == "clean":
        from kor_env import clean

        return clean.clean()
    with paths.locked():
        source = odoo_source.ensure()
        python = venv.ensure(source)
    if not venv.is_active(python):
        os.execv(python, [str(python), os.path.abspath(__file__), *argv[1:]])
    from kor_env import commands

    return commands.COMMANDS[argv[1]](source, argv[2:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv))
    except Stop as stop:
        say(f"✗ {stop}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
