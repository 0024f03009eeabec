from odoo.tests import HttpCase, new_test_user, tagged

from .common import KOR, AccountCase


@tagged("post_install", "-at_install")
class TestHealthTour(AccountCase, HttpCase):
    def test_an_account_manager_reads_why_an_account_is_at_risk(self):
        user = new_test_user(
            self.env,
            "kor_tour_manager",
            f"base.group_user,{KOR}.group_kor_account_user",
            company_id=self.company.id,
            company_ids=self.company.ids,
            tz="UTC",
        )
        self.account.user_id = user
        self._use(self.calls, 56, 28, 100)
        self._use(self.calls, 28, 0, 55)
        self.account._take_snapshots(self.today)
        self.start_tour("/odoo/kor-accounts", "kor_account_health", login="kor_tour_manager")
