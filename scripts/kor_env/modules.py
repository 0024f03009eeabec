"""Each add-on by itself: installed on an empty database, upgraded, uninstalled, installed again. Does anything stay?"""

from collections.abc import Iterable

from . import paths
from .odoo_source import OdooSource
from .postgres import Cluster
from .say import say, step
from .server import Odoo

# With its tests: the suite does not bring timesheets.
TIME = "kor_reporting_timesheet"
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
    odoo = Odoo(source, cluster, paths.STATE / "modules")
    chosen = list(names) or paths.addon_names()
    failed = []
    for name in chosen:
        for demo in (False, True):
            left = _live(odoo, name, demo)
            say(f"{name} {'with' if demo else 'without'} demo data: {'left ' + ', '.join(left) if left else 'clean'}")
            failed += [name] if left else []
    say(f"{2 * len(chosen) - len(failed)} passed, {len(failed)} failed")
    return int(bool(failed))


def _live(odoo: Odoo, name: str, demo: bool) -> list[str]:
    """Install, upgrade, uninstall, install again; return what stood in the database in between."""
    database = "kor_modules"
    with_demo = ["--with-demo"] if demo else []
    odoo.cluster.drop(database)
    odoo.cluster.create(database)
    try:
        step(f"{name}: install")
        tests = ["--test-tags", f"/{name}"] if name == TIME and demo else []
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
