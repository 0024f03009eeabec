from dateutil.relativedelta import relativedelta

from odoo.fields import Command, Date
from odoo.tests import HttpCase, new_test_user, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestTour(KorRevenueCommon, HttpCase):
    def test_an_accountant_closes_a_month_and_finds_a_customer_s_deferred_revenue(self):
        start = Date.today() + relativedelta(months=-1, day=1)
        contract = self._make_contract(
            {"unit_price": 1200.0, "billing_months": 12, "revenue_method": "equal"}, term="annual", date_start=start
        )
        self._bill(contract, Date.to_string(start), Date.to_string(start))
        accountant = new_test_user(
            self.env, "kor_rev_accountant", "base.group_user,kor_revenue.group_kor_revenue_user",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        self.start_tour("/odoo/kor-revenue-closes/new", "kor_revenue_tour", login=accountant.login)
        close = self.env["kor.revenue.close"].search([("company_id", "=", self.company.id)])
        self.assertRecordValues(close, [{"state": "done", "revenue": 100, "create_uid": accountant.id}])
