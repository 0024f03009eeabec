from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Datetime
from odoo.tests import new_test_user, tagged

from .common import KOR, AccountCase


@tagged("post_install", "-at_install")
class TestPlaybooks(AccountCase):
    """A playbook starts its activities once on a signal, and not again on the account in its pause."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "kor_am", f"base.group_user,{KOR}.group_kor_account_user",
                                    company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)])  # fmt: skip
        cls.account.user_id = cls.manager
        cls.playbook = cls.env.ref(f"{KOR}.playbook_usage_falls")

    def _signal(self, **values):
        return (
            self.env["kor.signal"]
            .sudo()
            .create(
                {"account_id": self.account.id, "kind": "usage_falls", "key": "usage", "name": "Usage falls", **values}
            )
        )

    def _start(self):
        self.env.flush_all()
        return self.env["kor.playbook"]._start(self.account)

    def test_activities_are_the_managers_and_come_once(self):
        signal = self._signal()
        self.assertEqual(self._start().signal_id, signal)
        self.assertFalse(self._start())
        activities = self.account.activity_ids
        self.assertEqual(activities.user_id, self.manager)
        # As in the plan: a call after 1 day, a review after 10, a look after 28.
        days = sorted((one.date_deadline - self.today).days for one in activities)
        self.assertEqual(days, [1, 10, 28])

    def test_pause_holds_for_another_signal_of_the_account(self):
        first = self._signal()
        runs = self._start()
        first.write({"date_over": Datetime.now(), "state": "over"})
        self.env.flush_all()
        second = self._signal()
        self.assertFalse(self._start())
        runs.date = Datetime.now() - timedelta(days=31)
        self.assertEqual(self._start().signal_id, second)

    def test_signal_of_an_account_without_a_manager_waits_for_one(self):
        self.account.user_id = False
        self._signal()
        self.assertFalse(self._start())
        self.account.user_id = self.manager
        self.assertEqual(len(self._start()), 1)

    def test_playbook_of_other_tiers_does_not_start(self):
        self.playbook.tier_ids = self.env.ref("kor_enterprise_tiers.tier_professional")
        self.env.flush_all()
        self.account._refresh_aggregates()
        self._signal()
        self.assertEqual(len(self._start()), 1)
        other = self.env["kor.tier"].search([("id", "!=", self.account.tier_id.id)], limit=1)
        self.env["kor.signal"].search([("account_id", "=", self.account.id)]).unlink()
        self.playbook.tier_ids = other
        self._signal()
        self.assertFalse(self._start())

    def test_dismissed_signal_starts_nothing(self):
        self._signal().dismiss("Holidays.")
        self.assertFalse(self._start())

    def test_plan_for_something_else_is_refused(self):
        plan = self.env["mail.activity.plan"].create({"name": "Leads", "res_model": "crm.lead"})
        with self.assertRaisesRegex(ValidationError, "is not for accounts"):
            self.playbook.plan_id = plan

    def test_started_playbook_is_kept(self):
        self._signal()
        self._start()
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.playbook.unlink()
