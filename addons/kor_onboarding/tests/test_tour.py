from odoo.fields import Date
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .common import NOON, OnboardingCase


@tagged("post_install", "-at_install")
class TestOnboardingTour(OnboardingCase, HttpCase):
    def test_customer_ticks_off_and_signs_in_the_browser(self):
        user = self._create_portal_user(self.customer, "onb_harbour")
        with freeze_time(NOON):
            self.template_tasks["login"].kor_observation = False
            onboarding = self._onboard()
            onboarding.complete_step("configuration")
            self._finish(onboarding, "account")
        onboarding.date_agreed = Date.add(Date.today(), years=1)
        self.start_tour("/my", "kor_onboarding_portal_tour", login=user.login)
        self.assertTrue(self._task(onboarding, "login").kor_date_done)
        step = self._step(onboarding, "configuration")
        self.assertEqual((step.status, step.signed_how), ("done", "portal"))
        self.assertTrue(step.signature)

    def test_colleague_starts_an_onboarding_in_the_browser(self):
        colleague = new_test_user(
            self.env,
            "onb_colleague",
            "kor_onboarding.group_kor_onboarding_user,kor_contracts.group_kor_contract_officer",
            password="onb_colleague",
        )
        contract = self._sign()
        self.start_tour(f"/odoo/kor-contracts/{contract.id}", "kor_onboarding_staff_tour", login=colleague.login)
        self.assertEqual(self._step(contract.onboarding_id, "account_setup").status, "done")
