from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .infrastructure_common import InfrastructureCase

MODELS = ("", ".resource", ".capacity", ".cost", ".cost.report", ".warning", ".reading", ".check", ".check.day")


@tagged("post_install", "-at_install")
class TestInfrastructureAccess(InfrastructureCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.check = cls._create_check(kind="heartbeat")
        cls.reader = new_test_user(cls.env, "infra_reader", "base.group_user,kor_contracts.group_kor_contract_user")
        cls.employee = new_test_user(cls.env, "infra_employee", "base.group_user")
        cls.storage.unit_cost = 0.2
        cls.infrastructure._make_key()
        cls.infrastructure.push_readings([{"resource": "storage", "used": 1, "time": "2026-03-02T11:00:00Z"}])

    def test_who_may_do_what(self):
        rights = {
            "portal": (self.portal_user, {}),
            "employee": (self.employee, {}),
            "reader": (self.reader, {"": "r", ".resource": "r", ".capacity": "r", ".warning": "r", ".check": "r"}),
            "user": (
                self.user,
                {**dict.fromkeys(MODELS, "r"), "": "rw", ".check": "rw"},
            ),
            "manager": (
                self.manager,
                {
                    **dict.fromkeys(MODELS, "r"),
                    **dict.fromkeys(("", ".resource", ".check"), "rwcu"),
                    **dict.fromkeys((".capacity", ".cost"), "rc"),
                },
            ),
        }
        operations = {"r": "read", "w": "write", "c": "create", "u": "unlink"}
        for name, (user, own) in rights.items():
            for model in MODELS:
                with self.subTest(user=name, model=model):
                    record = self.env[f"kor.infrastructure{model}"].with_user(user)
                    got = "".join(key for key, one in operations.items() if record.has_access(one))
                    self.assertEqual(got, own.get(model, ""))

    def test_public_methods_check_who_calls(self):
        own = self.infrastructure
        readings = [{"resource": "storage", "used": 2, "time": "2026-03-02T12:00:00Z"}]
        calls = {
            "set_state": lambda user: own.with_user(user).set_state("degraded", "Slow"),
            "push_readings": lambda user: own.with_user(user).push_readings(readings),
            "action_run": lambda user: self.check.with_user(user).action_run(),
            "action_make_key": lambda user: own.with_user(user).action_make_key(),
            "allocated": lambda user: self.storage.with_user(user).write({"allocated": 5000}),
        }
        users = {
            "portal": (self.portal_user, set()),
            "reader": (self.reader, set()),
            "user": (self.user, {"set_state", "push_readings", "action_run"}),
            "manager": (self.manager, set(calls)),
        }
        for name, (user, allowed) in users.items():
            for call, act in calls.items():
                with self.subTest(user=name, call=call):
                    savepoint = self.env.cr.savepoint()
                    if call in allowed:
                        self.assertTrue(act(user))
                    else:
                        with self.assertRaises(AccessError):
                            act(user)
                    savepoint.close(rollback=True)
                    self.env.invalidate_all()

    def test_costs_and_keys_are_not_for_readers(self):
        for field, record in (("unit_cost", self.storage), ("monthly_cost", self.storage), ("cost_ids", self.storage)):
            with self.subTest(field):
                self.assertTrue(record.with_user(self.user).read([field]))
                with self.assertRaises(AccessError):
                    record.with_user(self.reader).read([field])
        with self.assertRaises(AccessError):
            self.infrastructure.with_user(self.manager).read(["key_hash"])

    def test_other_companies_see_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreigner = new_test_user(
            self.env,
            "infra_foreigner",
            "base.group_user,kor_integrations.group_kor_integration_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        for model in MODELS:
            records = self.env[f"kor.infrastructure{model}"].with_user(foreigner)
            with self.subTest(model):
                self.assertFalse(records.search([]))
        with self.assertRaises(AccessError):
            self.infrastructure.with_user(foreigner).set_state("down", "Mine now")

    def test_a_manager_sets_up_all_without_rights_on_support_and_maintenance(self):
        equipment = self.env["maintenance.equipment"].create({"name": "Host 9"})
        server = {
            "kind": "server",
            "contracted": 2,
            "allocated": 2,
            "unit_cost": 300,
            "equipment_ids": [Command.set(equipment.ids)],
        }
        model = self.env["kor.infrastructure"].with_user(self.manager)
        infrastructure = model.create(
            {
                "name": "Second",
                "contract_id": self.contract.id,
                "resource_ids": [Command.create(server)],
                "check_ids": [Command.create({"name": "Readings", "kind": "heartbeat"})],
            }
        )
        self.assertFalse(infrastructure.service_id)
        infrastructure.set_state("running")
        self.assertTrue(infrastructure.service_id)
        self.assertEqual(infrastructure.resource_ids.monthly_cost, 600)
        self.assertEqual(infrastructure.with_user(self.user).equipment_ids, equipment)
        with self.assertRaises(AccessError):
            equipment.with_user(self.manager).name = "Mine"

    def test_the_key_is_shown_once_and_opens_its_own_only(self):
        action = self.infrastructure.with_user(self.manager).action_make_key()
        key = action["context"]["default_key"]
        model = self.env["kor.infrastructure"]
        self.assertEqual(model._authenticate(key), self.infrastructure)
        self.assertNotIn(key, str(self.infrastructure.sudo().read()))
        for label, wrong in (
            ("none", None),
            ("empty", ""),
            ("a number", 5),
            ("its hash", self.infrastructure.sudo().key_hash),
            ("nearly", key[:-1]),
            ("odd letters", "\udcff"),
        ):
            with self.subTest(label):
                self.assertFalse(model._authenticate(wrong))
        self.infrastructure._make_key()
        self.assertFalse(model._authenticate(key))
        second = self.infrastructure._make_key()
        self.infrastructure.set_state("retired", "Gone")
        self.assertFalse(model._authenticate(second))
        with self.assertRaisesRegex(UserError, "retired"):
            self.infrastructure.with_user(self.manager).action_make_key()
