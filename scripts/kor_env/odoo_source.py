"""Odoo 19.0 Community: from the user's checkout, from Debian's package, or from a shallow clone."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import paths
from .say import Stop, step

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# The package links its fonts and three scripts into /usr/share: they are unpacked into the same root.
SID_PACKAGES = (
    "odoo-19",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
)
# Odoo's style sheets name the files of Font Awesome 4.7, which sid no longer has.
BOOKWORM_PACKAGES = ("fonts-font-awesome",)
# Debian leaves the background blur of video calls out; an absent file is an error on every page.
BLUR = "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
CLONE = "https://github.com/odoo/odoo.git"


@dataclass(frozen=True)
class OdooSource:
    """`package` is the folder of the Python package, `addons` the folders of the addons beside it."""

    package: Path
    addons: tuple[Path, ...]
    egg_info: Path | None
    label: str


def ensure() -> OdooSource:
    if os.environ.get("ODOO_HOME"):
        return _from_checkout(Path(os.environ["ODOO_HOME"]).expanduser().resolve(), "ODOO_HOME")
    kept = _kept_package()
    if kept:
        return kept
    if (paths.cache() / "odoo-clone").is_dir():
        return _from_checkout(paths.cache() / "odoo-clone" / "odoo", "clone")
    reason = _why_no_package()
    if not reason:
        try:
            return _fetch_package()
        except subprocess.CalledProcessError as error:
            reason = f"{error.cmd[0]} ended with code {error.returncode}"
    step(f"Debian's package of Odoo is not to be had here ({reason}); cloning branch 19.0 instead")
    return _clone()


def _from_checkout(home: Path, label: str) -> OdooSource:
    if not (home / "odoo" / "release.py").is_file():
        raise Stop(f"{home} holds no Odoo: ODOO_HOME must be a checkout with odoo/release.py.")
    release = (home / "odoo" / "release.py").read_text()
    if not re.search(r"version_info = \(19, 0,", release):
        raise Stop(f"{home} is not Odoo 19.0; check out branch 19.0.")
    return OdooSource(home / "odoo", (home / "odoo" / "addons", home / "addons"), None, f"{label}-{home}")


def _kept_package() -> OdooSource | None:
    kept = sorted((paths.cache() / "odoo").glob("19.0*"))
    if not kept:
        return None
    packages = kept[-1] / "usr/lib/python3/dist-packages"
    return OdooSource(
        packages / "odoo", (packages / "odoo" / "addons",), packages / "odoo-19.0.egg-info", kept[-1].name
    )


def _why_no_package() -> str:
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            return f"no {tool}"
    return "" if KEYRING.is_file() else "no Debian keyring"


def _mirror() -> str:
    """Return the base address of the Debian mirror that this machine's apt uses."""
    listed = _capture(["apt-get", "indextargets", "--format", "$(REPO_URI)"]).split()
    bases = sorted({base for base in listed if re.search(r"/debian/?$", base)})
    if not bases:
        raise Stop("No Debian mirror in this machine's apt sources. Set ODOO_HOME to a checkout of Odoo 19.0.")
    return bases[0]


def _fetch_package() -> OdooSource:
    step("Fetching Odoo 19.0 from the machine's Debian mirror (about 130 MB)")
    with tempfile.TemporaryDirectory(dir=paths.cache()) as name:
        private = Path(name)
        options = _private_apt(private, _mirror())
        _run(["apt-get", *options, "-qq", "update"], private)
        wanted = [f"{name}/sid" for name in SID_PACKAGES] + [f"{name}/bookworm" for name in BOOKWORM_PACKAGES]
        _run(["apt-get", *options, "-qq", "download", *wanted], private)
        version = _capture(["dpkg-deb", "-f", str(next(private.glob("odoo-19_*.deb"))), "Version"]).strip()
        step(f"Unpacking Odoo {version}")
        with paths.built_whole(paths.cache() / "odoo" / version) as root:
            for package in sorted(private.glob("*.deb")):
                _run(["dpkg-deb", "-x", str(package), str(root)], private)
            blur = root / "usr/lib/python3/dist-packages/odoo" / BLUR
            blur.parent.mkdir(parents=True, exist_ok=True)
            blur.touch()
    kept = _kept_package()
    assert kept
    return kept


def _private_apt(folder: Path, mirror: str) -> list[str]:
    """Prepare apt folders of our own, so that the system's lists and packages stay as they are."""
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(
        "".join(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for suite in ("sid", "bookworm"))
    )
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _clone() -> OdooSource:
    if not shutil.which("git"):
        raise Stop("Odoo is neither a package nor a clone here: install git, or set ODOO_HOME to a checkout of 19.0.")
    target = paths.cache() / "odoo-clone"
    with paths.built_whole(target) as scratch:
        try:
            _run(["git", "clone", "-q", "--depth", "1", "--branch", "19.0", CLONE, "odoo"], scratch)
        except subprocess.CalledProcessError as error:
            raise Stop("Odoo could not be cloned. Set ODOO_HOME to a checkout of Odoo 19.0.") from error
    return _from_checkout(target / "odoo", "clone")


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)


def _capture(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
