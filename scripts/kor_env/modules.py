"""Each add-on by itself: installed beside what it needs, upgraded, uninstalled, installed again, tested.

Does anything stay, and does it work without the others?
"""

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from . import paths
from .natives import create_empty, install, needs
from .odoo_source import OdooSource
from .postgres import Cluster
from .say import Stop, say, step
from .server import Odoo
from .testing import run_tests

# What stands beside an add-on while it is tested, and which it does not need itself: a provider who pays when told to.
TEST_HELPERS = {"kor_billing": ["payment_demo"]}
# Its tests are of the suite and its demo as a whole: `make test` runs them.
UNTESTED = "kor_enterprise"
DATABASE = "kor_modules"
# In one process, as an administrator's browser does it.
_LIFE = """
import json
from pathlib import Path

def act(what):
    getattr(env["ir.module.module"].search([("name", "=", {name!r})]), what)()

def structure():
    env.cr.execute({structure!r})
    return [line for (line,) in env.cr.fetchall() if line]

def install():
    act("button_immediate_install")
    if {demo!r} and not env["ir.module.module"].search([("name", "=", {name!r})]).demo:
        raise SystemExit("its demo data could not be loaded")

if env["ir.module.module"].search([("name", "=", {name!r})]).state == "installed":
    # It came by itself with what it stands on.
    act("button_immediate_uninstall")
before = structure()
install()
act("button_immediate_upgrade")
act("button_immediate_uninstall")
after = structure()
install()
Path({found!r}).write_text(json.dumps([before, after]))
"""
# Whatever an add-on can put into a database, one line each: the same lines must stand there after as before. Left out
# are lists that Odoo does not clear for its own modules either: what it remembers of foreign keys, and the names that
# other modules give to a model's parents and choices. Of the demo stays what the books name: invoiced customers,
# products and contracts, what these were agreed on, and closed months.
_STRUCTURE = """
    SELECT CASE relkind WHEN 'v' THEN 'view ' WHEN 'i' THEN 'index ' WHEN 'S' THEN 'sequence ' ELSE 'table ' END
        || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
        FROM information_schema.columns WHERE table_schema = 'public'
    UNION SELECT 'constraint ' || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION SELECT 'model ' || model FROM ir_model
    UNION SELECT 'field ' || model || '.' || name FROM ir_model_fields
    UNION SELECT 'choice ' || f.model || '.' || f.name || ' ' || s.value
        FROM ir_model_fields_selection s JOIN ir_model_fields f ON f.id = s.field_id
    UNION SELECT 'relation ' || name FROM ir_model_relation
    UNION SELECT 'record ' || module || '.' || name FROM ir_model_data
        WHERE model NOT IN ('ir.module.module', 'ir.model.inherit', 'ir.model.fields.selection',
                            'res.partner', 'product.product', 'product.template',
                            'kor.contract', 'kor.plan', 'kor.price.index', 'kor.revenue.close')
    UNION SELECT 'parameter ' || key FROM ir_config_parameter
    UNION SELECT 'job ' || cron_name FROM ir_cron
    UNION SELECT 'asset ' || name FROM ir_asset
    UNION SELECT 'view ' || type || ' ' || COALESCE(model, '') || ' ' || name FROM ir_ui_view
    UNION SELECT 'action ' || type || ' ' || id FROM ir_actions
    UNION SELECT 'menu ' || id FROM ir_ui_menu
    UNION SELECT 'group ' || id FROM res_groups
    UNION SELECT 'mail template ' || id FROM mail_template
    UNION SELECT 'number sequence ' || code FROM ir_sequence WHERE code IS NOT NULL
    UNION SELECT 'default ' || field_id || ' ' || json_value FROM ir_default
"""


def check_modules(source: OdooSource, cluster: Cluster, names: Iterable[str]) -> int:
    """Take each add-on through its life without and with demo data, also after one has failed. Returns 1 if one has."""
    more = tuple(Path(folder).resolve() for folder in os.environ.get("KOR_MORE_ADDONS", "").split(os.pathsep) if folder)
    odoo = Odoo(replace(source, addons=(*more, *source.addons)), cluster, paths.STATE / "modules")
    wanted = sorted(names or paths.addon_names(), key=lambda name: (len(needs(name)), name))
    missing = {name: lacks for name in wanted if (lacks := _get_missing(odoo, name))}
    for name, lacks in missing.items():
        say(f"{name} is left out: {', '.join(lacks)} is not among the add-ons (KOR_MORE_ADDONS names further folders)")
    chosen = [name for name in wanted if name not in missing]
    told = []
    for demo in (False, True):
        shelf = Shelf(odoo, demo)
        for name in chosen:
            told.append(f"{name} {'with' if demo else 'without'} demo data: {_fault(shelf, name) or 'clean'}")
            say(told[-1])
        shelf.clear()
    failed = [line for line in told if not line.endswith(": clean")]
    for line in failed:
        say(line)
    say(f"{len(told) - len(failed)} passed, {len(failed)} failed")
    return int(bool(failed))


def _get_missing(odoo: Odoo, name: str) -> list[str]:
    """Return what an add-on needs and no folder of add-ons has."""
    folders = [Path(folder) for folder in odoo.addons_path.split(",")]
    return sorted(one for one in needs(name) if not any((folder / one).is_dir() for folder in folders))


class Shelf:
    """Databases by what is installed on them, each made from the nearest smaller one: an add-on stands on others."""

    def __init__(self, odoo: Odoo, demo: bool):
        self.odoo, self.demo = odoo, demo
        self.kept: dict[frozenset[str], str] = {}

    def take(self, database: str, modules: frozenset[str]) -> None:
        """Create the database as a copy of one that has these modules, and no others that they do not bring."""
        if modules not in self.kept:
            nearest = max((kept for kept in self.kept if kept < modules), key=len, default=None)
            if nearest is None:
                create_empty(self.odoo, database, self.demo)
            else:
                self._copy(self.kept[nearest], database)
            if modules:
                install(self.odoo, database, modules - (nearest or frozenset()), self.demo)
            self.keep(database, modules)
        self._copy(self.kept[modules], database)

    def keep(self, database: str, modules: frozenset[str]) -> None:
        self.kept[modules] = f"{DATABASE}_{len(self.kept)}"
        self._copy(database, self.kept[modules])

    def clear(self) -> None:
        for database in self.kept.values():
            self.odoo.cluster.drop(database)
        self.kept.clear()

    def _copy(self, database: str, copy: str) -> None:
        self.odoo.cluster.drop(copy)
        self.odoo.cluster.create(copy, database)


def _fault(shelf: Shelf, name: str) -> str:
    """Return what is wrong with the life of an add-on or with its tests, or nothing.

    The tests run without demo data: they make what they need.
    """
    try:
        shelf.take(DATABASE, needs(name))
        faults = _live(shelf, name)
        if not shelf.demo and name != UNTESTED:
            faults += _test(shelf.odoo, name)
    except Stop as stop:
        return f"failed: {stop}"
    finally:
        shelf.odoo.cluster.drop(DATABASE)
    return "; ".join(faults)


def _live(shelf: Shelf, name: str) -> list[str]:
    """Take the add-on through its life, which ends installed, and return what it left or took away."""
    odoo, demo, modules = shelf.odoo, shelf.demo, needs(name) | {name}
    found = odoo.state / "found.json"
    step(f"{name}: install, upgrade, uninstall, install again")
    odoo.shell(DATABASE, _life(name, demo, str(found)), *(["--with-demo"] if demo else []))
    if modules not in shelf.kept:
        shelf.keep(DATABASE, modules)
    before, after = (set(lines) for lines in json.loads(found.read_text()))
    changes = [("left", after - before), ("took away", before - after)]
    return [f"{word} {', '.join(sorted(lines))}" for word, lines in changes if lines]


def _test(odoo: Odoo, name: str) -> list[str]:
    """Run the tests of the add-on where only it is and what it needs, and return what is wrong."""
    if name in TEST_HELPERS:
        install(odoo, DATABASE, TEST_HELPERS[name])
    step(f"{name}: its tests")
    code = run_tests(odoo, DATABASE, [f"addons/{name}"], KOR_ALONE="1")
    return [f"its tests ended with code {code}"] if code else []


def _life(name: str, demo: bool, found: str) -> str:
    return _LIFE.format(name=name, demo=demo, found=found, structure=_STRUCTURE)
