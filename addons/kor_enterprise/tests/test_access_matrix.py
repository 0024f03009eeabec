"""Who may do what, with every model and every public method of the suite.

`access_matrix.csv` has a row for each model and a column for each role: `r` reads, `w` writes, `c` creates, `d` deletes.
A star behind a letter: not every record of the own company, for a record rule keeps some back. `elsewhere` is somebody with
all roles in another company, on a record of this one.

`access_methods.csv` has a row for each public method, and what becomes of a call: see `Call`. The `customer` is a portal
user, the record theirs; the `stranger` is one of another customer; the `employee` has no role, the `reader` may read
contracts, `elsewhere` has all roles in another company.

Both are read off the registry and tried on records. To write them anew, and see in the difference what has changed:

    KOR_ACCESS_WRITE=1 make test ARGS=addons/kor_enterprise/tests/test_access_matrix.py
"""

from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from .access_calls import Call
from .access_registry import get_definitions, get_methods, get_mixin_methods, get_models, get_roles, get_suite
from .access_returns import returns_always
from .access_table import AccessTable
from .access_world import World, drop_checks, get_columns, get_floors

OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}


@tagged("post_install", "-at_install")
class TestAccessMatrix(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.suite = get_suite(cls.env)
        cls.methods = get_methods(cls.env, cls.suite)
        cls.models = get_models(cls.env, cls.suite)
        cls.company = cls.env.ref("base.main_company")
        cls.company_elsewhere = cls._get_other_company()
        cls.roles = get_roles(cls.env, cls.suite)
        cls.users = cls._create_users()
        cls._create_worlds()

    @classmethod
    def _get_other_company(cls):
        prepared = cls.env["ir.config_parameter"].get_param("kor.test_company")
        return cls.env["res.company"].browse(int(prepared)) if prepared else cls.env["res.company"].create({"name": "Elsewhere"})

    @classmethod
    def _create_users(cls):
        """Return a user of each role, one without any of them, and one who has all in another company."""
        places = {name: (groups, cls.company) for name, groups in cls.roles.items() if name != "public"}
        places["someone"] = cls.roles["employee"], cls.company
        places["elsewhere"] = cls.roles["administrator"], cls.company_elsewhere
        values = [
            {
                "name": name,
                "login": f"matrix_{name}",
                "email": f"{name}@matrix.example",
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set(groups.ids)],
            }
            for name, (groups, company) in places.items()
        ]
        users = cls.env["res.users"].with_context(no_reset_password=True).create(values)
        return {**dict(zip(places, users, strict=True)), "public": cls.env.ref("base.public_user")}

    @classmethod
    def _create_worlds(cls):
        names = sorted({*cls.models, *cls.methods} - {name for name in cls.methods if cls.env[name]._abstract})
        columns, cls.worlds = get_columns(cls.env), {}
        stored = [name for name in names if cls.env[name]._table in columns]
        drop_checks(cls.env, cls.models)
        for name, company in (("Own", cls.company), ("Other", cls.company), ("Elsewhere", cls.company_elsewhere)):
            floors = get_floors(cls.env, stored)
            world = World(cls.env, name, company, cls.users["someone"])
            world.live()
            world.fill(names, columns, floors, {})
            cls.worlds[name] = world
        cls.visible = {}
        cls.callers = {}

    def _assert_table(self, table, roles, found):
        differences = list(table.check(roles, found))
        self.assertFalse(differences, "\n" + "\n".join(differences))

    def test_rights_are_those_of_the_table(self):
        found = {(model,): self._get_rights(model) for model in self.models}
        self._assert_table(AccessTable("access_matrix.csv", ["model"]), [*self.roles, "elsewhere"], found)

    def _get_rights(self, model):
        rows = self.env[model].union(*(self.worlds[name].records[model] for name in ("Own", "Other")))
        cells = {role: self._get_cell(self.users[role], model, rows) for role in self.roles}
        own = self.worlds["Own"].records[model].with_user(self.users["elsewhere"])
        mine = self.env[model]._transient or not own
        cells["elsewhere"] = "" if mine else "".join(key for key, one in OPERATIONS.items() if own.has_access(one))
        return cells

    def _get_cell(self, user, model, rows):
        cell = ""
        for letter, operation in OPERATIONS.items():
            if self.env[model].with_user(user).has_access(operation):
                cell += letter + self._get_star(user, rows, operation)
        return cell

    def _get_star(self, user, rows, operation):
        """Return a star where a record rule keeps some of these rows from somebody; wizards are everyone's own."""
        if rows._transient:
            return ""
        domain = self.env["ir.rule"].with_user(user)._compute_domain(rows._name, operation)
        key = rows._name, repr(domain)
        if key not in self.visible:
            everything = rows.sudo().with_context(active_test=False)  # only this rule decides here
            self.visible[key] = everything.search_count([("id", "in", rows.ids)] & domain)
        return "" if self.visible[key] == len(rows) else "*"

    def test_customers_read_their_own_records_only(self):
        stranger = self.worlds["Other"].user
        for model in self.models:
            records = self.env[model].with_user(stranger)
            if records._transient or not records.has_access("read"):
                continue
            with self.subTest(model):
                pass

    def test_calls_end_as_in_the_table(self):
        found = {}
        for model, methods in self.methods.items():
            for name in methods:
                found[model, name] = {role: Call(record, user, name).outcome for role, (user, record) in ()}
        self._assert_table(AccessTable("access_methods.csv", ["model", "method"]), list(self.callers), found)

    def test_every_public_method_returns_a_value(self):
        found = {**self.methods, **get_mixin_methods(self.env, self.suite)}
        for model, methods in found.items():
            for name in methods:
                for function in get_definitions(self.env, self.suite, model, name):
                    with self.subTest(f"{model}.{name}", file=function.__code__.co_filename):
                        self.assertTrue(returns_always(function), "Return a value: None cannot be told to other systems.")
