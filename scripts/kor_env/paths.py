"""Where things are: the checkout, its git-ignored state, and the cache that all checkouts share."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDONS = ROOT / "addons"
STATE = ROOT / ".kor"


def cache() -> Path:
    """Return the folder of fetched things. Root uses the system's, which the database user can read too."""
    if os.environ.get("KOR_CACHE"):
        return Path(os.environ["KOR_CACHE"]).expanduser()
    if os.geteuid() == 0:
        return Path("/var/cache/kor-enterprise")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kor-enterprise"


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Let one set-up at a time touch the shared cache."""
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / "lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def built_whole(target: Path) -> Iterator[Path]:
    """Yield a scratch folder that becomes `target` only if the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    scratch.chmod(0o755)
    try:
        yield scratch
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def digest(files: Iterable[Path], *extra: str) -> str:
    """Return a short hash of the files' names and contents, and of some more strings."""
    result = hashlib.sha256("\0".join(extra).encode())
    for path in sorted(files):
        result.update(f"\0{path.relative_to(ROOT)}\0".encode())
        result.update(path.read_bytes())
    return result.hexdigest()[:16]


def addon_files(*, with_tests: bool = False) -> list[Path]:
    """Return the files that decide what a database built from the addons looks like."""
    skipped = {"__pycache__"} if with_tests else {"__pycache__", "tests"}
    return [path for path in ADDONS.rglob("*") if path.is_file() and not skipped & set(path.parts)]


def addon_names() -> list[str]:
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))
