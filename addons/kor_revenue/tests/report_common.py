from odoo.tests import freeze_time

from .common import KorRevenueCommon


class KorRevenueReportCommon(KorRevenueCommon):
    """Four contracts whose first quarter is worked out by hand.

    A year of 1,200 paid ahead (Aurora), one paid afterwards (Borealis), use at 2 a call, 5 calls in January and 7
    in February, of which January is billed (Borealis), and a year of 1,200 euros paid ahead, two a dollar (Aurora).
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.setup_other_currency("EUR")
        year = {"unit_price": 1200.0, "billing_months": 12}
        dates = {"term": "annual", "date_start": "2026-01-01"}
        borealis = {**dates, "partner_id": cls.other_customer.id}
        calls = cls.env["kor.metric"].create(
            {"name": "Calls", "code": "rep_calls", "unit": "call", "aggregation": "sum"}
        )
        use = {"charge_type": "usage", "metric_id": calls.id, "unit_price": 2.0, "timing": "arrears", "quantity": 0}
        cls.ahead = cls._make_contract(year, **dates)
        cls.afterwards = cls._make_contract({**year, "timing": "arrears"}, **borealis)
        cls.metered = cls._make_contract(use, **borealis)
        cls.foreign = cls._make_contract(year, **dates, currency_id=cls.euro.id)
        cls.contracts = cls.ahead | cls.afterwards | cls.metered | cls.foreign
        cls.report = cls.env["kor.revenue.report"]
        cls.control = cls.env["kor.revenue.control"]

    @classmethod
    def _use(cls, day, quantity):
        event = {"contract": cls.metered.name, "metric": "rep_calls", "quantity": quantity}
        cls.env["kor.usage.event"].sudo().ingest([{**event, "id": day, "time": f"{day}T00:00:00Z"}])

    def _run_quarter(self):
        """Bill and close the first quarter; return the invoice of the year that is paid ahead."""
        with freeze_time("2026-01-01"):
            move = self._bill(self.ahead, "2026-01-01", "2026-01-31")
            self._bill(self.foreign, "2026-01-01", "2026-01-31")
        with freeze_time("2026-03-01"):
            self._use("2026-01-10", 5)
            self._use("2026-02-10", 7)
        with freeze_time("2026-02-01"):
            self._bill(self.metered, "2026-01-01", "2026-01-31")
        self._close("2026-03-31")
        return move

    def _close(self, day):
        with freeze_time(day):
            return self.contracts.recognize_revenue(day)

    def _post_entry(self, day, lines, **values):
        """Return a posted entry over (account, balance)."""
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "line_ids": [(0, 0, {"account_id": account.id, "balance": balance}) for account, balance in lines],
                **values,
            }
        )
        move.action_post()
        return move
