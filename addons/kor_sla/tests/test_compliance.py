from fractions import Fraction

from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .compliance_common import ComplianceCase


@tagged("post_install", "-at_install")
class TestCompliance(ComplianceCase):
    def _check(self, contract, first, last, day="2026-12-31"):
        with freeze_time(day):
            return contract.check_compliance(first, last)

    def _uptime(self, result):
        return next(one for one in result["targets"] if one["kind"] == "uptime")

    def test_an_outage_in_months_of_28_to_31_days_is_compared_unrounded(self):
        contract = self._promise()
        # 44 minutes of 43,200 leave 99.898148 %; of 44,640 they leave 99.901434 %.
        self._outage("2026-04-10 10:00:00", 44)
        self._outage("2026-05-10 10:00:00", 44)
        self._outage("2026-02-10 10:00:00", 60)
        for first, last, total, down, met in [
            ("2026-04-01", "2026-04-30", 43200, 44, False),
            ("2026-05-01", "2026-05-31", 44640, 44, True),
            ("2026-02-01", "2026-02-28", 40320, 60, False),
            ("2026-03-01", "2026-03-31", 44640, 0, True),
        ]:
            with self.subTest(first):
                target = self._uptime(self._check(contract, first, last))
                self.assertAlmostEqual(target["actual"], float(Fraction(total - down, total) * 100), places=12)
                self.assertEqual((target["target"], target["met"]), (99.9, met))

    def test_evidence_names_the_outage_and_its_minutes(self):
        contract = self._promise()
        outage = self._outage("2026-04-10 10:00:00", 50)
        evidence = self._uptime(self._check(contract, "2026-04-01", "2026-04-30"))["evidence"]
        self.assertEqual(
            [(one["model"], one["id"], one["name"]) for one in evidence],
            [("kor.sla.outage", outage.id, "Sign-in fails")],
        )
        self.assertIn("50 min", evidence[0]["detail"])

    def test_times_count_in_the_month_in_which_they_are_decided(self):
        contract = self._promise()
        late = self._clock(contract, "response", "2026-04-10", 90)
        self._clock(contract, "response", "2026-04-11", 30)
        self._clock(contract, "response", "2026-05-11", 30)
        self._clock(contract, "resolution", "2026-04-12", 480, target=480)
        result = self._check(contract, "2026-04-01", "2026-04-30")
        found = {(one["kind"], one["priority"]): one for one in result["targets"]}
        self.assertEqual(list(found), [("uptime", ""), ("response", "3"), ("response", "1"), ("resolution", "3")])
        response = found["response", "3"]
        self.assertEqual(
            [response[name] for name in ("target", "actual", "met", "count", "missed")], [60, 90.0, False, 2, 1]
        )
        self.assertEqual(
            (response["evidence"][0]["model"], response["evidence"][0]["id"]), ("project.task", late.task_id.id)
        )
        # 480 of 480 minutes: not later than due.
        self.assertTrue(found["resolution", "3"]["met"])
        self.assertEqual((found["response", "1"]["count"], found["response", "1"]["met"]), (0, True))
        self.assertFalse(result["is_met"])

    def test_days_are_those_of_the_agreements_zone(self):
        contract = self._promise(tz="America/New_York")
        # 1 May 02:00 UTC is still 30 April in New York.
        self._outage("2026-05-01 02:00:00", 60)
        self.assertFalse(self._uptime(self._check(contract, "2026-04-01", "2026-04-30"))["met"])
        self.assertTrue(self._uptime(self._check(contract, "2026-05-01", "2026-05-31"))["met"])

    def test_preview_of_credits_by_month(self):
        contract = self._promise()
        self._bill_at(contract, "2026-05-01")
        self._outage("2026-04-10 10:00:00", 50)
        credits = self._check(contract, "2026-03-01", "2026-05-31", day="2026-06-05")["credits"]
        # 99.884259 %: 10 % of 1,000.
        self.assertEqual((credits["total"], [one["month"] for one in credits["months"]]), (100.0, ["2026-04-01"]))
        self.assertEqual(credits["months"][0]["parts"][0]["claims"][0]["percent"], 10)
        self.assertFalse(self.env["kor.sla.credit"].search([("contract_id", "=", contract.id)]))

    def test_a_contract_that_was_amended_is_judged_by_each_version_in_its_own_days(self):
        contract = self._promise()
        with freeze_time("2026-04-16"):
            self._amend(contract, "2026-04-16", {"kind": "sla", "uptime_target": 99.0})
        self._outage("2026-04-20 10:00:00", 50)
        targets = [
            one for one in self._check(contract, "2026-04-01", "2026-04-30")["targets"] if one["kind"] == "uptime"
        ]
        self.assertEqual(
            [(one["date_from"], one["date_to"], one["target"], one["met"]) for one in targets],
            [("2026-04-01", "2026-04-15", 99.9, True), ("2026-04-16", "2026-04-30", 99.0, True)],
        )

    def test_bad_periods_are_refused_with_a_sentence(self):
        contract = self._promise()
        for first, last, words in [
            ("2026-04-30", "2026-04-01", "before it starts"),
            ("soon", "2026-04-01", "YYYY-MM-DD"),
            ("2020-01-01", "2026-04-01", "at most"),
        ]:
            with self.subTest(first), self.assertRaisesRegex(UserError, words):
                contract.check_compliance(first, last)

    def test_a_customer_reads_own_compliance_only(self):
        contract = self._promise()
        other = self._promise(partner_id=self.other_customer.id)
        user = new_test_user(self.env, "aurora_reader", "base.group_portal", partner_id=self.customer.id)
        own = contract.with_user(user).check_compliance("2026-04-01", "2026-04-30")
        self.assertEqual(own["contract"], contract.name)
        with self.assertRaises(Exception) as refused:
            other.with_user(user).check_compliance("2026-04-01", "2026-04-30")
        self.assertIn("AccessError", type(refused.exception).__name__)
