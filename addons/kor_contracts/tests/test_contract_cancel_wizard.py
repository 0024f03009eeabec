from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestContractCancelWizard(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tier = cls.env["kor.tier"].create({"name": "Summit", "code": "cancel_summit"})
        product = cls.env["product.product"].create({"name": "Base fee", "type": "service"})
        cls.contract = cls.env["kor.contract"].create(
            {
                "partner_id": cls.env["res.partner"].create({"name": "Harbour & Sons"}).id,
                "tier_id": tier.id,
                "term": "monthly",
                "date_start": "2020-01-01",
                "line_ids": [Command.create({"product_id": product.id, "charge_type": "fixed", "unit_price": 49})],
            }
        )
        cls.contract.action_activate()
        cls.today = cls.contract._get_today()

    def _open_wizard(self, user=None):
        model = self.env["kor.contract.cancel"].with_context(default_contract_id=self.contract.id)
        return Form(model.with_user(user) if user else model)

    def test_wizard_without_choice_cancels_as_of_today_and_notes_the_reason(self):
        wizard = self._open_wizard()
        wizard.reason = "Moves to another product."
        wizard.save().action_confirm()
        self.assertRecordValues(self.contract, [{"state": "cancelled", "date_cancelled": self.today}])
        self.assertIn("Moves to another product.", "".join(self.contract.message_ids.mapped("body")))

    def test_later_day_leaves_the_contract_active_until_then(self):
        wizard = self._open_wizard()
        self.assertFalse(wizard.is_later)
        wizard.date = self.today + timedelta(days=40)
        self.assertTrue(wizard.is_later)
        wizard.save().action_confirm()
        self.assertRecordValues(self.contract, [{"state": "active", "date_cancelled": self.today + timedelta(days=40)}])

    def test_day_before_the_start_is_refused(self):
        wizard = self._open_wizard()
        wizard.date = self.contract.date_start - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "Choose a day within the contract"):
            wizard.save().action_confirm()
        self.assertEqual(self.contract.state, "active")

    def test_reader_of_contracts_cannot_open_the_wizard(self):
        user = new_test_user(self.env, "cancel_reader", groups="kor_contracts.group_kor_contract_user")
        with self.assertRaises(AccessError):
            self._open_wizard(user)
