"""Chromium for the browser tests, wkhtmltopdf and Pango for the PDFs: Debian's packages, where they can be had."""

import ctypes.util
import os
import shutil
import subprocess

from .say import say, step

TOOLS = {
    "wkhtmltopdf": "invoices and contracts cannot be printed or attached as PDF",
    "pango": "proposals are printed without page numbers, headers and footers",
    "chromium": "tests that drive a browser are skipped",
}
PACKAGES = {"pango": ("libpango-1.0-0", "libpangoft2-1.0-0")}
# Libraries have no program to look for.
LIBRARIES = {"pango": "pangoft2-1.0"}


def _has(tool: str) -> bool:
    return bool(ctypes.util.find_library(LIBRARIES[tool]) if tool in LIBRARIES else shutil.which(tool))


def ensure(*tools: str) -> None:
    """Install what is missing, or say which feature goes without."""
    missing = [tool for tool in tools if not _has(tool)]
    if not missing:
        return
    step(f"Installing {', '.join(missing)}")
    if shutil.which("apt-get"):
        prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        packages = [package for tool in missing for package in PACKAGES.get(tool, (tool,))]
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
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
        if not _has(tool):
            say(f"  ! {tool} cannot be installed here: {TOOLS[tool]}.")
