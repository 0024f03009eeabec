"""Remove what this checkout made: databases, filestore, logs. The shared cache of packages stays."""

import shutil
from pathlib import Path

from . import paths
from .say import say


def clean() -> int:
    if paths.STATE.is_dir():
        for mark in paths.STATE.glob("*/postgres/postmaster.pid"):
            if Path(f"/proc/{mark.read_text().split()[0]}").exists():
                say(f"✗ A database server of this checkout is still running ({mark.parent}). Stop `make run` first.")
                return 1
        shutil.rmtree(paths.STATE)
    for folder in paths.ROOT.rglob("__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)
    say(f"Cleaned. Fetched packages are kept for other checkouts in {paths.cache()}; delete that folder to fetch anew.")
    return 0
