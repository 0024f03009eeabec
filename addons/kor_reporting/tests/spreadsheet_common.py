"""What LibreOffice makes of workbooks when it works out all of their formulas anew."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import openpyxl

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
WITHOUT = "LibreOffice is not installed: formulas of workbooks are compared with their values, but not recalculated."
# Without it LibreOffice trusts the values that stand in the file.
RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""


def recalculate(books):
    """Return the workbooks of {name: content} with recalculated values, all by one run of a LibreOffice of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("in", "out", "profile/user"):
            (root / name).mkdir(parents=True)
        (root / "profile/user/registrymodifications.xcu").write_text(RECALCULATE)
        for name, content in books.items():
            (root / "in" / f"{name}.xlsx").write_bytes(content)
        profile = f"-env:UserInstallation=file://{root}/profile"
        files = sorted(str(path) for path in (root / "in").iterdir())
        command = [SOFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(root / "out"), *files]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return {name: openpyxl.load_workbook(root / "out" / f"{name}.xlsx", data_only=True) for name in books}
