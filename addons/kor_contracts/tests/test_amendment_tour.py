from datetime import timedelta

from odoo.fields import Date
from odoo.tests import HttpCase, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestAmendmentTour(ContractCase, HttpCase):
    def test_officer_amends_previews_and_agrees_in_the_browser(self):
        officer = self._create_user("tour_officer", "officer")
        seats = {"charge_type": "per_unit", "metric_id": self.seats.id, "unit_price": 31, "quantity": 10}
        start = Date.today() - timedelta(days=40)
        contract = self._create_contract({**seats, "name": "Seats"}, activate=True, date_start=start)
        self.start_tour(f"/odoo/kor-contracts/{contract.id}", "kor_amendment_tour", login=officer.login)
        self.assertEqual(contract.amendment_ids.state, "applied")
        self.assertEqual((contract.mrr, contract.amendment_ids.agreed_by), (465, "Ada"))
