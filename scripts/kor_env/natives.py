"""Databases with nothing but Odoo's own modules: what the add-ons are installed beside."""

import ast
from collections.abc import Iterable

from . import paths
from .say import step
from .server import Odoo

_ATTACHMENTS_IN_DATABASE = """
env["ir.config_parameter"].set_param("ir_attachment.location", "db")
env.cr.commit()
"""


def needs(name: str) -> frozenset[str]:
    """Return the modules that an add-on is built on: add-ons of the suite and, where these end, modules of Odoo."""
    ours = set(paths.addon_names())
    manifest = ast.literal_eval((paths.ADDONS / name / "__manifest__.py").read_text())
    direct = frozenset(manifest["depends"])
    return direct.union(*(needs(module) for module in direct & ours))


def natives(name: str) -> frozenset[str]:
    """Return the modules of Odoo that an add-on needs."""
    return needs(name) - set(paths.addon_names())


def create_empty(odoo: Odoo, database: str, demo: bool = False) -> None:
    """Create a database with Odoo's base only. A copy of it is whole: it keeps no attachment outside."""
    odoo.cluster.drop(database)
    odoo.cluster.create(database)
    install(odoo, database, ["base"], demo)
    odoo.shell(database, _ATTACHMENTS_IN_DATABASE)


def install(odoo: Odoo, database: str, modules: Iterable[str], demo: bool = False) -> None:
    names = ",".join(sorted(modules))
    step(f"Installing {names} on {database}")
    odoo.work(database, *(["--with-demo"] if demo else []), "--init", names)
