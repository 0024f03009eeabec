from odoo.tests import freeze_time, tagged

from .common import NOON, OnboardingCase


@tagged("post_install", "-at_install")
@freeze_time(NOON)
class TestSignOff(OnboardingCase):
    """A step is done when its tasks are, and signed where that is asked; the onboarding, when all steps are."""

    def test_step_waits_for_its_sign_off_and_then_is_done(self):
        onboarding = self._onboard()
        with self.assert_refused("signed off when its tasks are done"):
            onboarding.sign_off("configuration", "Ada")
        self.assertEqual(onboarding.complete_step("configuration", "Workshop held")["status"], "sign")
        self.assertEqual(self._task(onboarding, "workshop").kor_evidence, "Workshop held")
        with self.assert_refused("Say who of the customer"):
            onboarding.sign_off("configuration", " ")
        step = onboarding.sign_off("configuration", "Ada Lovelace", "By mail")
        self.assertEqual((step["status"], step["signed_by"], step["done"]), ("done", "Ada Lovelace", "2026-04-01"))
        with self.assert_refused("only once"):
            onboarding.sign_off("configuration", "Ada")

    def test_whole_way_from_signature_to_done(self):
        onboarding = self._onboard()
        for day, step in ((2, "account_setup"), (8, "configuration"), (8, "training"), (13, "go_live")):
            with freeze_time(f"2026-04-{day:02} 12:00:00"):
                onboarding.complete_step(step)
        self.assertEqual((onboarding.date_go_live, onboarding.is_on_time), (self._april(13), True))
        self.assertEqual((onboarding.state, onboarding.is_open), ("on_track", True), "the sign-off is missing")
        with freeze_time("2026-04-15 12:00:00"):
            onboarding.sign_off("configuration", "Ada")
        self.assertRecordValues(
            onboarding,
            [{"state": "done", "color": "green", "date_done": self._april(15), "progress": 100, "is_open": False}],
        )

    def test_mails_tell_of_each_turn_once(self):
        onboarding = self._onboard()
        onboarding.complete_step("configuration")
        onboarding.sign_off("configuration", "Ada")
        onboarding.complete_step("account_setup")
        onboarding._replan()
        self._finish(onboarding, "webinar", "live")
        subjects = [message.subject for message in onboarding.message_ids.sorted("id") if message.subject]
        number = onboarding.name
        self.assertEqual(
            subjects,
            [
                f"Welcome! Your way to the go-live ({number})",
                f"Initial configuration waits for you ({number})",
                f"Initial configuration is signed off ({number})",
                f"You are live! ({number})",
            ],
        )
        mails = onboarding.message_ids.filtered("subject")
        self.assertEqual(mails.notified_partner_ids, self.customer)

    def test_customer_is_told_when_it_is_their_turn(self):
        onboarding = self._onboard()
        self._finish(onboarding, "account")
        with freeze_time("2026-04-02 12:00:00"):
            self.env["kor.onboarding"]._cron_follow()
        self.assertEqual(self._step(onboarding, "account_setup").status, "customer")
        mail = onboarding.message_ids.filtered(lambda message: "waits for you" in (message.subject or ""))
        self.assertIn("login", mail.body)
        self.assertNotIn("account", mail.body.replace("Account setup", ""))

    def test_go_live_that_is_reopened_is_none(self):
        onboarding = self._onboard()
        self._finish(onboarding, "live")
        self.assertEqual(onboarding.date_go_live, self._april(1))
        self._task(onboarding, "live").action_kor_reopen()
        self.assertFalse(onboarding.date_go_live)

    def test_cancelled_task_counts_as_settled(self):
        onboarding = self._onboard()
        self._task(onboarding, "webinar").write({"state": "1_canceled"})
        self.assertEqual(self._step(onboarding, "training").status, "done")
