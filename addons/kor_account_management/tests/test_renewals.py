from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from .common import KOR, AccountCase


@tagged("post_install", "-at_install")
class TestRenewals(AccountCase):
    """Each end of a term is forecast from health, and what came of it is noted."""

    def _end_in(self, days, **values):
        return self._make_contract(
            term="custom", date_start=self.first_day, date_end=self.today + timedelta(days=days), **values
        )

    def _refresh(self):
        self.env.flush_all()
        self.account.invalidate_recordset()
        self.env["kor.renewal"]._refresh(self.account)

    def _renewal(self, contract):
        return self.env["kor.renewal"].search([("contract_id", "=", contract.id)])

    def _set_score(self, score):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE kor_account SET health_score = %s, health_band = 'watch' WHERE id = %s", (score, self.account.id)
        )

    def test_probability_follows_from_health(self):
        contract = self._end_in(200)
        # 5 + 93 × score / 100; of an ARR of 1200.
        cases = [(100, 98, "commit", 1176), (60, 60.8, "best_case", 729.6), (20, 23.6, "at_risk", 283.2)]
        for score, probability, category, weighted in cases:
            with self.subTest(score=score):
                self._set_score(score)
                self._refresh()
                self.assertRecordValues(
                    self._renewal(contract),
                    [
                        {
                            "arr": 1200, "probability": probability, "expected": probability, "category": category,
                            "weighted": weighted, "basis": "health", "state": "open",
                        }
                    ],
                )  # fmt: skip

    def test_unknown_health_is_taken_as_most_renew(self):
        contract = self._end_in(200)
        self._refresh()
        self.assertRecordValues(self._renewal(contract), [{"probability": 80, "basis": "unknown", "weighted": 960}])

    def test_terms_beyond_fifteen_months_and_open_ended_ones_are_left_out(self):
        far, soon = self._end_in(480), self._end_in(440)
        self._refresh()
        self.assertFalse(self._renewal(far) + self._renewal(self.contract))
        self.assertTrue(self._renewal(soon))

    def test_own_estimate_holds_until_it_is_taken_back(self):
        contract = self._end_in(200)
        self._refresh()
        renewal = self._renewal(contract)
        renewal.probability_manual = 40
        self.assertRecordValues(renewal, [{"expected": 40, "category": "at_risk", "weighted": 480}])
        self._set_score(100)
        self._refresh()
        self.assertRecordValues(renewal, [{"probability": 98, "expected": 40, "category": "at_risk", "weighted": 480}])
        renewal.action_use_computed()
        self.assertRecordValues(renewal, [{"expected": 98, "category": "commit", "weighted": 1176}])
        with self.assertRaisesRegex(ValidationError, "between 0 and 100"):
            renewal.probability_manual = 140

    def test_category_that_was_chosen_by_hand_stays(self):
        contract = self._end_in(200)
        self._refresh()
        renewal = self._renewal(contract)
        renewal.category = "lost"
        self._set_score(100)
        self._refresh()
        self.assertEqual((renewal.category, renewal.probability), ("lost", 98))

    def test_agreed_cancellation_and_agreed_renewal_are_certain(self):
        left, renewed = self._end_in(100), self._end_in(100)
        self._amend(left, left.date_end + timedelta(days=1), {"kind": "cancel"})
        renewed.renew(str(renewed.date_end + timedelta(days=365)), agreed_by="Ada")
        self._refresh()
        self.assertRecordValues(
            self._renewal(left) + self._renewal(renewed),
            [
                {"probability": 0, "category": "lost", "basis": "leaving", "weighted": 0},
                {"probability": 100, "category": "commit", "basis": "agreed", "weighted": 1200},
            ],
        )

    def test_new_term_is_the_outcome(self):
        contract = self._end_in(100)
        self._refresh()
        renewal = self._renewal(contract)
        contract.renew(str(contract.date_end + timedelta(days=300)), agreed_by="Ada")
        contract.renewal_amendment_id.sudo()._apply()
        self.env["kor.renewal"]._note_outcomes()
        self.assertRecordValues(renewal, [{"state": "renewed", "weighted": 1200, "date_outcome": self.today}])
        self.assertEqual(renewal.term_id.number, 2)
        self._refresh()
        self.assertEqual(len(self._renewal(contract)), 2)

    def test_end_without_a_successor_is_a_loss_and_with_one_a_renewal(self):
        lost, followed = self._end_in(100), self._end_in(100)
        self._refresh()
        renewals = self._renewal(lost) + self._renewal(followed)
        for contract in lost + followed:
            contract.sudo()._set_state("ended")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE kor_contract SET date_end = %s, date_end_effective = %s WHERE id = ANY(%s)",
            (self.today - timedelta(days=60), self.today - timedelta(days=60), lost.ids),
        )
        self.env.cr.execute(
            "UPDATE kor_contract SET date_end = %s, date_end_effective = %s WHERE id = ANY(%s)",
            (self.today - timedelta(days=1), self.today - timedelta(days=1), followed.ids),
        )
        self.env.invalidate_all()
        successor = self._make_contract(date_start=self.today)
        self.env["kor.renewal"]._note_outcomes()
        self.assertEqual(renewals.mapped("state"), ["lost", "renewed"])
        self.assertEqual(renewals[1].successor_id, successor)
        self.assertEqual(renewals.mapped("weighted"), [0, 1200])

    def test_end_that_is_moved_is_one_renewal_on_its_new_day(self):
        contract = self._end_in(100)
        self._refresh()
        self.env.flush_all()
        self.env.cr.execute("UPDATE kor_contract SET date_end = %s WHERE id = %s",
                            (self.today + timedelta(days=130), contract.id))  # fmt: skip
        self.env.invalidate_all()
        self._refresh()
        self.assertEqual(self._renewal(contract).date, self.today + timedelta(days=130))

    def test_manager_gets_one_activity_ahead_of_the_notice(self):
        manager = new_test_user(self.env, "kor_am", f"base.group_user,{KOR}.group_kor_account_user",
                                company_id=self.company.id, company_ids=[(6, 0, self.company.ids)])  # fmt: skip
        self.account.user_id = manager
        # Notice 30 days before the end: in 50 and in 90 days.
        soon, later = self._end_in(80), self._end_in(120)
        self._refresh()
        self._refresh()
        activity = self._renewal(soon).activity_ids
        self.assertEqual((len(activity), activity.user_id), (1, manager))
        # Half of the sixty days before the notice.
        self.assertEqual(activity.date_deadline, self.today + timedelta(days=20))
        self.assertFalse(self._renewal(later).activity_ids)
