from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import get_public_method
from odoo.tests import tagged

from .common import TIERS, ContractCase

PARTS = ("kor.contract.line", "kor.contract.line.tier", "kor.contract.limit", "kor.contract.clause")
OPERATIONS = ("read", "write", "create", "unlink")


@tagged("post_install", "-at_install")
class TestContractAccess(ContractCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = cls._create_user("contract_reader", "user")
        cls.officer = cls._create_user("contract_officer", "officer")
        cls.manager = cls._create_user("contract_manager", "manager")
        cls.portal = cls._create_user("contract_portal", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.customer
        cls.contract = cls._create_contract(activate=True)
        cls.draft = cls._create_contract()
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})

    def _get_rights(self, user, model):
        records = self.env[model].with_user(user)
        return [operation for operation in OPERATIONS if records.has_access(operation)]

    def test_rights_by_role(self):
        employee = self._create_user("contract_employee", "base.group_user")
        public = self.env.ref("base.public_user")
        every = list(OPERATIONS)
        for user, contract, part, clause in [
            (self.manager, every, every, every),
            (self.officer, ["read", "write", "create"], every, ["read"]),
            (self.reader, ["read"], ["read"], ["read"]),
            (self.portal, ["read"], ["read"], []),
            (employee, [], [], []),
            (public, [], [], []),
        ]:
            with self.subTest(user=user.login):
                self.assertEqual(self._get_rights(user, "kor.contract"), contract)
                self.assertEqual(self._get_rights(user, "kor.clause"), clause)
                for model in PARTS:
                    self.assertEqual(self._get_rights(user, model), part, model)

    def test_officer_makes_a_contract_from_a_plan_changes_and_activates_it(self):
        officer = self.env(user=self.officer)
        contract = officer["kor.contract"].create({"partner_id": self.customer.id, "plan_id": self.plan.id})
        contract.line_ids[0].unit_price = 90
        contract.discount_ids.value = 20
        contract.discount_ids = [Command.create({"name": "Friend", "value": 5})]
        contract.set_quantities({"test_seats": 7})
        contract.action_activate()
        contract.action_cancel()
        self.assertEqual(contract.state, "cancelled")

    def test_officer_changes_neither_plans_nor_their_discounts_nor_the_library(self):
        for record, values in (
            (self.plan, {"name": "Mine"}),
            (self.plan.discount_ids, {"value": 99}),
            (self.plan.charge_ids[0], {"unit_price": 1}),
            (self.clause, {"body": "<p>Mine</p>"}),
        ):
            with self.subTest(record), self.assertRaises(AccessError):
                record.with_user(self.officer).write(values)
        with self.assertRaises(AccessError):
            self.draft.discount_ids.with_user(self.officer).copy({"contract_id": False, "plan_id": self.plan.id})

    def test_manager_deletes_drafts_and_officer_does_not(self):
        with self.assertRaises(AccessError):
            self.draft.with_user(self.officer).unlink()
        with self.assert_refused("evidence"):
            self.contract.with_user(self.manager).unlink()
        self.draft.with_user(self.manager).unlink()
        self.assertFalse(self.draft.exists())

    def test_reader_and_customer_call_no_action_that_writes(self):
        for user, contract in ((self.reader, self.draft), (self.reader, self.contract), (self.portal, self.contract)):
            own = contract.with_user(user)
            for name, call in {
                "write": lambda own=own: own.write({"client_order_ref": "mine"}),
                "activate": own.action_activate,
                "cancel": own.action_cancel,
                "apply the plan": own.action_apply_plan,
                "set quantities": lambda own=own: own.set_quantities({}),
                "copy": own.copy,
                "delete": own.unlink,
            }.items():
                with self.subTest(name, user=user.login), self.assertRaises(AccessError):
                    call()

    def test_nobody_writes_the_state(self):
        for user in (self.reader, self.officer, self.manager, self.env.user):
            for contract in (self.draft, self.contract):
                with self.subTest(user=user.login, state=contract.state), self.assertRaises(UserError):
                    contract.with_user(user).write({"state": "ended"})
        self.assertEqual((self.draft + self.contract).mapped("state"), ["draft", "active"])

    def test_customer_reads_the_own_agreed_contract_only(self):
        other = self._create_contract(partner_id=self._create_customer("Blue Fjord").id, activate=True)
        own = self.env(user=self.portal)
        self.assertEqual(own["kor.contract"].search([]).ids, self.contract.ids)
        self.assertEqual(own["kor.contract"].browse(self.contract.id).read(["name"])[0]["name"], self.contract.name)
        for contract in (self.draft, other):
            parts = [contract, contract.line_ids, contract.limit_ids, contract.clause_ids]
            for records in [*parts, contract.line_ids.price_tier_ids]:
                with self.subTest(records), self.assertRaises(AccessError):
                    records.with_user(self.portal).read(["id", "display_name"])
        for model in PARTS:
            with self.subTest(model):
                self.assertEqual(own[model].search([]).mapped("contract_id").ids, self.contract.ids)
        self.assertFalse(own["kor.discount"].has_access("read"))

    def test_contract_of_an_address_belongs_to_the_whole_customer(self):
        branch = self._create_customer("Branch", parent_id=self.customer.id)
        contract = self._create_contract({}, partner_id=branch.id, activate=True)
        self.assertIn(contract, self.env["kor.contract"].with_user(self.portal).search([]))

    def test_private_methods_are_out_of_reach(self):
        model = self.env["kor.contract"]
        for name in ("_write_agreed", "_set_state", "_cancel", "_extend", "_cron_update_states", "_refresh_mrr"):
            with self.subTest(name), self.assertRaises(AccessError):
                get_public_method(model, name)
        for part in PARTS:
            with self.subTest(part), self.assertRaises(AccessError):
                get_public_method(self.env[part], "_write_agreed")

    def test_contracts_of_another_company_are_hidden(self):
        clause = self.env["kor.clause"].create(
            {"name": "Theirs", "body": "<p>Theirs</p>", "company_id": self.elsewhere.id}
        )
        theirs = self._create_contract(company_id=self.elsewhere.id, activate=True)
        hidden = [theirs, theirs.line_ids, theirs.line_ids.price_tier_ids, theirs.limit_ids, theirs.clause_ids]
        for records in [*hidden, theirs.discount_ids, clause]:
            with self.subTest(records):
                self.assertFalse(records.with_user(self.manager).search([("id", "in", records.ids)]))
                with self.assertRaises(AccessError):
                    records.with_user(self.manager).read(["display_name"])
        with self.assertRaises(AccessError):
            theirs.with_user(self.manager).entitlements()
        with self.assertRaises(AccessError):
            theirs.with_user(self.manager).action_cancel()

    def test_records_of_another_company_are_refused(self):
        owned = {"company_id": self.elsewhere.id}
        partner = self._create_customer("Foreign", **owned)
        product = self.product.create({"name": "Foreign service", "type": "service", **owned})
        tier = self.env["kor.tier"].create({"name": "Foreign tier", "code": "test_foreign", **owned})
        terms = self.env["account.payment.term"].create({"name": "Foreign terms", **owned})
        for name, values in {
            "Foreign": {"partner_id": partner.id},
            "Foreign service": {"line_ids": [self._line(product_id=product.id)]},
            "Foreign tier": {"tier_id": tier.id},
            "Foreign terms": {"payment_term_id": terms.id},
        }.items():
            with self.subTest(name), self.assert_refused(name):
                self._create_contract({}, **values)
        plan = self._create_plan(name="Foreign plan", **owned)
        with self.assert_refused("Foreign plan"):
            self._create_contract(plan_id=plan.id)

    def test_line_of_a_draft_is_not_moved_into_another_companys_contract(self):
        theirs = self._create_contract(company_id=self.elsewhere.id)
        with self.assertRaises(AccessError):
            self.draft.line_ids[0].with_user(self.manager).write({"contract_id": theirs.id})

    def test_draft_moves_to_another_company_only_with_products_that_are_sold_there(self):
        self.product.company_id = self.env.company
        with self.assert_refused("Test service"):
            self.draft.company_id = self.elsewhere

    def test_records_are_read_whole_by_those_who_may_not_read_contracts(self):
        catalog = self._create_user("contract_catalog", f"{TIERS}.group_kor_catalog_manager")
        for record in (self.tier, self.plan):
            with self.subTest(record):
                (values,) = record.with_user(catalog).read()
                self.assertFalse({"contract_ids", "contract_count"} & set(values))
        (values,) = self.tier.with_user(self.reader).read(["contract_count"])
        self.assertEqual(values["contract_count"], 2)
