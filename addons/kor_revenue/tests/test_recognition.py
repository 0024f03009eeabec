from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestRecognition(KorRevenueCommon):
    """From what was agreed to the ledger: once, at any date, and again as nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.annual = {"term": "annual", "date_start": "2026-01-01"}
        cls.year = {"unit_price": 1200.0, "billing_months": 12}

    def test_a_year_paid_ahead_is_earned_by_month(self):
        contract = self._make_contract(self.year, **self.annual)
        with freeze_time("2026-01-01"):
            move = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertEqual(move.invoice_line_ids.account_id, self.liability)
        self.assertEqual(self._balance(self.liability), 1200)
        result = contract.recognize_revenue("2026-03-31")
        self.assertEqual((result["items"], result["revenue"]), (3, 300.0))
        self.assertEqual(self._balance(self.liability), 900)
        self.assertEqual(self._balance(self.income), 300)
        moves = self.env["account.move"].browse(result["moves"])
        self.assertEqual([str(day) for day in moves.mapped("date")], ["2026-01-31", "2026-02-28", "2026-03-31"])
        self.assertEqual(contract.recognize_revenue("2026-03-31"), {**result, "items": 0, "moves": [], "revenue": 0})

    def test_what_is_earned_before_it_is_billed_is_an_asset(self):
        contract = self._make_contract({**self.year, "timing": "arrears"}, **self.annual)
        contract.recognize_revenue("2026-02-28")
        self.assertEqual((self._balance(self.liability), self._balance(self.asset)), (0, -200))
        with freeze_time("2027-01-02"):
            self._bill(contract, "2026-01-01", "2026-12-31")
            contract.recognize_revenue("2027-01-31")
        self.assertEqual((self._balance(self.liability), self._balance(self.asset)), (0, 0))
        self.assertEqual(self._balance(self.income), 1200)

    def test_free_months_and_a_one_time_fee_share_the_price(self):
        # 12 months of 100, three of them free, and a set-up of 300 at once: 1,200 for what is worth 1,500.
        contract = self._make_contract(
            {"unit_price": 100.0, "name": "Fee"},
            {"unit_price": 300.0, "name": "Set-up", "charge_type": "one_time"},
            discount_ids=[],
            activate=False,
            **self.annual,
        )
        fee, setup = contract.line_ids
        self.env["kor.discount"].create(
            {"name": "Free", "kind": "percent", "value": 100, "periods": 3, "contract_line_id": fee.id}
        )
        contract.action_activate()
        self.assertEqual(self._months(contract, setup), {"2026-01": 240})
        self.assertEqual(self._months(contract, fee)["2026-01"], 80)
        self.assertEqual(sum(self._months(contract).values()), 1200)

    def test_free_months_of_a_ramp_at_the_start_are_earned_as_the_others(self):
        # Two months free, then ten of 120: 1,200 for twelve months that are worth as much each.
        contract = self._make_contract({"unit_price": 120.0}, activate=False, **self.annual)
        contract.step_ids = [Command.create({"kind": "free", "month": 1, "free_months": 2})]
        contract.action_activate()
        self.assertEqual(contract.revenue_version_ids.price, 1200)
        self.assertEqual(set(self._months(contract).values()), {100})

    def test_an_open_contract_earns_period_by_period(self):
        contract = self._make_contract({"unit_price": 310.0}, date_start="2026-01-16")
        with freeze_time("2026-03-20"):
            contract.recognize_revenue("2026-03-31")
        # Three periods from the 16th on; of the third, what lies in March: 16 of 31 days to 15 of 30.
        third = round(310 * (16 / 31) / (16 / 31 + 15 / 30), 2)
        self.assertEqual(self._balance(self.income), 620 + third)
        self.assertEqual(self._balance(self.asset), -620 - third)

    def test_what_an_open_contract_has_earned_stays_when_it_is_cancelled(self):
        for last_day, total in (("2026-05-05", 4 * 240), ("2026-06-20", 5 * 240 + 120)):
            with self.subTest(last_day=last_day), self.env.cr.savepoint() as savepoint:
                with freeze_time("2026-01-06"):
                    contract = self._make_contract({"unit_price": 240.0}, date_start="2026-01-06", term="monthly")
                with freeze_time("2026-04-30"):
                    self._bill(contract, "2026-01-01", "2026-04-30")
                    contract.recognize_revenue("2026-04-30")
                    before = self._months(contract)
                    contract.action_cancel(last_day)
                with freeze_time("2026-06-30"):
                    self._bill(contract, "2026-05-01", "2026-06-30")
                    contract.recognize_revenue("2026-06-30")
                    months = self._months(contract)
                self.assertEqual({month: months[month] for month in list(before)[:4]}, dict(list(before.items())[:4]))
                self.assertEqual(set(contract.revenue_schedule_ids.item_ids.mapped("revision")), {0})
                self.assertEqual(round(sum(months.values()), 2), total)
                savepoint.rollback()

    def test_a_project_in_an_open_contract_is_earned_by_its_progress(self):
        contract = self._make_contract(
            {"unit_price": 5200.0, "charge_type": "one_time", "name": "Project", "revenue_method": "progress"},
            {"unit_price": 100.0},
            date_start="2026-01-01",
        )
        project = contract.revenue_schedule_ids.filtered(lambda one: one.name == "Project")
        note = self.env["kor.revenue.progress"].create
        note({"schedule_id": project.id, "date": "2026-02-10", "progress": 35})
        contract.recognize_revenue("2026-02-28")
        self.assertEqual(project.item_ids.mapped("amount"), [1820])
        note({"schedule_id": project.id, "date": "2026-04-02", "progress": 100})
        contract.recognize_revenue("2026-04-30")
        self.assertEqual(sum(project.item_ids.mapped("amount")), 5200)
        with self.assertRaisesRegex(UserError, "kept as evidence"):
            project.progress_ids[0].progress = 40

    def test_use_is_earned_when_it_is_delivered(self):
        calls = self.env["kor.metric"].create(
            {"name": "Calls", "code": "rev_calls", "unit": "call", "aggregation": "sum"}
        )
        contract = self._make_contract(
            {"charge_type": "usage", "metric_id": calls.id, "unit_price": 2.0, "timing": "arrears", "name": "Use"},
            **self.annual,
        )
        with freeze_time("2026-02-20"):
            for key, day, quantity in (("a", "2026-01-10", 5), ("b", "2026-02-10", 7)):
                event = {"id": key, "contract": contract.name, "metric": "rev_calls", "time": f"{day}T00:00:00Z"}
                self.env["kor.usage.event"].sudo().ingest([{**event, "quantity": quantity}])
            contract.recognize_revenue("2026-02-20")
            self.assertEqual(self._balance(self.unbilled), -24)
            self._bill(contract, "2026-01-01", "2026-01-31")
            contract.recognize_revenue("2026-02-28")
        self.assertEqual(self._balance(self.unbilled), -14)
        self.assertEqual(self._balance(self.income), 24)
        self.assertEqual(self._balance(self.liability), 0)

    def test_a_credit_note_by_hand_lowers_what_is_earned(self):
        contract = self._make_contract(self.year, **self.annual)
        with freeze_time("2026-01-01"):
            move = self._bill(contract, "2026-01-01", "2026-01-31")
        with freeze_time("2026-07-01"):
            contract.recognize_revenue("2026-06-30")
            refund = move._reverse_moves([{"invoice_date": "2026-07-01", "date": "2026-07-01"}])
            refund.invoice_line_ids.price_unit = 365
            refund.action_post()
            contract.recognize_revenue("2026-12-31")
        self.assertEqual(self._balance(self.income), 835)
        self.assertEqual(self._balance(self.liability), 0)
        items = contract.revenue_schedule_ids.item_ids
        june = items.filtered(lambda item: str(item.month) == "2026-07-01")
        # Its own month, less 182 of 365 days: 1 January to 1 July, and the rest of July.
        self.assertEqual(round(sum(june.mapped("amount")), 2), round(100 - 182 - 30, 2))

    def test_a_credit_note_over_a_shared_invoice_lowers_what_each_contract_earns(self):
        self.company.kor_join_invoices = True
        contracts = self.env["kor.contract"]
        with freeze_time("2026-01-01"):
            for _number in range(2):
                contracts |= self._make_contract(self.year, **self.annual)
            move = self._bill(contracts, "2026-01-01", "2026-01-31")
        self.assertEqual((len(move), len(move.invoice_line_ids)), (1, 2))
        contracts.recognize_revenue("2026-01-31")
        with freeze_time("2026-02-01"):
            refund = move._reverse_moves([{"invoice_date": "2026-02-01", "date": "2026-02-01"}])
            refund.invoice_line_ids.price_unit = 365
            refund.action_post()
        contracts.recognize_revenue("2026-12-31")
        earned = [sum(one.revenue_schedule_ids.item_ids.mapped("amount")) for one in contracts]
        self.assertEqual([round(amount, 2) for amount in earned], [835, 835])
        self.assertEqual(self._balance(self.liability), 0)

    def test_who_may_not_is_refused(self):
        contract = self._make_contract(self.year, **self.annual)
        with self.assertRaises(AccessError):
            contract.with_user(self.biller).recognize_revenue("2026-01-31")
        with self.assertRaisesRegex(UserError, "date_to must be a date"):
            contract.recognize_revenue("soon")

    def test_an_entry_of_a_close_is_never_changed(self):
        contract = self._make_contract(self.year, **self.annual)
        moves = self.env["account.move"].browse(contract.recognize_revenue("2026-01-31")["moves"])
        with self.assertRaisesRegex(UserError, "never changed"):
            moves.button_draft()
        with self.assertRaises(UserError):
            contract.revenue_schedule_ids.item_ids.sudo().write({"amount": 1})
