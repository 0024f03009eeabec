"""How pytest is called: on a database of Odoo that is there."""

import subprocess
import sys
from collections.abc import Sequence

from . import paths
from .server import LOOPBACK, Odoo


def run_tests(odoo: Odoo, database: str, arguments: Sequence[str], **environment: str) -> int:
    """Run pytest on the database with these arguments and variables more. Returns its exit code, 0 if all passed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        f"--odoo-database={database}",
        "--odoo-http",
        f"--odoo-config={paths.ROOT / 'odoo.conf'}",
        f"--odoo-addons-path={odoo.addons_path}",
        f"--odoo-extra=data-dir={odoo.data_dir}",
        f"--odoo-extra=http-interface={LOOPBACK}",
        f"--odoo-extra=db_host={odoo.cluster.socket}",
        "--odoo-extra=db_user=kor",
        *arguments,
    ]
    variables = odoo.environment() | environment
    return subprocess.run(command, env=variables, cwd=paths.ROOT, stdin=subprocess.DEVNULL).returncode
