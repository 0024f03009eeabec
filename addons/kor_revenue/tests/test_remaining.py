from odoo.tests import freeze_time, tagged

from .report_common import KorRevenueReportCommon


@tagged("post_install", "-at_install")
class TestRemaining(KorRevenueReportCommon):
    """What is promised and not earned yet, by the time in which it will be."""

    def _remaining(self, day, contract=None, **options):
        found = self.report.remaining_obligations(day, **options)
        if contract is None:
            return {one["key"]: one["balance"] for one in found["periods"]}
        rows = [row for row in found["rows"] if row["contract_id"] == contract.id]
        return round(sum(row["amount"] for row in rows), 2)

    def _long(self):
        return self._make_contract(
            {"unit_price": 100.0}, term="multi_year", term_months=36, date_start="2026-01-01", date_end="2028-12-31"
        )

    def test_fixed_promises_remain_and_use_does_not(self):
        self._close("2026-03-31")
        self.assertEqual(self._remaining("2026-03-31"), {"12_months": 900 + 900 + 450, "24_months": 0, "later": 0})
        self.assertEqual(self._remaining("2026-03-31", self.metered), 0)

    def test_what_is_promised_for_years_falls_into_bands(self):
        self.contracts |= self._long()
        self._close("2026-03-31")
        self.assertEqual(self._remaining("2026-03-31"), {"12_months": 2250 + 1200, "24_months": 1200, "later": 900})
        quarters = self._remaining("2026-03-31", by="quarter")
        self.assertEqual((quarters["2026-Q2"], quarters["2028-Q4"], len(quarters)), (750 + 300, 300, 11))

    def test_an_open_contract_promises_nothing(self):
        contract = self._make_contract({"unit_price": 100.0})
        contract.recognize_revenue("2026-03-31")
        self.assertEqual(self._remaining("2026-03-31", contract), 0)

    def test_the_running_month_remains_as_far_as_it_is_not_booked(self):
        self._close("2026-03-31")
        self.assertEqual(self._remaining("2026-04-15", self.ahead), 900)
        self._close("2026-04-15")
        self.assertEqual(self._remaining("2026-04-15", self.ahead), 850)

    def test_what_was_agreed_later_does_not_change_what_remained_before(self):
        contract = self._long()
        self.contracts |= contract
        self._close("2026-03-31")
        with freeze_time("2026-07-02"):
            self._amend(contract, "2026-07-01", {"kind": "price", "line": contract.line_ids.id, "unit_price": 200.0})
            contract._refresh_revenue()
        self.assertEqual(self._remaining("2026-03-31", contract), 3300)
        self.assertEqual(self._remaining("2026-06-30", contract), 3000)
        self.assertEqual(self._remaining("2026-07-31", contract), 29 * 200)

    def test_a_cancelled_contract_promises_nothing_after_its_end(self):
        with freeze_time("2026-05-01"):
            self.ahead.action_cancel("2026-06-30")
            self._close("2026-05-31")
        self.assertEqual(self._remaining("2026-03-31", self.ahead), 900)
        # Known since the first of May: 181 of 365 days are to be paid, 500 of them are earned by the end of May.
        self.assertEqual(self._remaining("2026-05-31", self.ahead), 95.07)
        self.assertEqual(self._remaining("2026-06-30", self.ahead), 0)

    def test_progress_that_is_not_made_yet_remains_until_the_promise_ends(self):
        contract = self._make_contract(
            {"unit_price": 300.0, "charge_type": "one_time", "revenue_method": "progress", "revenue_months": 6},
            term="annual", date_start="2026-01-01",
        )  # fmt: skip
        with freeze_time("2026-02-15"):
            schedule = contract.revenue_schedule_ids
            schedule.progress_ids.create({"schedule_id": schedule.id, "date": "2026-02-15", "progress": 40})
            contract._refresh_revenue()
        self.assertEqual(self._remaining("2026-01-31", contract), 300)
        self.assertEqual(self._remaining("2026-02-28", contract), 180)
        quarters = self.report.remaining_obligations("2026-02-28", by="quarter")
        (row,) = (row for row in quarters["rows"] if row["contract_id"] == contract.id)
        self.assertEqual(row["periods"], {"2026-Q2": 180})
