from odoo.fields import Date
from odoo.tests import HttpCase, tagged
from odoo.tools import date_utils

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestTour(KorBillingCommon, HttpCase):
    def test_billing_user_previews_invoices_and_explains_in_the_browser(self):
        start = date_utils.start_of(Date.today(), "month")
        contract = self._make_contract(date_start=start)
        self.start_tour(f"/odoo/kor-contracts/{contract.id}", "kor_billing_tour", login=self.biller.login)
        self.assertEqual(contract.billing_item_ids.date_start, start)
        self.assertEqual(contract.invoice_ids.state, "posted")
        self.assertEqual(contract.invoice_ids.amount_untaxed, 100)
