from contextlib import contextmanager
from datetime import datetime, time, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user

from odoo.addons.kor_contracts.models import kor_pdf
from odoo.addons.kor_revenue.tests.common import KorRevenueCommon
from odoo.addons.kor_sales_pipeline.tests.rpc_common import RpcCase
from odoo.addons.kor_sla.tests.compliance_common import ComplianceCase

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
STAFF = {
    "seller": "kor_sales_pipeline.group_kor_pipeline_user",
    "guide": "kor_onboarding.group_kor_onboarding_manager",
    "agent": "kor_sla.group_kor_support_user",
    "head": "kor_sla.group_kor_support_manager",
    "biller": "kor_billing.group_kor_billing_manager,account.group_account_manager",
    "closer": "kor_revenue.group_kor_revenue_manager",
    "keeper": "kor_account_management.group_kor_account_user,kor_contracts.group_kor_contract_officer",
    "controller": "kor_reporting.group_kor_reporting_manager",
    "meter": "kor_usage.group_kor_usage_reporter",
}


class LifeCase(KorRevenueCommon, ComplianceCase, RpcCase):
    """Bring a company, its staff, what it sells, and a customer who has not heard of it yet.

    The plan, for a year: 1,100 a month in advance; users at 10 a month each, none at first; calls at 0.01 each beyond
    10,000 a month, in arrears; 600 for the set-up. Taxes are 15 %. The promise: 99.9 % uptime, urgent tickets answered
    within an hour and solved within eight; below it 10 % of the month's fee, 5 % for each late answer.
    """

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.env.ref("kor_onboarding.group_kor_onboarding_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        own = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)], "tz": "UTC"}
        cls.company.partner_id.tz = "UTC"
        cls.company.kor_onboarding_auto = False
        cls.staff = {
            name: new_test_user(cls.env, f"life_{name}", f"base.group_user,{groups}", name=name.title(), **own)
            for name, groups in STAFF.items()
        }
        cls.harbour = cls._make_customer("Harbour", tz="UTC")
        person = {"name": "Jane Harbour", "parent_id": cls.harbour.id, "email": "jane@harbour.example"}
        person = cls.env["res.partner"].create(person)
        cls.buyer = new_test_user(
            cls.env, "life_buyer", "base.group_portal", partner_id=person.id, name=person.name, **own
        )
        cls.people = {**cls.staff, "buyer": cls.buyer}
        cls.plan = cls._make_gold_plan()
        cls.env.ref("kor_onboarding.template_enterprise").tier_ids += cls.gold
        if not kor_pdf.weasyprint:
            cls.startClassPatcher(patch.object(type(cls.env["kor.pdf"]), "_render", lambda self, html: b"%PDF-1.4"))

    @classmethod
    def _make_gold_plan(cls):
        calls = cls.env.ref("kor_enterprise_tiers.metric_api_calls")
        charges = (
            {"name": "Base fee", "unit_price": 1100},
            {"name": "Users", "charge_type": "per_unit", "metric_id": cls.users.id, "unit_price": 10, "quantity": 0},
            {
                "name": "Calls",
                "charge_type": "usage",
                "metric_id": calls.id,
                "unit_price": 0.01,
                "included_quantity": 10000,
                "timing": "arrears",
            },
            {"name": "Set-up", "charge_type": "one_time", "unit_price": 600},
        )
        return cls.env["kor.plan"].create(
            {
                "name": "Gold annual",
                "tier_id": cls.gold.id,
                "currency_id": cls.currency.id,
                "company_id": cls.company.id,
                "term": "annual",
                "charge_ids": [Command.create({"product_id": cls.product.id, **charge}) for charge in charges],
            }
        )

    @contextmanager
    def _on(self, moment):
        """Stand still at a moment: a day is taken at nine in the morning."""
        with freeze_time(moment if " " in moment else f"{moment} 09:00:00"):
            self.env.flush_all()
            yield
        self.env.invalidate_all()

    def _call(self, who, model, method, *arguments, **options):
        """Call a method as a program of one of the people does."""
        return super()._call(self.people[who], model, method, *arguments, **options)

    def _use(self, who, contract, first, last, quantity):
        """Report calls of each day, both included, as the platform's meter does."""
        first, last = fields.Date.to_date(first), fields.Date.to_date(last)
        events = [
            {
                "id": f"life-{day}",
                "contract": contract,
                "metric": "api_calls",
                "time": datetime.combine(day, time(1)).isoformat() + "Z",
                "quantity": quantity,
            }
            for day in (first + timedelta(days=number) for number in range((last - first).days + 1))
        ]
        with self._on(str(last + timedelta(days=1))):
            outcome = self._call(who, "kor.usage.event", "ingest", events)
        self.assertEqual((outcome["accepted"], outcome["rejected"]), (len(events), []))

    def _close(self, *months):
        """Close months, given by their last days, one after another, each on the third day after."""
        for month in months:
            with self._on(str(fields.Date.to_date(month) + timedelta(days=3))):
                values = {"company_id": self.company.id, "date_to": month}
                close = self._call("closer", "kor.revenue.close", "create", values)
                self._call("closer", "kor.revenue.close", "action_post", [close])

    def _bill(self, last, day):
        """Bill on a day what the books lack until the last day of a period; asked again, nothing is left."""
        call = ("biller", "kor.contract", "generate_invoice", [self.contract.id], "2026-03-01", last)
        with self._on(day):
            moves = self._call(*call)
            self.assertEqual(self._call(*call), [])
        return self.env["account.move"].browse(moves)

    def _pay(self, moves, day):
        """Send the invoices, and register what came in on the bank."""
        with self._on(day):
            sent = self._call("biller", "account.move", "send_invoice", moves.ids)
            self.assertEqual(sent["sent"], moves.mapped("name"))
            context = {"active_model": "account.move", "active_ids": moves.ids}
            values = {"payment_date": day, "group_payment": False}
            wizard = self._call("biller", "account.payment.register", "create", values, context=context)
            self._call("biller", "account.payment.register", "action_create_payments", [wizard], context=context)

    def _run_job(self, moment, name):
        with self._on(moment), self.enter_registry_test_mode():
            self.assertIs(self.env.ref(name).method_direct_trigger(), True)

    def _begin_day(self, day):
        """Let what was agreed ahead hold from today on, as the job of the early morning does."""
        self._run_job(f"{day} 01:00:00", "kor_contracts.ir_cron_kor_contract_states")

    def _check_books(self, **expected):
        """Expect what the customer's ledger says, account by account; and that it balances.

        :param expected: `receivable`, `tax`, `liability` (contract liability), `asset` (contract asset), `unbilled`,
            `income`: the balance as its usual side reads it; what is not given is 0
        """
        self.env.flush_all()
        self.env.invalidate_all()
        accounts = {
            "receivable": (self.harbour.property_account_receivable_id, 1),
            "tax": (self.tax.invoice_repartition_line_ids.account_id, -1),
            "liability": (self.liability, -1),
            "asset": (self.asset, 1),
            "unbilled": (self.unbilled, 1),
            "income": (self.income, -1),
        }
        lines = self.env["account.move.line"].search(
            [("partner_id", "child_of", self.harbour.id), ("parent_state", "=", "posted")]
        )
        found = {
            name: round(sign * sum(lines.filtered(lambda line: line.account_id in account).mapped("balance")), 2)  # noqa: B023
            for name, (account, sign) in accounts.items()
        }
        self.assertEqual(found, dict.fromkeys(accounts, 0) | expected)
        self.assertAlmostEqual(sum(lines.move_id.line_ids.mapped("balance")), 0, 2)
