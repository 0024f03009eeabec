from datetime import timedelta
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import AccountCase

JOB_LOGGER = "odoo.addons.kor_account_management.models.kor_account_health_mixin"


@tagged("post_install", "-at_install")
class TestHealth(AccountCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # usage from -50 (0) to 0 (100), payment from 40 days (0) to none (100), contact from 97 days (0) to 7 (100)
        cls.model = cls.env["kor.health.model"].create(
            {
                "name": "By hand",
                "healthy_from": 70,
                "watch_from": 45,
                "least_coverage": 30,
                "weight_ids": [
                    Command.create({"component": "usage", "weight": 50, "worst": -50, "best": 0}),
                    Command.create({"component": "payment", "weight": 30, "worst": 40, "best": 0}),
                    Command.create({"component": "contact", "weight": 20, "worst": 97, "best": 7}),
                ],
            }
        )
        cls.account.health_model_id = cls.model

    def _snapshot(self, day=None):
        self.account._take_snapshots(day or self.today)
        return self.account.health_snapshot_id

    def _make_usage_fall(self):
        self._use(self.calls, 56, 28, 100)
        self._use(self.calls, 28, 0, 75)

    def test_all_known(self):
        self._make_usage_fall()
        self._invoice(100, due_days=10)
        self._set_contact(self._ago(52))
        # usage -25 of -50 … 0: 50; payment 10 of 40 … 0: 75; contact 52 of 97 … 7: 50.
        # 0.5 × 50 + 0.3 × 75 + 0.2 × 50 = 25 + 22.5 + 10 = 57.5
        snapshot = self._snapshot()
        self.assertEqual((snapshot.score, snapshot.coverage, snapshot.band), (57.5, 100, "watch"))
        self.assertEqual(
            (self.account.health_score, self.account.health_coverage, self.account.health_band), (57.5, 100, "watch")
        )
        parts = {part["component"]: (part["score"], part["points"], part["lost"]) for part in snapshot.components}
        self.assertEqual(parts, {"usage": (50, 25, 25), "payment": (75, 22.5, 7.5), "contact": (50, 10, 10)})
        self.assertEqual(
            [part["component"] for part in snapshot.components], ["usage", "contact", "payment"], "worst first"
        )

    def test_what_is_not_known_is_no_bad_mark(self):
        self._invoice(100, due_days=10)
        # Payment alone: 75, of 30 % of the weights, which is just enough for a band.
        snapshot = self._snapshot()
        self.assertEqual((snapshot.score, snapshot.coverage, snapshot.band), (75, 30, "healthy"))
        self.model.least_coverage = 31
        snapshot = self._snapshot()
        self.assertEqual((snapshot.score, snapshot.coverage, snapshot.band), (75, 30, "unknown"))

    def test_nothing_known_has_no_score(self):
        snapshot = self._snapshot()
        self.assertEqual((snapshot.coverage, snapshot.band), (0, "unknown"))
        self.env.cr.execute(SQL("SELECT score FROM kor_health_snapshot WHERE id = %s", snapshot.id))
        self.assertEqual(self.env.cr.fetchall(), [(None,)], "no score is not a score of nothing")
        self.assertFalse(self.account.health_reason)

    def test_bands_begin_at_their_score(self):
        table = [(40, "at_risk", 0), (22, "watch", 45), (12, "healthy", 70), (23, "at_risk", 42.5)]
        for days, band, score in table:
            # 40 days late score 0; 22 score 45, the first of the watched; 12 score 70, the first of the healthy.
            reading = {"payment": {self.account.id: (days, {})}}
            with (
                self.subTest(days=days),
                patch.object(type(self.account), "_read_components", lambda *_args, found=reading: found),
            ):
                snapshot = self._snapshot()
                self.assertEqual((snapshot.band, snapshot.score), (band, score))

    def test_reasons_are_told_in_words_with_the_facts(self):
        self._make_usage_fall()
        self._invoice(100, due_days=10)
        self._set_contact(self._ago(52))
        snapshot = self._snapshot()
        self.assertEqual(self.account.health_reason.split(" · ")[0], "Use fell by 25 % in four weeks")
        self.assertIn("Last contact 52 days ago", self.account.health_reason)
        self.assertEqual(snapshot.reason, self.account.health_reason)
        self.assertIn("Invoices are paid 10 days late on average", self.account.health_html)
        self.assertIn("100.00 is overdue, the oldest for 10 days", self.account.health_html.replace("\xa0", ""))

    def test_every_part_has_words_for_any_facts(self):
        facts = {
            "usage": [({"metrics": []}, -100), ({}, 10), ({}, 0)],
            "adoption": [({"used": ["api_calls"], "idle": ["storage"]}, 50), ({"used": ["users"], "idle": []}, 100)],
            "support": [({"tickets": 0}, 0), ({"tickets": 1, "seats": 5}, 1), ({"tickets": 4, "seats": 50}, 2)],
            "sla": [({"breached": 0, "promised": 4}, 0), ({"breached": 2, "promised": 4}, 2)],
            "payment": [({"overdue": 0}, 0), ({"overdue": 10.5, "oldest": 3}, 3)],
            "onboarding": [({"state": state}, 0) for state in ("done", "on_track", "at_risk", "late", "blocked", "?")],
            "satisfaction": [({"answers": 1}, 50), ({"answers": 2}, 62.5)],
            "contact": [({"date": "2026-01-01"}, 0), ({"date": "2026-01-01"}, 1), ({"date": "2026-01-01"}, 9)],
        }
        names = [name for name, _label in self.env["kor.health.weight"]._fields["component"].selection]
        self.assertEqual(set(facts), set(names))
        for name, cases in facts.items():
            told = [self.account._describe_part({"component": name})]
            for known, reading in cases:
                part = {"component": name, "score": 1, "reading": reading, "facts": known}
                told.append(self.account._describe_part(part))
            self.assertEqual(len(set(told)), len(told), told)
        part = {"component": "support", "score": 1, "reading": 2, "facts": {"tickets": 4, "seats": 50}}
        self.assertEqual(
            self.account._describe_part(part), "4 tickets were opened in four weeks (2 for each 25 of 50 users)"
        )

    def test_the_day_is_noted_once_and_replaced(self):
        self._invoice(100, due_days=10)
        first = self._snapshot()
        self._invoice(100, due_days=30)  # (10 + 30) / 2 = 20 days late: 50
        second = self._snapshot()
        self.assertEqual((first, second.score), (second, 50))
        self.assertEqual(len(self.account.snapshot_ids), 1)

    def test_trend_compares_with_the_score_of_thirty_days_ago(self):
        self._invoice(100, due_days=10)
        for days, score in ((38, 5), (33, 90), (29, 20)):
            self.env["kor.health.snapshot"].sudo().create(
                {
                    "account_id": self.account.id,
                    "date": self.today - timedelta(days=days),
                    "score": score,
                    "band": "watch",
                }
            )
        self._snapshot()
        # Of 33 days ago, as there is none of the 30th; the one of 29 days ago is too young.
        self.assertEqual(self.account.health_trend, 75 - 90)
        self.assertEqual([score for _day, score in self.account.health_history], [5, 90, 20, 75])

    def test_an_older_day_leaves_the_account_as_it_is(self):
        self._invoice(100, due_days=10)
        self._snapshot()
        self.account._take_snapshots(self.today - timedelta(days=1))
        self.assertEqual(self.account.health_score, 75)  # 9 days late the day before
        self.assertEqual(self.account.snapshot_ids.mapped("score"), [75, 77.5])

    def test_another_band_is_noted_in_the_history(self):
        self._invoice(100, due_days=10)
        self._snapshot()
        self._invoice(900, due_days=40)
        self._snapshot()
        note = self.account.message_ids[0].body
        self.assertIn("Healthy → At risk. Invoices are paid 37 days late on average", note)
        count = len(self.account.message_ids)
        self._snapshot()
        self.assertEqual(len(self.account.message_ids), count, "once")

    def test_contract_tells_its_health(self):
        self._make_usage_fall()
        told = self.contract.health()
        self.assertEqual((told["account"], told["score"], told["coverage"], told["band"]), ("Aurora", 50, 50, "watch"))
        usage = told["parts"][0]
        self.assertEqual((usage["reading"], usage["reason"]), (-25, "Use fell by 25 % in four weeks"))
        self.assertNotIn("score", told["parts"][1], "not known")
        self.assertTrue(all(part["reason"] for part in told["parts"]))
        self.assertFalse(self.account.snapshot_ids, "asking writes nothing")

    def test_measuring_by_hand_replaces_the_snapshot(self):
        self._invoice(100, due_days=10)
        self.account.action_measure_health()
        self.assertEqual((self.account.health_score, self.account.amount_due), (75, 100))


@tagged("post_install", "-at_install")
class TestHealthJob(AccountCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Only the accounts of these tests, whatever else the database holds.
        cls.env["kor.account"].sudo().with_context(active_test=False).search([("id", "!=", cls.account.id)]).unlink()
        cls.env.cr.execute(
            SQL("UPDATE kor_contract SET state = 'ended' WHERE state = 'active' AND id != %s", cls.contract.id)
        )
        cls.env.invalidate_all()

    def _make_accounts(self, number):
        partners = self.env["res.partner"].create([{"name": f"Customer {place}"} for place in range(number)])
        contracts = self.env["kor.contract"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "tier_id": self.tier.id,
                    "currency_id": self.currency.id,
                    "term": "monthly",
                    "date_start": self.first_day,
                    "tz": "UTC",
                    "line_ids": [Command.create(self._make_line_values())],
                }
                for partner in partners
            ]
        )
        contracts.action_activate()
        self._use_calls(contracts)
        return self.env["kor.account"].search([("partner_id", "in", partners.ids)])

    def _use_calls(self, contracts):
        """Let contracts use calls on each of the last sixty days."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO kor_usage_rollup (contract_id, partner_id, company_id, metric_id, day, dimension, total,
                                              highest, latest, events)
                SELECT c.id, c.partner_id, c.company_id, %s, %s::date - n, '', 100 - mod(n, 50), 100, 100, 1
                  FROM kor_contract c CROSS JOIN generate_series(1, 60) n WHERE c.id = ANY(%s)
                """,
                self.calls.id,
                self.today,
                contracts.ids,
            )
        )

    def _run_job(self, **arguments):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_values: 1.0):
            self.env["kor.account"].sudo()._cron_snapshot(**arguments)

    def _count_queries(self, accounts):
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        accounts._refresh_aggregates()
        accounts._take_snapshots(self.today)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_fifty_and_five_hundred_accounts_take_as_many_queries(self):
        accounts = self._make_accounts(500)
        self._count_queries(accounts[:5])  # what is read once and kept
        few = self._count_queries(accounts[:50])
        many = self._count_queries(accounts)
        self.assertEqual(len(accounts), 500)
        self.assertLessEqual(many, few)
        self.env.invalidate_all()
        with self.assertQueryCount(few):
            accounts._refresh_aggregates()
            accounts._take_snapshots(self.today)
        self.assertEqual(len(accounts.snapshot_ids), 500)

    def test_the_screen_reads_histories_and_reasons_of_all_at_once(self):
        accounts = self._make_accounts(30)
        accounts._take_snapshots(self.today)
        counts = []
        for some in (accounts[:3], accounts):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("health_history")
            some.mapped("health_reason")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_changed_bands_are_noted_by_few_queries(self):
        accounts = self._make_accounts(40)
        accounts._take_snapshots(self.today)
        other, label = ("at_risk", "At risk") if accounts[0].health_band == "healthy" else ("healthy", "Healthy")
        counts = []
        for some in (accounts[:4], accounts[4:]):
            self.env.flush_all()
            self.env.cr.execute(SQL("UPDATE kor_account SET health_band = %s WHERE id = ANY(%s)", other, some.ids))
            some.invalidate_recordset()
            counts.append(self._count_queries(some))
            self.assertTrue(all(f"{label} →" in one.message_ids[0].body for one in some))
        self.assertLessEqual(counts[1], counts[0] + 2)

    def test_job_goes_on_where_it_stopped(self):
        accounts = self._make_accounts(7) | self.account
        left = iter([1.0, 1.0, 1.0, 0.0])  # nothing to open, the plan, the first chunk, and then time is over
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_values: next(left)):
            self.env["kor.account"]._cron_snapshot(chunk=3)
        done = accounts.filtered("snapshot_ids")
        self.assertEqual(len(done), 6, "two chunks")
        dates = {one: one.snapshot_ids.id for one in done}
        self._run_job(chunk=3)
        self.env.invalidate_all()
        self.assertTrue(all(len(one.snapshot_ids) == 1 for one in accounts))
        self.assertEqual({one: one.snapshot_ids.id for one in done}, dates, "what was done is not done again")
        with patch.object(type(self.account), "_take_snapshots", side_effect=AssertionError):
            self._run_job()  # nothing is left

    def test_job_opens_accounts_in_chunks_that_stay(self):
        partners = self._make_accounts(5).partner_id
        accounts = self.env["kor.account"].sudo()
        accounts.search([("partner_id", "in", partners.ids)]).unlink()
        left = iter([1.0, 1.0, 0.0])  # the plan, the first chunk, and then time is over
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_values: next(left)):
            accounts._cron_snapshot(chunk=2)
        opened = accounts.search([("partner_id", "in", partners.ids)])
        self.assertEqual(len(opened), 4, "two chunks")
        self.assertFalse(opened.snapshot_ids, "they are measured when all are there")
        self._run_job(chunk=2)
        every = accounts.search([("partner_id", "in", partners.ids)])
        self.assertEqual(every.partner_id, partners)
        self.assertEqual(len(every), 5, "none twice")
        self.assertTrue(all(one.snapshot_ids and one.contract_count == 1 for one in every))

    def test_account_that_fails_is_left_out_and_the_others_are_done(self):
        accounts = self._make_accounts(7)
        broken, measure = accounts[4], type(self.account)._measure
        contracts = self.env["kor.contract"].search([("partner_id", "in", accounts.partner_id.ids)])
        self.env.cr.execute(SQL("UPDATE kor_contract SET mrr = 7 WHERE id = ANY(%s)", contracts.ids))
        self.env.invalidate_all()

        def fail(some, day):
            if broken in some:
                raise ValueError("what nobody has thought of")
            return measure(some, day)

        with patch.object(type(self.account), "_measure", fail), self.assertLogs(JOB_LOGGER, "ERROR") as log:
            self._run_job(chunk=4)
        self.assertEqual(len(log.output), 1)
        self.assertIn(broken.display_name, log.output[0])
        self.env.invalidate_all()
        done = accounts - broken
        self.assertTrue(all(one.snapshot_ids and one.mrr == 7 for one in done))
        self.assertFalse(broken.snapshot_ids)
        self._run_job()
        self.env.invalidate_all()
        self.assertEqual((len(broken.snapshot_ids), broken.mrr), (1, 7), "it is tried again")

    def test_who_has_left_counts_no_more_in_the_night_it_is_archived(self):
        self.assertEqual((self.account.mrr, self.account.contract_count), (100, 1))
        self.contract.action_cancel()
        self._run_job()
        self.env.invalidate_all()
        self.assertRecordValues(self.account, [{"active": False, "mrr": 0, "contract_count": 0}])
