"""What `make` offers: run, test, faults, shell, lint, bench, modules, native and screenshots."""

import contextlib
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from . import browser, database, paths
from .lint import lint
from .mailbox import Mailbox
from .modules import check_modules
from .native import compare
from .odoo_source import OdooSource
from .postgres import Cluster
from .say import Stop, say, step
from .server import LOOPBACK, Odoo, is_free
from .site import serve
from .testing import run_tests


def run(source: OdooSource, arguments: list[str]) -> int:
    """Serve the demo until Ctrl-C."""
    name, port = _database_name(), _port()
    if not is_free(port):
        raise Stop(f"Port {port} of {LOOPBACK} is taken. Choose another one: make run KOR_PORT=8070")
    browser.ensure("wkhtmltopdf", "pango")
    with _stopping_on_signals(), contextlib.ExitStack() as stack:
        cluster = Cluster("run").start()
        stack.callback(cluster.stop)
        odoo = database.ensure_demo(source, cluster, name)
        mailbox = Mailbox(paths.STATE / "run" / "mail")
        stack.callback(mailbox.stop)
        step("Starting Odoo")
        # By its name and without a filter, for which Odoo lists all databases at each request without a session.
        server = odoo.serve(name, port, *mailbox.odoo_options(), *arguments)
        stack.callback(server.stop)
        server.wait_ready()
        step("Ready")
        say(
            (paths.ROOT / "scripts" / "welcome.txt")
            .read_text()
            .format(url=server.url, mail=mailbox.folder, log=server.log)
        )
        with contextlib.suppress(KeyboardInterrupt):
            code = server.process.wait()
            raise Stop(f"Odoo ended by itself with code {code}; its log is {server.log}")
        step("Stopping")
    return 0


def test(source: OdooSource, arguments: list[str]) -> int:
    """Run every test with pytest; arguments go to pytest."""
    browser.ensure("wkhtmltopdf", "pango", "chromium")
    with _stopping_on_signals(), _template(source) as (odoo, template):
        name = "kor_test"
        _drop_test_databases(odoo.cluster, name)
        odoo.cluster.create(name, template)
        step("Running the tests")
        code = run_tests(odoo, name, arguments, KOR_TEMPLATE=template, KOR_ODOO_STATE=str(odoo.state))
        _drop_test_databases(odoo.cluster, name)
    return code


def faults(source: OdooSource, arguments: list[str]) -> int:
    """Run the tests in which something breaks, and nothing beside them: PostgreSQL itself is stopped."""
    os.environ["KOR_FAULTS"] = "1"
    tests = paths.ROOT / "tests"
    broken = [tests / "faults", *sorted(tests.glob("test_*_crash.py")), tests / "test_concurrency.py"]
    return test(source, ["-n", "1", "-v", *(arguments or map(str, broken))])


def shell(source: OdooSource, arguments: list[str]) -> int:
    """Open Odoo's shell on the demo database."""
    name = _database_name()
    cluster = Cluster("run").start()
    try:
        odoo = database.ensure_demo(source, cluster, name)
        return subprocess.run(odoo.command("shell", name, "--no-http", *arguments), env=odoo.environment()).returncode
    finally:
        cluster.stop()


def bench(source: OdooSource, arguments: list[str]) -> int:
    """Print what the benchmarks measure, as ratios of two things measured in one run.

    A file named bench_… runs in Odoo's shell; one named http_… has a `main` that is given a served database; one named
    scale_… is given Odoo and the template, makes its databases itself, and runs where it is named only: it takes long.
    """
    scripts = {script.stem: script for script in sorted((paths.ROOT / "benchmarks").glob("*_*.py"))}
    unknown = [name for name in arguments if name not in scripts]
    if unknown:
        raise Stop(
            f"There is no benchmark {', '.join(unknown)}: give {', '.join(scripts)}, or none for all but scale_…"
        )
    with _stopping_on_signals(), _template(source) as (odoo, template):
        for stem in arguments or [stem for stem in scripts if not stem.startswith("scale_")]:
            _measure(odoo, template, scripts[stem])
    return 0


def _measure(odoo: Odoo, template: str, script: Path) -> None:
    if script.stem.startswith("scale_"):
        runpy.run_path(str(script))["main"](odoo, template)
        return
    name = f"kor_{script.stem}"
    odoo.cluster.drop(name)
    odoo.cluster.create(name, template)
    if script.stem.startswith("bench_"):
        odoo.shell(name, script.read_text())
    else:
        with serve(odoo, name) as site:
            runpy.run_path(str(script))["main"](site)
    odoo.cluster.drop(name)


def lint_command(source: OdooSource, arguments: list[str]) -> int:
    with _stopping_on_signals(), _template(source) as (odoo, template):
        return lint(odoo, template)


def modules_command(source: OdooSource, arguments: list[str]) -> int:
    browser.ensure("wkhtmltopdf", "pango", "chromium")
    with _stopping_on_signals(), _test_cluster() as cluster:
        return check_modules(source, cluster, arguments)


def native_command(source: OdooSource, arguments: list[str]) -> int:
    browser.ensure("wkhtmltopdf", "chromium")
    with _stopping_on_signals(), _test_cluster() as cluster:
        return compare(source, cluster, arguments)


def screenshots_command(source: OdooSource, arguments: list[str]) -> int:
    """Take the pictures of README and docs: of the demo, or of the site whose address is given."""
    browser.ensure("chromium")
    # What it needs, Chromium and Pillow, no other command does.
    from .screenshots import take

    if arguments:
        take(arguments[0].rstrip("/"))
        return 0
    with _stopping_on_signals(), contextlib.ExitStack() as stack:
        cluster = Cluster("run").start()
        stack.callback(cluster.stop)
        odoo = database.ensure_demo(source, cluster, _database_name())
        with serve(odoo, _database_name()) as site:
            take(site.url)
    return 0


def setup(source: OdooSource, arguments: list[str]) -> int:
    """Fetch and build everything, without starting anything."""
    browser.ensure("wkhtmltopdf", "pango", "chromium")
    step(f"Odoo {source.label} and Python {sys.version.split()[0]} are ready")
    return 0


COMMANDS: dict[str, Callable[[OdooSource, list[str]], int]] = {
    "run": run,
    "test": test,
    "faults": faults,
    "shell": shell,
    "bench": bench,
    "lint": lint_command,
    "modules": modules_command,
    "native": native_command,
    "screenshots": screenshots_command,
    "setup": setup,
}


def _database_name() -> str:
    return os.environ.get("KOR_DB") or "kor"


def _port() -> int:
    port = os.environ.get("KOR_PORT") or "8069"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Stop(f"KOR_PORT must be a port from 1 to 65535, not {port}.")
    return int(port)


@contextlib.contextmanager
def _test_cluster() -> Iterator[Cluster]:
    cluster = database.test_cluster().start()
    try:
        yield cluster
    finally:
        cluster.stop()


@contextlib.contextmanager
def _template(source: OdooSource) -> Iterator[tuple[Odoo, str]]:
    with _test_cluster() as cluster:
        yield database.ensure_template(source, cluster)


@contextlib.contextmanager
def _stopping_on_signals() -> Iterator[None]:
    """Turn a termination into a KeyboardInterrupt, so that everything started is stopped.

    Ctrl-C is asked for, too: who is started in the background by a shell would ignore it.
    """

    def interrupt(number, frame):
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _drop_test_databases(cluster: Cluster, name: str) -> None:
    for existing in cluster.databases():
        if existing.startswith(name):
            cluster.drop(existing)
