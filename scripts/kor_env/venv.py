"""The virtual environment: what requirements.txt pins, with Odoo linked in. Kept in the shared cache."""

import os
import subprocess
import sys
from pathlib import Path

from . import paths
from .odoo_source import OdooSource
from .say import Stop, step

REQUIREMENTS = paths.ROOT / "requirements.txt"


def ensure(source: OdooSource) -> Path:
    """Return the environment's Python, building the environment first where there is none for these pins."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = paths.digest([REQUIREMENTS], version, source.label)
    home = paths.cache() / "venv" / f"{version}-{key}"
    python = home / "bin" / "python"
    if (home / ".complete").is_file():
        return python
    step(f"Building the Python {version} environment (about a minute)")
    _call(
        [sys.executable, "-m", "venv", "--clear", str(home)], "Python's venv module is missing: install python3-venv."
    )
    pip = [str(python), "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"]
    _call(
        [*pip, "-r", str(REQUIREMENTS)],
        "The Python packages of requirements.txt could not be installed; pip's message above says which.",
    )
    site = next((home / "lib").glob("python3*")) / "site-packages"
    (site / "odoo").symlink_to(source.package)
    if source.egg_info:
        (site / source.egg_info.name).symlink_to(source.egg_info)
    (home / ".complete").touch()
    return python


def is_active(python: Path) -> bool:
    return Path(sys.prefix) == python.parent.parent


def environment() -> dict[str, str]:
    """Return the environment for child processes: the virtual environment first on the path."""
    return os.environ | {"PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}


def _call(command: list[str], complaint: str) -> None:
    if subprocess.run(command, stdin=subprocess.DEVNULL).returncode:
        raise Stop(complaint)
