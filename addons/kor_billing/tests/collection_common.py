from unittest import SkipTest

from odoo.tests import freeze_time

from .common import KorBillingCommon


class KorCollectionCommon(KorBillingCommon):
    """The demo provider, which answers as the token says, and invoices that are due when the test says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.env["ir.module.module"]._get("payment_demo").state != "installed":
            raise SkipTest("payment_demo is not installed: its provider answers as the tests say")
        # What the demo's contracts owe would be collected along.
        cls.env["res.company"].search([("id", "!=", cls.company.id)]).write(
            {"kor_auto_charge": False, "kor_dunning": False}
        )
        provider = cls.env.ref("payment.payment_provider_demo").sudo()
        cls.provider = provider.copy({"company_id": cls.company.id, "state": "test", "allow_tokenization": True})
        cls.provider.journal_id = cls.company_data["default_journal_bank"]
        cls.biller.group_ids |= cls.env.ref("kor_billing.group_kor_billing_manager")
        cls.Attempt = cls.env["kor.payment.attempt"]
        cls.Event = cls.env["kor.dunning.event"]

    def _save_token(self, outcome="done", partner=None):
        values = {
            "provider_id": self.provider.id,
            "payment_method_id": self.provider.payment_method_ids[:1].id,
            "partner_id": (partner or self.customer).id,
            "provider_ref": "demo",
            "payment_details": "4242",
            "demo_simulated_state": outcome,
        }
        return self.env["payment.token"].sudo().create(values)

    def _make_due(self, day="2026-02-01", contract=None):
        """Return an invoice of 115 that is due on the day: January's fee unless a contract is given."""
        with freeze_time(day):
            return self._bill(contract or self._make_contract(), "2026-01-01", "2026-01-31")

    def _run_cron(self, name="collect"):
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref(f"kor_billing.ir_cron_{name}").method_direct_trigger(), True)
        self.env.invalidate_all()

    def _run_on(self, day, name="collect"):
        with freeze_time(day):
            self._run_cron(name)

    def _charges(self, move):
        return len(move.sudo().transaction_ids)
