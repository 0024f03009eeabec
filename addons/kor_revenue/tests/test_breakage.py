from odoo.tests import freeze_time, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestBreakage(KorRevenueCommon):
    """Prepaid credit that expired is earned on the day after its last one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        accounts = cls.env["account.account"]
        cls.prepaid = accounts.create({"name": "Prepaid", "code": "259901", "account_type": "liability_current"})
        cls.breakage = accounts.create({"name": "Expired credit", "code": "459901", "account_type": "income_other"})
        cls.company.write({"kor_prepaid_account_id": cls.prepaid.id, "kor_breakage_account_id": cls.breakage.id})
        cls.contract = cls._make_contract()

    def _top_up(self, amount, date_end, pay=True):
        move = self.env["account.move"].browse(self.contract.top_up(amount, date_end))
        if pay:
            self._register_payment(move)
        return move

    def _close(self, day):
        return self.contract.recognize_revenue(day)

    def test_what_is_left_is_earned_on_the_day_after_the_last(self):
        with freeze_time("2026-01-05"):
            self._top_up(500, "2026-01-31")
            self._bill(self.contract, "2026-01-01", "2026-01-31")
        # January takes 100 and its tax of 15: 385 are left when the month is over.
        with freeze_time("2026-03-05"):
            self._close("2026-01-31")
            self.assertEqual((self._balance(self.prepaid), self._balance(self.breakage)), (385, 0))
            self._close("2026-02-28")
            self.assertEqual((self._balance(self.prepaid), self._balance(self.breakage)), (0, 385))
            self.assertEqual(self._close("2026-02-28")["items"], 0)
        [schedule] = self.contract.revenue_schedule_ids.filtered(lambda one: one.kind == "breakage")
        self.assertRecordValues(schedule, [{"amount": 385, "recognized": 385, "credit_id": schedule.credit_id.id}])
        self.assertEqual(str(schedule.item_ids.month), "2026-02-01")

    def test_a_draw_that_is_cancelled_later_is_added(self):
        with freeze_time("2026-01-05"):
            self._top_up(500, "2026-01-31")
            january = self._bill(self.contract, "2026-01-01", "2026-01-31")
        with freeze_time("2026-03-05"):
            self._close("2026-02-28")
            january.button_draft()
            january.button_cancel()
            self._close("2026-03-31")
            self.assertEqual((self._balance(self.prepaid), self._balance(self.breakage)), (0, 500))
            # Billed again, the month that it held for takes its part again.
            self._bill(self.contract, "2026-01-01", "2026-01-31")
            self._close("2026-03-31")
        self.assertEqual((self._balance(self.prepaid), self._balance(self.breakage)), (0, 385))

    def test_a_top_up_moves_no_contract_balance(self):
        with freeze_time("2026-03-05"):
            self._top_up(500, "2026-03-10")
            self._close("2026-04-30")
        self.assertEqual(self._balance(self.breakage), 500)
        # Four fees are earned and not billed; the credit is none of them.
        self.assertEqual((self._balance(self.asset), self._balance(self.liability)), (-400, 0))

    def test_within_the_month_only_what_has_expired_by_the_day_is_earned(self):
        with freeze_time("2026-02-05"):
            self._top_up(80, "2026-02-19")
        with freeze_time("2026-03-05"):
            for day, earned in (("2026-02-19", 0), ("2026-02-20", 80)):
                with self.subTest(day):
                    self._close(day)
                    self.assertEqual(self._balance(self.breakage), earned)

    def test_credit_that_is_not_lost_or_was_not_paid_for_is_not_earned(self):
        with freeze_time("2026-01-05"):
            self._top_up(10, False)
            self._top_up(20, "2026-12-31")
            self._top_up(40, "2026-01-31", pay=False)
            values = {"contract_id": self.contract.id, "amount": 80, "date_end": "2026-01-31"}
            self.env["kor.prepaid.credit"].create(values)
        with freeze_time("2026-03-05"):
            self._close("2026-02-28")
        self.assertEqual(self._balance(self.breakage), 0)

    def test_without_an_account_of_its_own_it_is_income_of_the_product(self):
        self.company.kor_breakage_account_id = False
        with freeze_time("2026-01-05"):
            self._top_up(50, "2026-01-31")
        with freeze_time("2026-03-05"):
            self._close("2026-02-28")
        # Two months of 100, and the credit.
        self.assertEqual(self._balance(self.income), 250)

    def test_many_credits_are_seen_without_queries_for_each(self):
        contracts = self.env["kor.contract"]
        with freeze_time("2026-01-05"):
            for _number in range(3):
                self.contract = self._make_contract()
                contracts |= self.contract
                self._top_up(50, "2026-01-31")
        contracts.recognize_revenue("2026-02-28")
        until = self.env["kor.revenue.month"]._fields["month"].to_date("2026-03-01")
        counts = []
        for some in (contracts[:1], contracts):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            some._get_breakage_targets(until)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
