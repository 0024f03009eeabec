"""Chromium for the browser tests and wkhtmltopdf for the PDFs: Debian's packages, where they can be had."""

import os
import shutil
import subprocess

from .say import say, step

TOOLS = {
    "wkhtmltopdf": "invoices and contracts cannot be printed or attached as PDF",
    "chromium": "tests that drive a browser are skipped",
}


def ensure(*tools: str) -> None:
    """Install what is missing, or say which feature goes without."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    if not missing:
        return
    step(f"Installing {', '.join(missing)}")
    if shutil.which("apt-get"):
        prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
            try:
                subprocess.run(
                    [*prefix, "apt-get", "-qq", *arguments],
                    env=environment,
                    check=True,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except (OSError, subprocess.CalledProcessError):
                # A stale list may still know the package: only the look at the end decides.
                continue
    for tool in missing:
        if not shutil.which(tool):
            say(f"  ! {tool} cannot be installed here: {TOOLS[tool]}.")
