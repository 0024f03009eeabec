from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import MODULE, TierCase

MODELS = (
    "kor.metric", "kor.feature", "kor.support.level", "kor.tier", "kor.tier.limit", "kor.plan", "kor.charge",
    "kor.charge.tier", "kor.discount",
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestAccess(TierCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_user("tier_user", f"{MODULE}.group_kor_catalog_user")
        cls.manager = cls._create_user("tier_manager", f"{MODULE}.group_kor_catalog_manager")
        cls.portal = cls._create_user("tier_portal", "base.group_portal")
        cls.plan.is_public = True
        cls.charge = cls._create_graduated((10, 1), (0, 2))

    def test_rights_by_role(self):
        public = self.env.ref("base.public_user")
        employee = self._create_user("tier_employee", "base.group_user")
        for user, reads, writes in [
            (self.manager, True, True),
            (self.user, True, False),
            (employee, False, False),
            (self.portal, False, False),
            (public, False, False),
        ]:
            for model in MODELS:
                records = self.env[model].with_user(user)
                with self.subTest(user=user.login, model=model):
                    self.assertEqual(records.has_access("read"), reads)
                    for operation in ("write", "create", "unlink"):
                        self.assertEqual(records.has_access(operation), writes)

    def test_user_reads_and_simulates_but_does_not_write(self):
        charge = self.charge.with_user(self.user)
        self.assertEqual(charge.simulate(12)["total"], 14)
        with self.assertRaises(AccessError):
            charge.name = "Cheaper"
        with self.assertRaises(AccessError):
            charge.price_tier_ids[0].unit_price = 0

    def test_portal_user_gets_nothing_by_rpc(self):
        for call in (
            self.env["kor.tier"].with_user(self.portal).comparison,
            lambda: self.charge.with_user(self.portal).simulate(1),
            lambda: self.plan.with_user(self.portal).read(["name"]),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_records_of_another_company_are_out_of_sight(self):
        other = self.env["res.company"].create({"name": "Other"})
        tier = self.tier.create({"name": "Theirs", "code": "theirs", "company_id": other.id})
        plan = self._create_plan(tier_id=tier.id, company_id=other.id)
        charge = self.env["kor.charge"].create(self._prepare_charge(plan_id=plan.id))
        discount = self.env["kor.discount"].create({"name": "D", "value": 1, "charge_id": charge.id})
        for record in (tier, plan, charge, discount):
            with self.subTest(model=record._name):
                self.assertFalse(record.with_user(self.manager).search([("id", "=", record.id)]))
                with self.assertRaises(AccessError):
                    record.with_user(self.manager).write({"name": "Ours"})
        self.assertTrue(self.plan.with_user(self.manager).search([("id", "=", self.plan.id)]))
