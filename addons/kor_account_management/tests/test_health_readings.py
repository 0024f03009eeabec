from datetime import timedelta
from decimal import Decimal

from odoo.tests import tagged

from .common import AccountCase


@tagged("post_install", "-at_install")
class TestHealthReadings(AccountCase):
    """Each component by hand, from real records."""

    def test_usage_is_the_mean_of_the_changes_of_metrics(self):
        self._use(self.calls, 56, 28, 100)
        self._use(self.calls, 28, 0, 75)
        # 28 × 100 = 2,800 before; 28 × 75 = 2,100 now: -25 %.
        reading, facts = self._read("usage")
        self.assertEqual((reading, facts["metrics"]), (Decimal(-25), [{"metric": "api_calls", "change": -25.0}]))
        # A level: 10 on each day that was reported before, 15 on the one day that was reported now: +50 %.
        self._use(self.users, 57, 45, 10)
        self._use(self.users, 3, 2, 15)
        reading, facts = self._read("usage")
        self.assertEqual((reading, [one["change"] for one in facts["metrics"]]), (Decimal("12.5"), [-25.0, 50.0]))

    def test_usage_counts_different_values_and_adds_up_contracts(self):
        other = self._make_contract(date_start=self.first_day)
        self._use(self.calls, 56, 28, 30)
        self._use(self.calls, 56, 28, 10, other)
        self._use(self.calls, 28, 0, 10)
        # (30 + 10) × 28 before, 10 × 28 now: a quarter is left.
        self.assertEqual(self._read("usage")[0], Decimal(-75))

    def test_usage_of_today_and_of_more_than_eight_weeks_ago_counts_for_nothing(self):
        self._use(self.calls, 60, 56, 999)
        self._use(self.calls, 56, 28, 10)
        self._use(self.calls, 28, 0, 10)
        self._use(self.calls, 0, -1, 999)
        self.assertEqual(self._read("usage")[0], 0)

    def test_usage_that_is_not_known_is_not_read(self):
        self.assertIsNone(self._read("usage"), "nothing was ever reported")
        self._use(self.calls, 40, 0, 100)
        self.assertIsNone(self._read("usage"), "first use is less than eight weeks ago")
        self._use(self.users, 100, 90, 10)
        self.assertIsNone(self._read("usage"), "a level that nobody reports any more is not known")

    def test_usage_that_has_stopped_is_as_bad_as_it_gets(self):
        self._use(self.calls, 120, 60, 100)
        self.assertEqual(self._read("usage")[0], -100)

    def test_adoption_is_the_share_of_what_was_bought(self):
        # Professional limits users, components, API calls and storage, whatever else: what is measured counts.
        bought = self.contract.limit_ids.filtered(lambda one: one.kind != "limited" or one.quantity).metric_id
        self.assertLessEqual(self.users | self.calls | self.storage, bought)
        other = self._make_contract(partner_id=self.other_customer.id, date_start=self.first_day)
        self._use(self.storage, 5, 4, 1, other)  # measured for somebody
        self._use(self.calls, 10, 0, 5)
        self._use(self.users, 60, 50, 5)  # not in four weeks
        measured = self.env["kor.usage.rollup"].search([]).metric_id & bought
        reading, facts = self._read("adoption")
        self.assertEqual(facts["used"], ["api_calls"])
        self.assertEqual(len(facts["idle"]), len(measured) - 1)
        self.assertEqual(reading, Decimal(100) / len(measured))
        self.assertIn("storage_gb" if "storage_gb" in facts["idle"] else self.storage.code, facts["idle"])

    def test_adoption_is_not_known_of_new_contracts_nor_without_reports(self):
        self.assertIsNone(self._read("adoption"))
        new = self._make_contract(partner_id=self.other_customer.id, date_start=self.today - timedelta(days=27))
        self._use(self.calls, 5, 0, 1, new)
        self.assertIsNone(self._read("adoption", self._get_account(self.other_customer)))

    def test_support_is_tickets_for_each_25_seats(self):
        self.assertIsNone(self._read("support"), "the company keeps no tickets")
        for days in (1, 10, 27, 29):  # the last one is too old
            self._make_ticket(days)
        # Professional allows 50 users or some such: what the limit says, as no line holds seats.
        limit = self.contract.limit_ids.filtered(lambda one: one.metric_id == self.users)
        seats = limit.quantity if limit.kind == "limited" else 0
        expected = round(Decimal(3) / max(Decimal(1), Decimal(str(seats)) / 25), 4)
        self.assertEqual(self._read("support"), (expected, {"tickets": 3, "seats": seats}))

    def test_support_takes_the_seats_that_lines_hold(self):
        line = {"charge_type": "per_unit", "metric_id": self.users.id, "quantity": 100, "name": "Seats"}
        contract = self._make_contract(line, partner_id=self.other_customer.id, date_start=self.first_day)
        for days in (1, 2):
            self._make_ticket(days, contract)
        # 2 tickets of 100 seats: 2 / (100 / 25) = 0.5
        account = self._get_account(self.other_customer)
        self.assertEqual(self._read("support", account), (Decimal("0.5"), {"tickets": 2, "seats": 100.0}))

    def test_sla_counts_what_was_missed_in_90_days(self):
        self.assertIsNone(self._read("sla"), "nothing was promised")
        task = self._make_ticket()
        self._make_clocks(task, (5, True), (89, True), (100, True), (3, False), (120, False))
        self.assertEqual(self._read("sla"), (Decimal(2), {"breached": 2, "promised": 3}))

    def test_payment_weighs_days_by_amounts(self):
        self.assertIsNone(self._read("payment"), "nothing was due")
        self._invoice(100, due_days=50, paid_days=40)  # 10 days late
        self._invoice(300, due_days=30, paid_days=35)  # before it was due: 0
        self._invoice(100, due_days=20)  # 20 days, and open
        self._invoice(900, due_days=-5)  # not due
        self._invoice(999, due_days=190, paid_days=100)  # long ago
        # (100 × 10 + 300 × 0 + 100 × 20) / 500 = 6
        reading, facts = self._read("payment")
        self.assertEqual((reading, facts), (Decimal(6), {"overdue": 100.0, "oldest": 20}))

    def test_payment_counts_parts_and_old_debts(self):
        part = self._invoice(100, due_days=40)
        self._pay(part, 30, amount=60)  # 60 were 10 days late, 40 are 40 days late
        self._invoice(100, due_days=200)  # open since before the half year
        # (60 × 10 + 40 × 40 + 100 × 200) / 200 = 22,200 / 200 = 111
        reading, facts = self._read("payment")
        self.assertEqual((reading, facts), (Decimal(111), {"overdue": 140.0, "oldest": 200}))

    def test_satisfaction_is_the_mean_of_stars(self):
        self.assertIsNone(self._read("satisfaction"))
        task = self._make_ticket()
        for stars, days in ((5, 1), (3, 100), (2, 170), (1, 181)):
            self._rate(task, stars, days)
        # 5 → 100, 3 → 50, 2 → 25; the last one is too old: 175 / 3 = 58.3333
        self.assertEqual(self._read("satisfaction"), (Decimal("58.3333"), {"answers": 3}))
        self._rate(task, 0)  # asked, and not answered
        self.assertEqual(self._read("satisfaction")[1], {"answers": 3})

    def test_contact_is_days_since_the_last(self):
        self.assertIsNone(self._read("contact"))
        self._set_contact(self._ago(30, 23))
        self.assertEqual(self._read("contact")[0], 30)

    def test_onboarding_is_the_worst_of_running_contracts(self):
        over = self._make_contract(date_start=self.first_day)
        over.action_cancel()
        second = self._make_contract(date_start=self.first_day)
        self.assertIsNone(self._read("onboarding"))
        first, last, ended = (self._start_onboarding(contract) for contract in (self.contract, second, over))
        ended._note({"state": "blocked"})
        table = [
            ("not_started", "not_started", None),
            ("done", "not_started", (100, "done")),
            ("done", "on_track", (100, "on_track")),
            ("done", "late", (20, "late")),
            ("at_risk", "late", (20, "late")),
            ("blocked", "late", (0, "blocked")),
            ("cancelled", "cancelled", None),
        ]
        for one, other, expected in table:
            first._note({"state": one})
            last._note({"state": other})
            with self.subTest(states=(one, other)):
                found = self._read("onboarding")
                self.assertEqual(found and (found[0], found[1]["state"]), expected)

    def test_readings_of_one_account_say_nothing_of_another(self):
        self._make_contract(partner_id=self.other_customer.id, date_start=self.first_day)
        other = self._get_account(self.other_customer)
        self._use(self.calls, 56, 0, 5)
        self._make_clocks(self._make_ticket(), (1, True))
        self._invoice(100, due_days=20)
        for component in ("usage", "adoption", "sla", "payment", "satisfaction"):
            with self.subTest(component=component):
                self.assertIsNone(self._read(component, other))
