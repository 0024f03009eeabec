import random
from collections import defaultdict
from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .report_common import ReportCase

TODAY = "2026-07-15"
DAY = timedelta(days=1)
STORED = ("date", "kind", "contract_id", "amount", "local_amount", "amendment_id", "customer_count", "cohort_month")


@tagged("post_install", "-at_install")
@freeze_time(f"{TODAY} 12:00:00")
class TestMovement(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_users()
        cls.fourth.account_manager_id = cls.manager
        cls.Movement = cls.env["kor.mrr.movement"]
        cls.first_read = cls.Movement.with_user(cls.finance).refresh()
        cls.domain = [("company_id", "=", cls.company.id)]

    def _sum(self, last, name="amount", **values):
        domain = [*self.domain, ("date", "<=", last), *((key, "=", value) for key, value in values.items())]
        return round(sum(self.Movement.search(domain).mapped(name)), 2)

    def _check_closings(self, days):
        for day in days:
            report = self.Report.generate_revenue_report(day, day)
            self.assertEqual(self._sum(day), report["totals"]["mrr_closing"], day)

    def test_ledger_holds_what_the_report_lists(self):
        listed = self.Report.list_mrr_movements("2025-01-01", TODAY)["rows"]
        found = [
            (str(one.date), one.kind, one.contract_id.id, one.amount, one.local_amount, one.amendment_id.id or 0,
             one.hint or "", one.partner_id.id)
            for one in self.Movement.search(self.domain)
        ]  # fmt: skip
        expected = [
            (row["date"], row["kind"], row["contract_id"], row["amount"], row["local"], row["amendment_id"],
             row["hint"], row["customer_id"])
            for row in listed
        ]  # fmt: skip
        self.assertEqual(sorted(found), sorted(expected))
        self.assertEqual(self.first_read, {"inserted": len(listed), "updated": 0, "deleted": 0})

    def test_movements_up_to_a_day_make_its_mrr(self):
        self._check_closings(
            ["2025-12-31", "2026-03-14", "2026-03-15", "2026-04-30", "2026-05-01", "2026-06-30", TODAY]
        )

    def test_customer_counts_up_to_a_day_make_its_customers(self):
        days = ["2025-12-31", "2026-02-28", "2026-05-31", "2026-06-05", TODAY]
        for day in days:
            report = self.Report.generate_churn_report(day, day)
            self.assertEqual(self._sum(day, "customer_count"), report["totals"]["customers_closing"], day)
        # Borealis has nothing from the end of May to 10 June.
        self.assertEqual(self._sum("2026-06-05", "customer_count", partner_id=self.other_customer.id), 0)

    def test_cohort_is_the_month_of_the_first_mrr(self):
        cohorts = defaultdict(set)
        for one in self.Movement.search(self.domain):
            cohorts[one.partner_id].add(str(one.cohort_month))
        self.assertEqual(
            dict(cohorts),
            {
                self.customer: {"2026-01-01"},
                self.other_customer: {"2026-01-01"},
                self.cirrus: {"2026-02-01"},
                self.delta: {"2025-06-01"},
            },
        )

    def test_read_twice_nothing_is_written(self):
        before = self._read_ids()
        self.assertEqual(self.Movement.refresh(), {"inserted": 0, "updated": 0, "deleted": 0})
        self.assertEqual(self._read_ids(), before)

    def _read_ids(self):
        self.env.cr.execute("SELECT id, xmin::text FROM kor_mrr_movement WHERE company_id = %s", [self.company.id])
        return sorted(self.env.cr.fetchall())

    def test_a_back_dated_change_moves_only_what_follows_from_it(self):
        kept = {one.id: [one[name] for name in STORED] for one in self.Movement.search(self.domain)}
        self._change(self.sixth, "2026-06-20", kind="price", unit_price=75, line=self.sixth.line_ids.id)
        self.assertEqual(self.Movement.refresh(), {"inserted": 1, "updated": 0, "deleted": 0})
        after = {one.id: [one[name] for name in STORED] for one in self.Movement.search(self.domain)}
        self.assertEqual({key: after[key] for key in kept}, kept)
        self._check_closings(["2026-06-19", "2026-06-20", TODAY])

    def test_what_is_no_longer_so_goes_and_what_moved_changes(self):
        one = self.Movement.search([*self.domain, ("kind", "=", "expansion")], limit=1)
        lost = self.Movement.search([*self.domain, ("kind", "=", "new")], limit=1)
        self.env.cr.execute("UPDATE kor_mrr_movement SET amount = 1, kind = 'churn' WHERE id = %s", [one.id])
        self.env.cr.execute(
            """INSERT INTO kor_mrr_movement (contract_id, partner_id, company_id, company_currency_id, currency_id,
                date, sequence, kind, amount)
            SELECT contract_id, partner_id, company_id, company_currency_id, currency_id, date, 9, 'new', 5
            FROM kor_mrr_movement WHERE id = %s""",
            [one.id],
        )
        self.env.cr.execute("DELETE FROM kor_mrr_movement WHERE id = %s", [lost.id])
        self.Movement.invalidate_model()
        self.assertEqual(self.Movement.refresh(), {"inserted": 1, "updated": 1, "deleted": 1})
        self.assertEqual(one.kind, "expansion")
        self._check_closings([TODAY])

    def test_contracts_stand_in_the_tier_and_with_the_manager_of_today(self):
        self.fourth.account_manager_id = self.finance
        count = self.Movement.search_count([*self.domain, ("contract_id", "=", self.fourth.id)])
        found = self.Movement.refresh()
        self.assertEqual((found["inserted"], found["deleted"]), (0, 0))
        self.assertGreaterEqual(found["updated"], count)
        moved = self.Movement.search([*self.domain, ("contract_id", "=", self.fourth.id)])
        self.assertEqual((moved.account_manager_id, moved.country_id), (self.finance, self.country))

    def test_random_lives_add_up_on_every_day(self):
        chance = random.Random(7)
        for _number in range(6):
            self._live(chance)
        self.Movement.refresh()
        days = {one.date for one in self.Movement.search(self.domain)}
        days |= {day - DAY for day in days}
        rows = self.Report.generate_revenue_report("2025-06-01", TODAY)["rows"]
        for row in rows:
            last = min(fields.Date.end_of(date.fromisoformat(f"{row['key']}-01"), "month"), date.fromisoformat(TODAY))
            self.assertEqual(self._sum(last), row["mrr_closing"], row["key"])
        self._check_closings(str(day) for day in chance.sample(sorted(days), 8))
        self.assertEqual(self.Movement.refresh(), {"inserted": 0, "updated": 0, "deleted": 0})

    def _live(self, chance):
        """Let a contract begin, change and perhaps end, on random days."""
        partner = chance.choice([self.customer, self.other_customer, self.cirrus, self.delta])
        currency = chance.choice([self.currency, self.euro])
        day = date(2026, 1, 1) + chance.randint(0, 60) * DAY
        contract = self._make_contract(
            {"unit_price": chance.randint(1, 9999) / 100},
            partner_id=partner.id, currency_id=currency.id, date_start=str(day),
        )  # fmt: skip
        for _change in range(chance.randint(0, 3)):
            day += chance.randint(1, 40) * DAY
            line = contract.line_ids.filtered(lambda one: not one.date_end)
            price = chance.randint(1, 9999) / 100
            self._change(contract, str(day), kind="price", unit_price=price, line=line.id)
        if chance.random() < 0.5:
            contract.action_cancel(str(day + chance.randint(1, 20) * DAY))

    def test_as_many_queries_for_many_contracts_as_for_few(self):
        self.Movement.refresh()
        counts = []
        # The first time reads what is the same for all, such as access.
        for number in (1, 5, 20):
            self.env["kor.contract"].union(
                *(self._make_contract(activate=False, date_start="2026-02-01") for _one in range(number))
            ).action_activate()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(self.Movement.refresh()["inserted"], number)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(*counts[1:])

    def test_the_daily_job_reads_all_companies_anew(self):
        self.env.cr.execute("DELETE FROM kor_mrr_movement WHERE company_id = %s", [self.company.id])
        self.Movement.invalidate_model()
        with self.enter_registry_test_mode():
            self.env.ref("kor_reporting.ir_cron_mrr_movement").method_direct_trigger()
        self.assertEqual(self.Movement.search_count(self.domain), self.first_read["inserted"])

    def test_links_lead_to_contract_and_amendment(self):
        one = self.Movement.search([*self.domain, ("amendment_id", "=", self.raised.id)])
        self.assertEqual(one.action_open_contract()["res_id"], self.first.id)
        self.assertEqual(one.action_open_amendment()["res_id"], self.raised.id)
        self.assertEqual(self.Movement.action_refresh()["params"]["message"], "Nothing has changed.")

    def test_finance_sees_its_companies_and_managers_their_contracts(self):
        self.assertEqual(self.Movement.with_user(self.finance).search([]).contract_id, self.all_contracts)
        own = self.Movement.with_user(self.manager).search([])
        self.assertEqual(own.contract_id, self.fourth)
        self.assertEqual(own.sudo().contract_id.account_manager_id, self.manager)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.finance.write({"company_ids": [(4, elsewhere.id)]})
        there = self.Movement.with_user(self.finance).with_context(allowed_company_ids=elsewhere.ids)
        self.assertFalse(there.search([]))
        self.assertEqual(there.refresh(), {"inserted": 0, "updated": 0, "deleted": 0})

    def test_a_manager_sees_no_longer_what_goes_to_another(self):
        self.fourth.account_manager_id = self.env.user
        self.assertFalse(self.Movement.with_user(self.manager).search([]))

    def test_others_see_nothing(self):
        for user in (self.reader, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.Movement.with_user(user).search([])

    def test_only_finance_reads_anew(self):
        for user in (self.manager, self.reader, self.portal):
            for call in ("refresh", "action_refresh"):
                with self.subTest(user=user.login, call=call), self.assertRaises(AccessError):
                    getattr(self.Movement.with_user(user), call)()

    def test_nobody_writes_the_ledger_by_hand(self):
        one = self.Movement.search([], limit=1)
        values = {"contract_id": self.first.id, "date": TODAY, "kind": "new", "amount": 5}
        for user in (self.env.ref("base.user_admin"), self.finance, self.manager):
            own = one.with_user(user).with_context(allowed_company_ids=self.company.ids)
            for call, arguments in (("write", [{"amount": 5}]), ("unlink", []), ("create", [values])):
                with self.subTest(user=user.login, call=call), self.assertRaises(AccessError):
                    getattr(own, call)(*arguments)

    def test_links_of_another_manager_are_closed(self):
        foreign = self.Movement.search([("contract_id", "=", self.first.id)], limit=1)
        for call in ("action_open_contract", "action_open_amendment"):
            with self.assertRaises(AccessError):
                getattr(foreign.with_user(self.manager), call)()
