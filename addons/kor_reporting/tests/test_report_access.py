from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .report_common import ReportCase

HALF = ("2026-01-01", "2026-06-30")
CALLS = ("revenue", "cost", "profitability", "lifetime_value", "churn", "bridge")
BAD_INPUT = [
    (("2026-13-01", "2026-06-30"), "date_from must be a date"),
    ((None, "2026-06-30"), "date_from must be a date"),
    (("2026-01-01", 5), "date_to must be a date"),
    (("2026-06-30", "2026-01-01"), "must not be after"),
    (("1900-01-01", "2026-01-01"), "at most 600 months"),
    (("9000-01-01", "9000-01-31"), "9000-01-31 is too far away: choose days before the year 9000"),
    ((*HALF, []), None),
    ((*HALF, [1]), "options by their names"),
    ((*HALF, {"colour": 1}), "no option colour"),
    ((*HALF, {"company": "1"}), "number of a company"),
    ((*HALF, {"company": True}), "number of a company"),
    ((*HALF, {"currency": "XXQ"}), "code of a currency"),
    ((*HALF, {"currency": 7}), "code of a currency"),
    ((*HALF, {"group_by": "colour"}), "group_by must be one of"),
    ((*HALF, {"group_by": ["tier"]}), "group_by must be one of"),
    ((*HALF, {"limit": -1}), "number of rows"),
    ((*HALF, {"limit": "2"}), "number of rows"),
]


@tagged("post_install", "-at_install")
@freeze_time("2026-07-15 12:00:00")
class TestReportAccess(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_users()
        cls.first.account_manager_id = cls.manager
        cls._pool(90).allocate()

    def _call(self, user, name, *arguments):
        return getattr(self.Report.with_user(user), f"generate_{name}_report")(*arguments)

    def test_finance_sees_all(self):
        for name in CALLS:
            with self.subTest(name=name):
                whole = self._call(self.env.user, name, *HALF)
                self.assertEqual(self._call(self.finance, name, *HALF), whole)

    def test_account_managers_see_their_contracts_only(self):
        result = self._call(self.manager, "revenue", *HALF, {"group_by": "contract"})
        # Those of a customer have one manager.
        own = self.env["kor.contract"].search([("account_manager_id", "=", self.manager.id)])
        self.assertIn(self.first, own)
        self.assertLessEqual({row["id"] for row in result["rows"]}, set(own.ids))
        cost = self._call(self.manager, "cost", *HALF)
        allocated = self.Allocation.search([("contract_id", "in", own.ids)])
        self.assertEqual(cost["totals"]["cost"], sum(allocated.mapped("amount")))
        self.assertNotIn("open", cost["totals"])

    def test_all_others_are_refused(self):
        for user in (self.reader, self.portal):
            for name in CALLS:
                with self.subTest(user=user.login, name=name), self.assertRaises(AccessError):
                    self._call(user, name, *HALF)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.Report.with_user(user).list_mrr_movements(*HALF)

    def test_bad_input_is_answered_with_a_sentence(self):
        for arguments, sentence in BAD_INPUT:
            with self.subTest(arguments=arguments):
                if sentence:
                    with self.assertRaisesRegex(UserError, sentence):
                        self.Report.generate_revenue_report(*arguments)
                else:
                    self.assertTrue(self.Report.generate_revenue_report(*arguments)["rows"])
        with self.assertRaises(AccessError):
            self.Report.generate_revenue_report(*HALF, {"company": 10**9})
        with self.assertRaisesRegex(UserError, "another group_by"):
            self.Report.generate_lifetime_value_report(*HALF, {"group_by": "month"})

    def test_results_are_plain_json_without_none(self):
        def walk(value, path):
            if isinstance(value, dict):
                for key, one in value.items():
                    self.assertIsInstance(key, str, path)
                    walk(one, (*path, key))
            elif isinstance(value, list):
                for one in value:
                    walk(one, path)
            else:
                self.assertIn(type(value), (str, int, float, bool), path)

        for name in CALLS:
            for period in (HALF, ("2020-01-01", "2020-12-31")):
                with self.subTest(name=name, period=period):
                    walk(self._call(self.env.user, name, *period, {"group_by": "tier"}), (name,))
        walk(self.Report.list_mrr_movements(*HALF), ("movements",))

    def test_limit_cuts_rows_and_no_totals(self):
        whole = self.Report.generate_revenue_report(*HALF, {"group_by": "contract"})
        cut = self.Report.generate_revenue_report(*HALF, {"group_by": "contract", "limit": 2})
        self.assertEqual((cut["rows"], cut["totals"]), (whole["rows"][:2], whole["totals"]))
        self.assertEqual(cut["left_out"], len(whole["rows"]) - 2)
