"""Odoo's own tests, once beside the suite and once without it: what they say must be the same."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from . import paths
from .natives import create_empty, install, natives
from .odoo_source import OdooSource
from .postgres import Cluster
from .say import say, step
from .server import LOOPBACK, Odoo, free_port

# From the quickest to the slowest.
TESTED = ("analytic", "portal", "payment", "sale_management", "crm", "sale", "project", "account")
WITHOUT, BESIDE = "kor_native", "kor_native_suite"
SUITE = "kor_enterprise"
_STARTING = re.compile(r" (odoo\.addons\.\S+): Starting (\w+\.\w+) \.\.\.")
_SKIPPED = re.compile(r" (odoo\.addons\.\S+): skipped (\w+\.\w+)")
_FAILING = re.compile(r" (odoo\.addons\.\S+): (?:FAIL|ERROR): (?:Subtest )?(\w+\.\w+)")
_WHOLE_CLASS = re.compile(r" ERROR: setUpClass \((odoo\.addons\.\S+)\)")


def compare(source: OdooSource, cluster: Cluster, names: Iterable[str]) -> int:
    """Run the tests of native modules on both databases, and list every difference. Returns 1 if there is one."""
    odoo = Odoo(source, cluster, paths.STATE / "native")
    _prepare(odoo)
    different = 0
    for module in list(names) or TESTED:
        results = [_run(odoo, database, module) for database in (WITHOUT, BESIDE)]
        different += _tell(module, *results)
    for database in (WITHOUT, BESIDE):
        cluster.drop(database)
    return int(bool(different))


def _prepare(odoo: Odoo) -> None:
    """Make both databases without demo data, as Odoo runs them itself: the tests make what they need."""
    create_empty(odoo, WITHOUT)
    install(odoo, WITHOUT, natives(SUITE))
    odoo.cluster.drop(BESIDE)
    odoo.cluster.create(BESIDE, WITHOUT)
    install(odoo, BESIDE, [SUITE])


def _run(odoo: Odoo, database: str, module: str) -> dict[str, str]:
    """Return {test: how it ended} of the tests that run when everything is installed."""
    step(f"{module}: tests on {database}")
    log = odoo.state / f"{database}_{module}.log"
    log.unlink(missing_ok=True)
    command = odoo.command(
        "server",
        database,
        # Those of the installation would run on modules half loaded.
        f"--test-tags=/{module},-at_install",
        "--stop-after-init",
        f"--http-interface={LOOPBACK}",
        f"--http-port={free_port()}",
        f"--logfile={log}",
    )
    subprocess.run(command, env=odoo.environment(), cwd=paths.ROOT, stdin=subprocess.DEVNULL)
    return _read(log)


def _read(log: Path) -> dict[str, str]:
    found = {}
    for line in log.read_text(errors="replace").splitlines():
        if match := _WHOLE_CLASS.search(line):
            found[match[1]] = "fails"
        for words, pattern in (("passes", _STARTING), ("is skipped", _SKIPPED), ("fails", _FAILING)):
            if match := pattern.search(line):
                found[f"{match[1]}.{match[2]}"] = words
    return found


def _tell(module: str, without: dict[str, str], beside: dict[str, str]) -> int:
    different = sorted(test for test in without.keys() | beside.keys() if without.get(test) != beside.get(test))
    for test in different:
        first, second = (found.get(test, "does not run") for found in (without, beside))
        say(f"{test}: {first} without the suite, {second} beside it")
    for title, found in (("without the suite", without), ("beside it", beside)):
        ends = list(found.values())
        counts = ", ".join(f"{ends.count(end)} {words}" for end, words in _COUNTED if end in ends)
        say(f"{module} {title}: {counts or 'no test ran'}")
    say(f"{module}: {len(beside.keys() | without.keys()) - len(different)} the same, {len(different)} different")
    return len(different)


_COUNTED = (("passes", "passed"), ("fails", "failed"), ("is skipped", "skipped"))
