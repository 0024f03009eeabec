from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import AccountCase


@tagged("post_install", "-at_install")
class TestHealthBacktest(AccountCase):
    """Five customers of a year: foretold, missed, a false alarm, quiet, and warned of too late to judge."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accounts = {}
        for name in ("caught", "missed", "false", "quiet", "undecided", "moved"):
            customer = cls._make_customer(name.title())
            cls._make_contract(partner_id=customer.id, date_start=cls.today - timedelta(days=400))
            cls.accounts[name] = cls._get_account(customer)
        # Days ago and scores. Foretold: warned of 100 days ago, lost 60 days ago: 40 days.
        cls._score("caught", (150, 80), (100, 40), (80, 30))
        cls._score("missed", (150, 80), (70, 60))
        cls._score("false", (200, 44), (150, 90))
        cls._score("quiet", (200, 90))
        cls._score("undecided", (10, 20))
        cls._score("moved", (150, 10))  # its contract ended, but another one goes on
        cls._lose("caught", 60)
        cls._lose("missed", 50)
        cls._lose("moved", 100)
        cls._make_contract(partner_id=cls.accounts["moved"].partner_id.id, date_start=cls.today - timedelta(days=99))
        cls.test = cls.env["kor.health.backtest"].create(
            {
                "name": "Last year",
                "company_id": cls.company.id,
                "date_from": cls.today - timedelta(days=365),
                "date_to": cls.today,
                "horizon_days": 90,
            }
        )

    @classmethod
    def _score(cls, name, *scores):
        cls.env["kor.health.snapshot"].sudo().create(
            [
                {
                    "account_id": cls.accounts[name].id,
                    "date": cls.today - timedelta(days=days),
                    "score": score,
                    "band": "watch",
                    # Paid as many days late as points are missing.
                    "components": [{"component": "payment", "reading": 100 - score, "score": score, "weight": 100}],
                }
                for days, score in scores
            ]
        )

    @classmethod
    def _lose(cls, name, days):
        """End the contracts of an account some days ago."""
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                """UPDATE kor_contract SET state = 'cancelled', date_cancelled = %(day)s, date_end_effective = %(day)s
                    WHERE partner_id = %(partner)s""",
                day=cls.today - timedelta(days=days),
                partner=cls.accounts[name].partner_id.id,
            )
        )
        cls.env["kor.contract"].invalidate_model()

    def _outcomes(self):
        names = {account: name for name, account in self.accounts.items()}
        return {names[line.account_id]: line.outcome for line in self.test.line_ids}

    def test_figures_by_hand(self):
        self.test.action_run()
        # Moved was warned of 150 days ago and stayed: a false alarm too.
        self.assertEqual(
            self._outcomes(),
            {"caught": "caught", "missed": "missed", "false": "false", "quiet": "quiet", "undecided": "undecided",
             "moved": "false"},
        )  # fmt: skip
        # 1 of 3 that were warned of; 1 of 2 that left; 100 - 60 = 40 days.
        self.assertEqual((self.test.precision, self.test.recall, self.test.lead_days), (33.33, 50, 40))
        line = self.test.line_ids.filtered(lambda one: one.outcome == "caught")
        self.assertEqual((line.date_warned, line.lead_days), (self.today - timedelta(days=100), 40))
        told = self.test.explanation
        self.assertIn("Precision 33 %: of 3 accounts whose score fell below 45, 1 left within 90 days; 2 stayed.", told)
        self.assertIn("Recall 50 %: of 2 accounts that left, 1 had been warned of; 1 had not.", told)
        self.assertIn("Undecided: 1. The warning came less than 90 days before the end", told)

    def test_run_again_replaces_the_result(self):
        self.test.action_run()
        self.test.threshold = 65
        self.test.action_run()
        # The missed one is foretold now: 60 is below 65, 70 days ago, lost 50 days ago: 20 days. Lower of 40 and 20.
        self.assertEqual(self._outcomes()["missed"], "caught")
        self.assertEqual((self.test.recall, self.test.lead_days, len(self.test.line_ids)), (100, 20, 6))

    def test_another_model_scores_the_readings_that_were(self):
        # Twice as strict: 25 days late score 0. A score of 80 (20 days late) becomes 20, one of 90 becomes 60.
        self.test.model_id = self.env["kor.health.model"].create(
            {
                "name": "Strict",
                "weight_ids": [Command.create({"component": "payment", "weight": 100, "worst": 25, "best": 0})],
            }
        )
        self.test.action_run()
        self.assertEqual(self._outcomes()["quiet"], "quiet")
        # Warned of 150 days ago, and lost 50 days ago: 100 days are beyond the horizon. Still missed.
        self.assertEqual(self._outcomes()["missed"], "missed")
        self.test.horizon_days = 120
        self.test.action_run()
        self.assertEqual(self._outcomes()["missed"], "caught")
        self.assertEqual(self.test.lead_days, 90, "the lower of 150 - 60 and 150 - 50")

    def test_nothing_to_compare_is_said(self):
        self.test.write({"date_from": "2001-01-01", "date_to": "2001-12-31"})
        with self.assertRaisesRegex(UserError, "There are no scores from 2001-01-01 to 2001-12-31"):
            self.test.action_run()
        for values in ({"date_from": "2002-01-01"}, {"horizon_days": 0}, {"threshold": 0}, {"threshold": 101}):
            with self.subTest(values=values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.test.write(values)
