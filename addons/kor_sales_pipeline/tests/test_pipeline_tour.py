from odoo.tests import HttpCase, tagged

from .pipeline_common import PipelineCase


@tagged("post_install", "-at_install")
class TestPipelineTour(PipelineCase, HttpCase):
    def test_a_seller_reads_the_dashboard_and_is_told_what_a_stage_asks(self):
        seller = self._create_user("kor_tour_seller")
        lead = self._create_lead("Tour of the harbour", user_id=seller.id)
        self.start_tour("/odoo/kor-sales", "kor_pipeline_tour", login=seller.login)
        self.assertEqual(lead.kor_stage_key, "lead")
