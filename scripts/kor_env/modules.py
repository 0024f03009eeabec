"""Each add-on by itself: installed on an empty database, upgraded, uninstalled, installed again. Does anything stay?"""

import ast
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from . import paths
from .odoo_source import OdooSource
from .postgres import Cluster
from .say import say, step
from .server import Odoo

# With their tests: the suite does not bring timesheets, nor the job queue.
TESTED = ("kor_reporting_timesheet", "kor_queue_job")
_UNINSTALL = """
modules = env["ir.module.module"].search([("name", "=like", "kor_%"), ("state", "=", "installed")])
modules.button_immediate_uninstall()
"""
_LEFT = """
    SELECT 'table ' || tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'kor\\_%'
    UNION ALL SELECT 'view ' || viewname FROM pg_views WHERE schemaname = 'public' AND viewname LIKE 'kor\\_%'
    UNION ALL SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name LIKE '%kor\\_%'
    UNION ALL SELECT 'field ' || model || '.' || name FROM ir_model_fields WHERE name LIKE '%kor\\_%'
    UNION ALL SELECT 'model ' || model FROM ir_model WHERE model LIKE 'kor.%'
    UNION ALL SELECT 'record ' || module || '.' || name FROM ir_model_data WHERE module LIKE 'kor\\_%'
    UNION ALL SELECT 'constraint ' || name FROM ir_model_constraint WHERE name LIKE 'kor\\_%'
    UNION ALL SELECT 'job ' || cron_name FROM ir_cron WHERE cron_name LIKE 'KOR%'
    ORDER BY 1
"""


def check_modules(source: OdooSource, cluster: Cluster, names: Iterable[str]) -> int:
    """Take each add-on through its life with and without demo data. Returns how many left something, or failed."""
    more = tuple(Path(folder).resolve() for folder in os.environ.get("KOR_MORE_ADDONS", "").split(os.pathsep) if folder)
    odoo = Odoo(replace(source, addons=(*more, *source.addons)), cluster, paths.STATE / "modules")
    wanted = list(names) or paths.addon_names()
    missing = {name: lacks for name in wanted if (lacks := _get_missing(odoo, name))}
    for name, lacks in missing.items():
        say(f"{name} is left out: {', '.join(lacks)} is not among the add-ons (KOR_MORE_ADDONS names further folders)")
    chosen = [name for name in wanted if name not in missing]
    failed = []
    for name in chosen:
        for demo in (False, True):
            left = _live(odoo, name, demo)
            say(f"{name} {'with' if demo else 'without'} demo data: {'left ' + ', '.join(left) if left else 'clean'}")
            failed += [name] if left else []
    say(f"{2 * len(chosen) - len(failed)} passed, {len(failed)} failed")
    return int(bool(failed))


def _get_missing(odoo: Odoo, name: str) -> list[str]:
    """Return what an add-on depends on and no folder of add-ons has."""
    folders = [Path(folder) for folder in odoo.addons_path.split(",")]
    manifest = ast.literal_eval((paths.ADDONS / name / "__manifest__.py").read_text())
    return [one for one in manifest["depends"] if not any((folder / one).is_dir() for folder in folders)]


def _live(odoo: Odoo, name: str, demo: bool) -> list[str]:
    """Install, upgrade, uninstall, install again; return what stood in the database in between."""
    database = "kor_modules"
    with_demo = ["--with-demo"] if demo else []
    odoo.cluster.drop(database)
    odoo.cluster.create(database)
    try:
        step(f"{name}: install")
        tests = ["--test-tags", f"/{name}"] if name in TESTED and demo else []
        odoo.work(database, *with_demo, "--init", name, *tests)
        step(f"{name}: upgrade")
        odoo.work(database, "--update", name)
        step(f"{name}: uninstall")
        odoo.shell(database, _UNINSTALL)
        left = [text for (text,) in odoo.cluster.execute(_LEFT, database)]
        step(f"{name}: install again")
        odoo.work(database, *with_demo, "--init", name)
        return left
    finally:
        odoo.cluster.drop(database)
