"""What the suite lets people reach, read off the registry: its addons, models, roles and public methods."""

from types import FunctionType

from odoo.models import BaseModel

# Roles beside the suite's own groups: people without any, and native ones that the suite gives rights to.
NATIVE_ROLES = {
    "public": "base.group_public",
    "portal": "base.group_portal",
    "employee": "base.group_user",
    "salesman": "sales_team.group_sale_salesman",
    "invoicing": "account.group_account_invoice",
    "auditor": "account.group_account_readonly",
}
ADDONS = "odoo.addons."


def get_suite(env):
    """Return the names of the suite's addons: those that the last one needs, and glue that joins them by itself."""
    modules_sudo = env["ir.module.module"].sudo()  # addons are nobody's but the system's
    last = modules_sudo.search([("name", "=", "kor_enterprise")])
    needed = set((last | last.upstream_dependencies(exclude_states=("uninstallable",))).mapped("name"))
    glue = modules_sudo.search([("state", "=", "installed"), ("name", "=like", "kor\\_%")])
    joined = {one.name for one in glue if set(one.dependencies_id.mapped("name")) <= needed}
    return {name for name in needed | joined if name.startswith("kor_")}


def get_models(env, suite):
    """Return the names of the suite's own models, and of native ones that it gives rights to."""
    own = {name for name, model in env.registry.items() if model._original_module in suite and not model._abstract}
    data_sudo = env["ir.model.data"].sudo()  # as the addons
    guarded = set()
    for kind in ("ir.model.access", "ir.rule"):
        ids = data_sudo.search([("module", "in", list(suite)), ("model", "=", kind)]).mapped("res_id")
        guarded |= set(env[kind].sudo().browse(ids).exists().model_id.mapped("model"))  # rights are not for everyone
    return sorted(own | guarded)


def get_roles(env, suite):
    """Return the groups of each role by its name: native ones, each group of the suite, and who has them all."""
    roles = {name: env.ref(xmlid) for name, xmlid in NATIVE_ROLES.items()}
    data_sudo = env["ir.model.data"].sudo()  # as the addons
    groups = {}
    for data in data_sudo.search([("module", "in", list(suite)), ("model", "=", "res.groups")]):
        groups[data.name.removeprefix("group_kor_")] = env["res.groups"].sudo().browse(data.res_id)  # likewise
    internal = env.ref("base.group_user")
    staff = {name: group for name, group in groups.items() if internal in group.all_implied_ids}
    order = sorted(staff, key=lambda name: (staff[name].privilege_id.sequence, staff[name].sequence, name))
    roles |= {name: groups[name] | roles["portal"] for name in sorted(groups.keys() - staff.keys())}
    roles |= {name: staff[name] for name in order}
    return {**roles, "administrator": env["res.groups"].union(*staff.values())}


def get_methods(env, suite):
    """Return the public methods of the suite by model, as a call from outside finds them.

    Those that a concrete model has from a mixin are its own; mixins themselves, which have no records, are left out.
    Create, write and their like are no methods of ours: the models' rights speak of them.
    """
    found = {}
    for name, model in env.registry.items():
        if not _is_mixin(model) and (methods := _get_public(model, suite)):
            found[name] = methods
    return found


def get_mixins(env, suite):
    """Return the public methods of abstract models that others inherit."""
    mixins = ((name, model) for name, model in env.registry.items() if _is_mixin(model))
    return {name: methods for name, model in mixins if (methods := _get_public(model, suite))}


def _is_mixin(model):
    return model._abstract and any(child != model._name for child in model._inherit_children)


def _get_public(model, suite):
    names = set()
    for definition in model.mro():
        if not _is_of_suite(definition, suite):
            continue
        names |= {name for name, value in vars(definition).items() if isinstance(value, FunctionType)}
    return sorted(name for name in names if _is_public(model, name))


def _is_of_suite(definition, suite):
    module = definition.__module__
    return module.startswith(ADDONS) and module.removeprefix(ADDONS).split(".")[0] in suite


def _is_public(model, name):
    if name.startswith("_") or hasattr(BaseModel, name):
        return False
    return not any(getattr(getattr(one, name, None), "_api_private", False) for one in model.mro())


def is_of_company(env, model):
    """Tell whether a record belongs to a company: by a field of its own, or by what it cannot be without."""
    fields = env[model]._fields
    if "company_id" in fields:
        return True
    needed = {one.comodel_name for one in fields.values() if one.type == "many2one" and one.required and one.store}
    return any(name.startswith("kor.") and name != model and is_of_company(env, name) for name in needed)


def get_definitions(env, suite, model, name):
    """Return the suite's functions that a public method is made of."""
    definitions = (one for one in env.registry[model].mro() if _is_of_suite(one, suite))
    return [vars(one)[name] for one in definitions if isinstance(vars(one).get(name), FunctionType)]
