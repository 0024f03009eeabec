from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

from odoo.tests import freeze_time, tagged

from odoo.addons.kor_reporting.engine.mrr import KINDS, group_facts

from .report_common import ReportCase

DAY = timedelta(days=1)
HALF = ("2026-01-01", "2026-06-30")


@tagged("post_install", "-at_install")
@freeze_time("2026-07-15 12:00:00")
class TestReportMrr(ReportCase):
    def test_facts_are_what_contracts_say_on_each_day(self):
        self.env.flush_all()
        facts, _names = self.Report._read_facts(self.Report._read_deals(self.company))
        lives = group_facts(facts)
        contracts = self.all_contracts.with_context(kor_as_of_day=True)
        for contract in contracts:
            day = date(2025, 12, 30)
            while day < date(2026, 7, 15):
                said = Decimal(str(contract.as_of(str(day))["mrr"])) if day >= contract.date_start else Decimal(0)
                held = next((fact.amount for fact in reversed(lives[contract.id]) if fact.day <= day), Decimal(0))
                self.assertEqual(held, round(said, 2), (contract.id, day))
                day += DAY

    def test_movements_of_half_a_year_by_kind(self):
        totals = self.Report.generate_revenue_report(*HALF)["totals"]
        expected = {
            "mrr_opening": 80,
            "new": 430,
            "expansion": 60,
            "contraction": -100,
            "churn": -100,
            "reactivation": 100,
            "escalator": 8,
            "currency": 25,
            "mrr_closing": 503,
            "arr_closing": 6036,
        }
        self.assertEqual({key: totals[key] for key in expected}, expected)

    def test_movements_by_month_lead_from_one_closing_to_the_next(self):
        rows = self.Report.generate_revenue_report(*HALF)["rows"]
        self.assertEqual([row["mrr_closing"] for row in rows], [410, 510, 540, 470, 495, 503])
        before = 80
        for row in rows:
            self.assertEqual(row["mrr_opening"], before)
            before += sum(row[kind] for kind in KINDS)
            self.assertEqual(row["mrr_closing"], before)

    def test_any_split_of_a_period_moves_the_same(self):
        whole = self.Report.generate_revenue_report(*HALF, {"group_by": "customer"})
        for cut in ("2026-01-01", "2026-03-14", "2026-03-31", "2026-05-01", "2026-06-09"):
            with self.subTest(cut=cut):
                after = str(date.fromisoformat(cut) + DAY)
                first = self.Report.generate_revenue_report(HALF[0], cut)["totals"]
                second = self.Report.generate_revenue_report(after, HALF[1])["totals"]
                self.assertEqual(first["mrr_closing"], second["mrr_opening"])
                both = {kind: first[kind] + second[kind] for kind in KINDS}
                self.assertEqual(both, {kind: whole["totals"][kind] for kind in KINDS})

    def test_each_grouping_adds_up_to_the_same_totals(self):
        whole = self.Report.generate_revenue_report(*HALF)["totals"]
        for group_by in ("tier", "plan", "customer", "contract", "account_manager", "country"):
            with self.subTest(group_by=group_by):
                result = self.Report.generate_revenue_report(*HALF, {"group_by": group_by})
                self.assertEqual(result["totals"], whole)
                for key in ("mrr_opening", *KINDS, "mrr_closing", "recognised", "invoiced"):
                    self.assertAlmostEqual(sum(row[key] for row in result["rows"]), whole[key], msg=key)

    def test_every_movement_leads_to_the_amendment_that_caused_it(self):
        rows = self.Report.list_mrr_movements(*HALF)["rows"]
        found = [(row["date"], row["kind"], row["amount"], row["amendment_id"]) for row in rows]
        renewal = self.fifth.amendment_ids
        for expected in (
            ("2026-03-15", "expansion", 30, self.raised.id),
            ("2026-04-01", "contraction", -100, self.paused.id),
            ("2026-04-01", "expansion", 30, 0),
            ("2026-05-01", "currency", 25, 0),
            ("2026-06-01", "churn", -100, 0),
            ("2026-06-01", "escalator", 8, renewal.id),
            ("2026-06-10", "reactivation", 100, self.resumed.id),
        ):
            self.assertIn(expected, found)
        named = {row["amendment_id"]: row["amendment"] for row in rows if row["amendment_id"]}
        self.assertEqual(named[self.raised.id], self.raised.name)

    def test_changes_of_one_day_keep_their_own_parts(self):
        line = self.fourth.line_ids
        first = self._change(self.fourth, "2026-06-15", kind="price", unit_price=70, line=line.id)
        second = self._change(self.fourth, "2026-06-15", kind="price", unit_price=60, line=line.id)
        rows = self.Report.list_mrr_movements("2026-06-15", "2026-06-15")["rows"]
        local = [(row["amendment_id"], row["local"]) for row in rows]
        self.assertEqual(local, [(first.id, 20), (second.id, -10)])

    def test_in_another_currency_at_the_rates_of_the_months(self):
        result = self.Report.generate_revenue_report(*HALF, {"currency": "EUR"})
        self.assertEqual(result["currency"], "EUR")
        closings = [row["mrr_closing"] for row in result["rows"]]
        # In dollars 410, 510, 540, 470 at 0.5, then 370 at 0.4 and the 50 euros.
        self.assertEqual(closings, [205, 255, 270, 235, 198, 201.2])
        for row in result["rows"]:
            self.assertAlmostEqual(row["mrr_opening"] + sum(row[kind] for kind in KINDS), row["mrr_closing"])

    def test_a_tie_at_a_rate_without_an_end_is_rounded_up(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.88)])
        day = date(2026, 3, 31)
        deals = {1: SimpleNamespace(currency=pound.id, start=day)}
        rates = self.Report._read_rates(self.company, self.company.currency_id, deals, day)
        # 0.55 / 0.88 = 0.625, though 1 / 0.88 = 1.1363…
        self.assertEqual(rates.value(Decimal("0.55"), pound.id, day), Decimal("0.63"))

    def test_as_many_queries_for_sixty_contracts_as_for_twenty(self):
        calls = ("revenue", "cost", "profitability", "lifetime_value", "churn", "bridge")
        for call in calls:
            # What is the same for all, such as languages and access, is read once.
            getattr(self.Report, f"generate_{call}_report")(*HALF, {"group_by": "customer"})
        counts = []
        for number in (14, 40):
            contracts = self.env["kor.contract"].union(
                *(self._make_contract(activate=False, date_start="2026-02-01") for _one in range(number))
            )
            contracts.action_activate()
            self.env.flush_all()
            for call in calls:
                report = getattr(self.Report, f"generate_{call}_report")
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                report(*HALF, {"group_by": "customer"})
                counts.append((call, self.cr.sql_log_count - before))
        self.assertEqual(counts[: len(calls)], counts[len(calls) :])
