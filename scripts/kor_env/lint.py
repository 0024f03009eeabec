"""Ruff, the mandatory checks of pylint-odoo, and Odoo's own lint tests."""

import subprocess
import sys

from . import paths
from .say import say, step
from .server import Odoo

ODOO_LINT = (
    "ManifestLinter",
    "PotLinter",
    "RoutesLinter",
    "TestConflictMarkers",
    "TestDocstring",
    "TestDunderinit",
    "TestI18n",
    "TestIndex",
    "TestJsTranslations",
    "TestLintOverrideSignatures",
    "TestNaming",
    "TestOnchangeDomains",
    "TestTestHoles",
)


def lint(odoo: Odoo, template: str) -> int:
    """Run all linters, also after one has complained. Returns 0 only if none did."""
    step("Ruff")
    failed = _call([sys.executable, "-m", "ruff", "check", str(paths.ROOT)])
    step("pylint-odoo")
    addons = [str(paths.ADDONS / name) for name in paths.addon_names()]
    failed |= _call([sys.executable, "-m", "pylint", f"--rcfile={paths.ROOT / '.pylintrc'}", *addons])
    step("Odoo's lint tests")
    name = "kor_lint"
    odoo.cluster.drop(name)
    odoo.cluster.create(name, template)
    tags = ",".join(f"/test_lint:{case}" for case in ODOO_LINT)
    failed |= _call(
        odoo.command(
            "server",
            name,
            "--init=test_lint",
            "--stop-after-init",
            "--no-http",
            f"--test-tags={tags}",
            "--log-handler=:WARNING",
            "--log-handler=odoo.tests.result:INFO",
        ),
        odoo,
    )
    odoo.cluster.drop(name)
    say("Lint: found something, see above." if failed else "Lint: clean.")
    return int(failed)


def _call(command: list[str], odoo: Odoo | None = None) -> bool:
    environment = odoo.environment() if odoo else None
    return bool(subprocess.run(command, cwd=paths.ROOT, env=environment, stdin=subprocess.DEVNULL).returncode)
