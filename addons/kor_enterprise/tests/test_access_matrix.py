"""Who may do what, with every model and every public method of the suite.

`access_matrix.csv` has a row for each model and a column for each role: `r` reads, `w` writes, `c` creates, `d`
deletes. A star behind a letter: a record rule keeps some records of the own company back, as wizards of others.
`elsewhere` is somebody who has all roles in another company, with a record of this one.

`access_methods.csv` has a row for each public method, and what becomes of a call: see `Call`. The record is the
`customer`'s, a portal user; the `stranger` is one of another customer; the `employee` has no role, the `reader` may
read contracts, `elsewhere` has all roles in another company.

Both are read off the registry and tried on records. To write them anew, and see in the difference what has changed:

    KOR_ACCESS_WRITE=1 make test ARGS=addons/kor_enterprise/tests/test_access_matrix.py
"""

from odoo.fields import Command, Domain
from odoo.tests import TransactionCase, tagged

from .access_calls import Call, plain_errors
from .access_registry import get_definitions, get_methods, get_mixins, get_models, get_roles, get_suite, is_of_company
from .access_returns import returns_always
from .access_table import AccessTable
from .access_world import World, drop_checks, get_columns, get_floors

OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
# What all customers may read.
SHARED = {"kor.event.type", "kor.integration.scope"}
# A view on costs of past months, and a table without records that only SQL writes.
WITHOUT_RECORDS = {"kor.infrastructure.cost.report", "kor.usage.dropped.key"}


@tagged("post_install", "-at_install")
class TestAccessMatrix(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.suite = get_suite(cls.env)
        cls.methods = get_methods(cls.env, cls.suite)
        cls.models = get_models(cls.env, cls.suite)
        cls.roles = get_roles(cls.env, cls.suite)
        cls.company = cls.env.ref("base.main_company")
        cls.users = cls._create_users()
        cls.own, cls.other = cls._create_worlds("Own", "Other")
        cls.rules = cls.env["ir.rule"].search([]).grouped(lambda rule: rule.model_id.model)
        cls.stars = {}
        cls.callers = {
            "public": cls.users["public"],
            "customer": cls.own.user,
            "stranger": cls.other.user,
            "employee": cls.users["employee"],
            "reader": cls.users["contract_user"],
            "elsewhere": cls.users["elsewhere"],
        }

    @classmethod
    def _create_users(cls):
        """Return a user of each role, one without any of them, and one who has all in another company."""
        elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        places = {name: (groups, cls.company) for name, groups in cls.roles.items() if name != "public"}
        places["someone"] = cls.roles["employee"], cls.company
        places["elsewhere"] = cls.roles["administrator"], elsewhere
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
    def _create_worlds(cls, *names):
        models = sorted({*cls.models, *cls.methods})
        columns = get_columns(cls.env)
        stored = [name for name in models if cls.env[name]._table in columns]
        drop_checks(cls.env, stored)
        for name in names:
            floors = get_floors(cls.env, stored)
            world = World(cls.env, name, cls.company, cls.users["someone"])
            world.live()
            world.fill(models, columns, floors)
            yield world

    def _assert_table(self, table, roles, found):
        differences = list(table.check(roles, found))
        self.assertFalse(differences, "\n" + "\n".join(differences))

    def test_rights_are_those_of_the_table(self):
        found = {(model,): self._get_rights(model) for model in self.models}
        self._assert_table(AccessTable("access_matrix.csv", ["model"]), [*self.roles, "elsewhere"], found)

    def _get_rights(self, model):
        rows = self._get_rows(model)
        cells = {role: self._get_cell(self.users[role], model, rows) for role in self.roles}
        return {**cells, "elsewhere": self._get_rights_elsewhere(model)}

    def _get_rights_elsewhere(self, model):
        row = self._get_rows(model)[:1].with_user(self.users["elsewhere"])
        return "".join(key for key, operation in OPERATIONS.items() if row and row.has_access(operation))

    def _get_rows(self, model):
        return self.env[model].union(*(world.records[model].with_env(self.env) for world in (self.own, self.other)))

    def _get_cell(self, user, model, rows):
        cell, access = "", self.env["ir.model.access"].with_user(user)
        for letter, operation in OPERATIONS.items():
            if access.check(model, operation, raise_exception=False):
                cell += letter + self._get_star(user, rows, operation)
        return cell

    def _get_star(self, user, rows, operation):
        """Return a star where a record rule keeps some of these rows from somebody."""
        key = self._get_rules(user, rows._name, operation)
        if key not in self.stars:
            domain = self.env["ir.rule"].with_user(user)._compute_domain(rows._name, operation)
            everything = rows.sudo().with_context(active_test=False)  # only these rules decide here
            seen = everything.search_count(Domain("id", "in", rows.ids) & domain)
            self.stars[key] = "" if seen == len(rows) else "*"
        return self.stars[key]

    def _get_rules(self, user, model, operation):
        """Return what the same users of a company have in common: the rules, and the user where these speak of them."""
        groups = user.all_group_ids
        rules = self.rules.get(model, self.env["ir.rule"])
        rules = rules.filtered(lambda one: one[f"perm_{operation}"] and (not one.groups or one.groups & groups))
        personal = any("user." in (rule.domain_force or "") for rule in rules)
        return model, operation, rules, user if personal else self.env["res.users"]

    def test_every_model_has_a_record_to_try_rights_on(self):
        stored = {name for name in self.models if not self.env[name]._abstract}
        self.assertEqual({name for name in stored if not self.own.records[name]}, WITHOUT_RECORDS)

    def test_customers_read_their_own_records_only(self):
        for model in self.models:
            records = self.env[model].with_user(self.other.user)
            if records._transient or not records.has_access("read"):
                continue
            with self.subTest(model):
                seen = records.search([("id", "in", self._get_rows(model).ids)])
                if model in SHARED:
                    self.assertTrue(seen, "It is said to be for all customers.")
                else:
                    self.assertEqual(seen, self.other.records[model], model)

    def test_nobody_touches_what_belongs_to_another_company(self):
        for model in self.models:
            # Natively, wizards of others are open to whoever has a right to the model.
            if self.env[model]._transient or is_of_company(self.env, model):
                with self.subTest(model):
                    self.assertEqual(self._get_rights_elsewhere(model), "", model)

    def test_calls_end_as_in_the_table(self):
        found = {}
        with plain_errors(self.env):
            for model, methods in self.methods.items():
                for name in methods:
                    found[model, name] = {role: self._call(model, name, role) for role in self.callers}
        self._assert_table(AccessTable("access_methods.csv", ["model", "method"]), list(self.callers), found)

    def _call(self, model, name, role):
        call = Call(self.own.records[model], self.callers[role], name, self.own.secrets)
        never = {"broken", "leaks", "nothing"} | (set() if role in ("customer", "reader") else {"writes"})
        if call.outcome in never:
            self.fail(f"{model}.{name} as {role} {call.outcome}: {call.text} {call.written}")
        return call.outcome

    def test_mixins_by_themselves_let_nobody_write(self):
        """Methods of mixins can be called on the mixin, too, which has no rights of its own."""
        with plain_errors(self.env):
            for model, methods in get_mixins(self.env, self.suite).items():
                for name in methods:
                    with self.subTest(f"{model}.{name}"):
                        call = Call(
                            self.env[model].browse(self.own.records["kor.contract"].id), self.other.user, name, []
                        )
                        self.assertFalse(call.written)

    def test_every_public_method_returns_a_value(self):
        for model, methods in {**self.methods, **get_mixins(self.env, self.suite)}.items():
            for name in methods:
                for function in get_definitions(self.env, self.suite, model, name):
                    with self.subTest(f"{model}.{name}", file=function.__code__.co_filename):
                        self.assertTrue(returns_always(function), "None cannot be told to other systems.")
