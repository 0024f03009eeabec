"""Write the dashboards of kor_reporting as the files that its installation reads."""

import sys
from pathlib import Path

ADDON = Path(__file__).resolve().parent.parent / "addons" / "kor_reporting"

if __name__ == "__main__":
    # Without Odoo: the add-on itself cannot be imported, what writes the dashboards can.
    sys.path.insert(0, str(ADDON))
    from dashboards import make

    folder = ADDON / "data" / "files"
    folder.mkdir(exist_ok=True)
    for name, text in make().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
