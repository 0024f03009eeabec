"""Fees that begin with the go-live, through billing and revenue, to the cent: what crosses four addons."""

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.kor_revenue.tests.common import KorRevenueCommon

NOON = "2026-01-01 12:00:00"
LATEST = "2026-03-01"


@tagged("post_install", "-at_install")
class TestBillingAtGoLive(KorRevenueCommon):
    """A year from January 2026 on: 1,000 a month, 50 seats of 20 a month, 600 once; live on 10 February.

    The periods begin on the first of the month. February has 28 days, 19 of them from the 10th on: of the 1,000 of
    base fee 678.57 are charged (1,000 × 19 / 28), of the seats the same.
    """

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.env.ref("kor_onboarding.group_kor_onboarding_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.kor_onboarding_auto = False
        cls.template = cls._make_template()

    @classmethod
    def _make_template(cls):
        project = cls.env["project.project"].create({"name": "Way to the go-live", "is_template": True})
        cls.env["project.task"].create(
            {"name": "Go-live", "project_id": project.id, "kor_step": "go_live", "kor_is_go_live": True}
        )
        values = {"name": "Short", "project_id": project.id, "company_id": cls.company.id, "sequence": 0}
        return cls.env["kor.onboarding.template"].create({**values, "tier_ids": [Command.set(cls.tier.ids)]})

    def _agree(self, **values):
        seats = {"charge_type": "per_unit", "metric_id": self.users.id, "quantity": 50, "unit_price": 20.0}
        return self._make_contract(
            {"name": "Platform", "unit_price": 1000.0},
            {"name": "Seats", **seats},
            {"name": "Set-up", "charge_type": "one_time", "unit_price": 600.0},
            **{
                "term": "annual",
                "date_start": "2026-01-01",
                "billing_start": "go_live",
                "date_billing_latest": LATEST,
                **values,
            },
        )

    def _go_live(self, contract, day):
        onboarding = self.env["kor.onboarding"].browse(contract.start_onboarding())
        onboarding.task_ids.write({"state": "1_done", "kor_date_done": day})
        self.assertEqual(str(onboarding.date_go_live), day)

    def _charged(self, contract, date_from, date_to):
        moves = self._bill(contract, date_from, date_to)
        found = {}
        for line in moves.invoice_line_ids:
            name = line.kor_item_ids.contract_line_id.name
            found[name] = round(found.get(name, 0) - line.balance, 2)
        return found

    def test_invoices_begin_with_the_go_live(self):
        with freeze_time(NOON):
            contract = self._agree()
            self.assertEqual(self._charged(contract, "2026-01-01", "2026-01-31"), {"Set-up": 600.0})
        with freeze_time("2026-02-10 12:00:00"):
            self._go_live(contract, "2026-02-10")
            preview = contract.preview_invoice("2026-02-01", "2026-02-28")
            self.assertIn("678.57", str(preview))
            charged = self._charged(contract, "2026-02-01", "2026-02-28")
            self.assertEqual(charged, {"Platform": 678.57, "Seats": 678.57})
            self.assertEqual(contract.mrr, 2000)
        with freeze_time("2026-03-31 12:00:00"):
            charged = self._charged(contract, "2026-03-01", "2026-03-31")
            self.assertEqual(charged, {"Platform": 1000, "Seats": 1000})
            self.assertFalse(self._bill(contract, "2026-01-01", "2026-03-31"), "nothing is billed twice")

    def test_latest_day_begins_them_without_a_go_live(self):
        with freeze_time(NOON):
            contract = self._agree()
        with freeze_time("2026-03-31 12:00:00"):
            charged = self._charged(contract, "2026-01-01", "2026-03-31")
            self.assertEqual(charged, {"Set-up": 600, "Platform": 1000, "Seats": 1000})

    def test_go_live_that_is_noted_late_is_charged_by_a_correction(self):
        with freeze_time(NOON):
            contract = self._agree()
        with freeze_time("2026-03-31 12:00:00"):
            self._charged(contract, "2026-01-01", "2026-03-31")
            self._go_live(contract, "2026-02-10")
            charged = self._charged(contract, "2026-01-01", "2026-03-31")
        # The days of February that were not charged; March stays as it is.
        self.assertEqual(charged, {"Platform": 678.57, "Seats": 678.57})

    def test_what_was_billed_ahead_is_billed_once(self):
        with freeze_time(NOON):
            contract = self._agree()
            ahead = self._charged(contract, "2026-01-01", "2026-03-31")
            self.assertEqual(ahead, {"Set-up": 600, "Platform": 1000, "Seats": 1000})
        with freeze_time("2026-02-10 12:00:00"):
            self._go_live(contract, "2026-02-10")
        with freeze_time("2026-03-31 12:00:00"):
            self._bill(contract, "2026-01-01", "2026-03-31")
        moves = self.env["account.move"].search([("kor_contract_id", "=", contract.id)])
        signed = sum(-line.balance for line in moves.invoice_line_ids)
        self.assertAlmostEqual(signed, 600 + 2 * 678.57 + 2000, places=2)

    def test_discount_counts_its_periods_from_the_go_live(self):
        with freeze_time(NOON):
            contract = self._draft_with_discount()
            contract.action_activate()
        with freeze_time("2026-02-10 12:00:00"):
            self._go_live(contract, "2026-02-10")
        with freeze_time("2026-04-30 12:00:00"):
            charged = {
                month: self._charged(contract, f"2026-{month}-01", f"2026-{month}-{last}").get("Platform")
                for month, last in (("02", 28), ("03", 31), ("04", 30))
            }
        # Half off for two periods: that of the go-live and March. 678.57 / 2 = 339.285 → 339.29 at the slice.
        self.assertEqual(charged, {"02": 339.29, "03": 500, "04": 1000})

    def _draft_with_discount(self):
        contract = self._make_contract(
            {"name": "Platform", "unit_price": 1000.0},
            activate=False,
            term="annual",
            billing_start="go_live",
            date_billing_latest=LATEST,
        )
        self.env["kor.discount"].create(
            {
                "name": "Start",
                "kind": "percent",
                "value": 50,
                "periods": 2,
                "contract_line_id": contract.line_ids.id,
            }
        )
        return contract

    def test_revenue_is_earned_from_the_go_live_on_and_all_of_it(self):
        with freeze_time(NOON):
            contract = self._agree()
        with freeze_time("2026-02-10 12:00:00"):
            self._go_live(contract, "2026-02-10")
        with freeze_time("2027-01-31 12:00:00"):
            self._bill(contract, "2026-01-01", "2026-12-31")
            # The invoices are of January 2027: with that month, what was earned ahead of them is settled.
            contract.recognize_revenue("2027-01-31")
            months = self._months(contract)
        # 10 months of 2,000, February's 19 days of 28, and the set-up.
        price = 20_000 + 2 * 678.57 + 600
        self.assertEqual(round(sum(months.values()), 2), round(price, 2))
        self.assertEqual((self._balance(self.liability), self._balance(self.asset)), (0, 0))
        self.assertEqual(self._balance(self.income), round(price, 2))
        self.assertEqual(list(months)[-1], "2026-12")
        recurring = contract.line_ids.filtered(lambda line: line.charge_type != "one_time" and not line.root_id)
        earned = {}
        for line in recurring:
            for month, amount in self._months(contract, line).items():
                earned[month] = earned.get(month, 0) + amount
        self.assertNotIn("2026-01", earned, "nothing of the service is earned before it is live")

    def test_revenue_that_is_started_after_the_go_live_has_all_promises(self):
        with freeze_time(NOON):
            self.patch(self.registry["res.company"], "_recognizes_kor_revenue", lambda company: False)
            contract = self._agree()
            self.assertFalse(contract.revenue_schedule_ids)
        with freeze_time("2026-02-10 12:00:00"):
            self._go_live(contract, "2026-02-10")
            self.patch(self.registry["res.company"], "_recognizes_kor_revenue", lambda company: True)
            contract.start_revenue("2026-02-10")
        self.assertEqual(set(contract.revenue_schedule_ids.mapped("name")), {"Platform", "Seats", "Set-up"})
