"""Databases with the suite installed: the demo, and the template that tests copy."""

import os
import shutil

from . import paths
from .odoo_source import OdooSource
from .postgres import UNSAFE, Cluster
from .say import step
from .server import Odoo
from .venv import REQUIREMENTS

# The demo payment provider is no part of the suite: real companies install their own.
SUITE = "kor_enterprise,payment_demo"
_REMEMBER = "env['ir.config_parameter'].sudo().set_param('kor.addons_digest', {digest!r})\n"
# In the order in which they happened.
_STORY = [
    paths.ROOT / "scripts" / name
    for name in (
        "demo_story.py",
        "demo_customers.py",
        "demo_history.py",
        "demo_history_money.py",
        "demo_history_service.py",
        "demo_walk.py",
        "demo_overdue.py",
        "demo_deals.py",
        "demo_service.py",
        "demo_connections.py",
        "demo_costs.py",
        "demo_jobs.py",
    )
]
_TEST_TEMPLATE = paths.ROOT / "scripts" / "test_template.py"
_COMMIT = "env.cr.commit()\n"


def ensure_demo(source: OdooSource, cluster: Cluster, name: str) -> Odoo:
    """Create the demo database and bill it, or upgrade the one there is when the addons have changed."""
    odoo = Odoo(source, cluster, paths.STATE / "run")
    digest = paths.digest(paths.addon_files())
    if name not in cluster.databases():
        _create_demo(odoo, name, digest)
    elif _remembered(cluster, name) != digest:
        step("The addons have changed: upgrading the demo database")
        odoo.work(name, "--update", ",".join(paths.addon_names()))
        odoo.shell(name, _REMEMBER.format(digest=digest) + _COMMIT)
    return odoo


def _create_demo(odoo: Odoo, name: str, digest: str) -> None:
    building = f"{name}__building"
    step(f"Creating the demo database {name} (two to four minutes)")
    odoo.cluster.drop(building)
    odoo.cluster.create(building)
    odoo.work(building, "--with-demo", "--init", SUITE)
    step("Letting the demo company live through two years (three to five minutes)")
    story = "\n".join(part.read_text() for part in _STORY)
    odoo.shell(building, story + _REMEMBER.format(digest=digest) + _COMMIT)
    filestore = odoo.data_dir / "filestore"
    shutil.rmtree(filestore / name, ignore_errors=True)
    if (filestore / building).is_dir():
        (filestore / building).rename(filestore / name)
    odoo.cluster.rename(building, name)


def _remembered(cluster: Cluster, name: str) -> str:
    rows = cluster.execute("SELECT value FROM ir_config_parameter WHERE key = 'kor.addons_digest'", name)
    return rows[0][0] if rows else ""


def test_cluster() -> Cluster:
    return Cluster("test", UNSAFE)


def ensure_template(source: OdooSource, cluster: Cluster) -> tuple[Odoo, str]:
    """Return a database with the suite and its demo data, built once for each state of the addons."""
    odoo = Odoo(source, cluster, paths.STATE / "test")
    digest = paths.digest([*paths.addon_files(), REQUIREMENTS, _TEST_TEMPLATE, paths.ROOT / "odoo.conf"], source.label)
    name = f"kor_template_{digest}"
    existing = cluster.databases()
    if name not in existing:
        for old in existing:
            if old.startswith("kor_template_"):
                cluster.drop(old)
        building = f"kor_building_{os.getpid()}"
        step("Building the template database for the tests (two to four minutes)")
        cluster.create(building)
        # Attachments inside the database: a copy of it is then whole without a filestore.
        odoo.work(building, "--with-demo", "--init", "base")
        odoo.shell(building, "env['ir.config_parameter'].set_param('ir_attachment.location', 'db')\n" + _COMMIT)
        odoo.work(building, "--with-demo", "--init", SUITE)
        odoo.shell(building, _TEST_TEMPLATE.read_text())
        cluster.rename(building, name)
    return odoo, name
