from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestProgress(KorRevenueCommon):
    """A project of 5,200, earned by progress."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        project = {"name": "Project", "charge_type": "one_time", "unit_price": 5200.0, "revenue_method": "progress"}
        cls.contract = cls._make_contract(project, term="annual")
        cls.schedule = cls.contract.revenue_schedule_ids

    def _note(self, date, progress):
        values = {"schedule_id": self.schedule.id, "date": date, "progress": progress}
        return self.env["kor.revenue.progress"].create(values)

    def _booked(self):
        """Return the booked slices: the month they belong to, the day they are booked on, the amount."""
        items = self.schedule.item_ids.sorted(lambda item: (item.month, item.revision))
        return [(str(item.month)[:7], str(item.date), item.amount) for item in items]

    def test_progress_and_a_price_that_is_raised_reach_the_ledger(self):
        self._note("2026-01-20", 35)
        self.contract.recognize_revenue("2026-01-31")
        # 35 % of 5,200.
        self.assertEqual((self._balance(self.income), self._balance(self.asset)), (1820, -1820))
        self.company.sudo().kor_revenue_lock_date = "2026-01-31"
        with freeze_time("2026-02-25"):
            [line] = self.contract.line_ids
            amendment = self._amend(
                self.contract, "2026-01-01", {"kind": "price", "line": line.id, "unit_price": 6000.0}, agree=False
            )
            amendment.choose_revenue_treatment("catch_up", distinct="no")
            amendment.action_agree("Ada", "note")
            self._note("2026-02-20", 90)
            self.contract.recognize_revenue("2026-02-28")
        # 90 % of 6,000 less 1,820 is 3,580. Of that 35 % of 800, 280, belongs to January, which is closed.
        self.assertEqual(self._balance(self.income), 1820 + 3580)
        self.assertEqual(
            self._booked(),
            [("2026-01", "2026-01-31", 1820), ("2026-01", "2026-02-28", 280), ("2026-02", "2026-02-28", 3300)],
        )
        self.assertTrue(self.schedule.item_ids.filtered(lambda item: item.amount == 280).explanation["late"])

    def test_progress_that_is_corrected_takes_back(self):
        self._note("2026-01-20", 35)
        self.contract.recognize_revenue("2026-01-31")
        self._note("2026-02-10", 30)
        self.contract.recognize_revenue("2026-02-28")
        self.assertEqual(self._booked(), [("2026-01", "2026-01-31", 1820), ("2026-02", "2026-02-28", -260)])

    def test_what_was_never_noted_is_not_earned(self):
        self.contract.recognize_revenue("2026-12-31")
        self.assertEqual(self._balance(self.income), 0)

    def test_noted_progress_is_evidence(self):
        fact = self._note("2026-01-20", 35)
        with self.assertRaisesRegex(UserError, "kept as evidence"), self.env.cr.savepoint():
            fact.progress = 40
        with self.assertRaisesRegex(UserError, "kept as evidence"), self.env.cr.savepoint():
            fact.sudo().unlink()
        with self.assertRaisesRegex(ValidationError, "between 0 and 100"), self.env.cr.savepoint():
            self._note("2026-02-20", 101)
