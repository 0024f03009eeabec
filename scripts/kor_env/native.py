"""Odoo's own tests, once beside the suite and once without it: what they say must be the same."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from . import paths
from .odoo_source import OdooSource
from .postgres import Cluster
from .say import say, step
from .server import LOOPBACK, Odoo, free_port

TESTED = ("account", "sale", "sale_management", "crm", "project", "portal", "payment", "analytic")
_STARTING = re.compile(r" (odoo\.addons\.\S+): Starting (\w+\.\w+) \.\.\.")
_FAILING = re.compile(r" (odoo\.addons\.\S+): (?:FAIL|ERROR): (\w+\.\w+)")
_INSTALLED = "SELECT name FROM ir_module_module WHERE state = 'installed' AND name NOT LIKE 'kor\\_%' ORDER BY name"


def compare(source: OdooSource, cluster: Cluster, template: str, names: Iterable[str]) -> int:
    """Run the tests of native modules on both databases, and list every difference. Returns 1 if there is one."""
    odoo = Odoo(source, cluster, paths.STATE / "native")
    tested = list(names) or list(TESTED)
    without, beside = "kor_native", "kor_native_suite"
    natives = [name for (name,) in cluster.execute(_INSTALLED, template)]
    for database in (without, beside):
        cluster.drop(database)
        cluster.create(database)
        # Without demo data, as Odoo runs them itself: the tests make what they need.
        suite = ["kor_enterprise"] if database == beside else []
        step(f"Installing {database}")
        odoo.work(database, "--init", ",".join([*natives, *suite]))
    results = {database: _run(odoo, database, tested) for database in (without, beside)}
    for database in results:
        cluster.drop(database)
    return _tell(results[without], results[beside])


def _run(odoo: Odoo, database: str, tested: list[str]) -> dict[str, bool]:
    """Return {test: whether it passed} of the tests that run when everything is installed."""
    step(f"Running Odoo's tests on {database}")
    log = odoo.state / f"{database}.log"
    log.unlink(missing_ok=True)
    command = odoo.command(
        "server",
        database,
        "--test-tags=" + ",".join(f"/{name}" for name in tested),
        "--stop-after-init",
        f"--http-interface={LOOPBACK}",
        f"--http-port={free_port()}",
        f"--logfile={log}",
    )
    subprocess.run(command, env=odoo.environment(), cwd=paths.ROOT, stdin=subprocess.DEVNULL)
    return _read(log)


def _read(log: Path) -> dict[str, bool]:
    found = {}
    for line in log.read_text(errors="replace").splitlines():
        if match := _STARTING.search(line):
            found.setdefault(f"{match[1]}.{match[2]}", True)
        elif match := _FAILING.search(line):
            found[f"{match[1]}.{match[2]}"] = False
    return found


def _tell(without: dict[str, bool], beside: dict[str, bool]) -> int:
    words = {True: "passes", False: "fails", None: "does not run"}
    different = sorted(test for test in without.keys() | beside.keys() if without.get(test) != beside.get(test))
    for test in different:
        say(f"{test}: {words[without.get(test)]} without the suite, {words[beside.get(test)]} beside it")
    for title, found in (("without the suite", without), ("beside it", beside)):
        say(f"{title}: {sum(found.values())} of {len(found)} pass")
    say(f"{len(beside) - len(different)} passed, {len(different)} failed")
    return int(bool(different))
