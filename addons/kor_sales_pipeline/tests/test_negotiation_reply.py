from odoo.tests import Form, TransactionCase, tagged

from .negotiation_common import NegotiationMixin


@tagged("post_install", "-at_install")
class TestNegotiationReply(NegotiationMixin, TransactionCase):
    def setUp(self):
        super().setUp()
        self.negotiation = self._start()
        self.price = self._ask_for_price(self.negotiation)
        self.term = self._counter(self.negotiation, {"term_months": 24})

    def _open(self):
        action = self.negotiation.action_answer()
        return self.env[action["res_model"]].with_user(self.seller).browse(action["res_id"])

    def test_dialog_opens_with_what_accepting_would_change(self):
        reply = self._open()
        self.assertEqual(reply.line_ids.offer_id, self.price | self.term)
        self.assertEqual([reply.preview[key]["mrr"] for key in ("before", "asked", "ours")], [600, 500, 500])
        self.assertIn("500.00", reply.preview_html)
        self.assertTrue(reply.is_seen)

    def test_changed_answers_are_shown_before_they_are_given(self):
        reply = self._open()
        with Form(reply) as form:
            with form.line_ids.edit(0) as line:
                line.decision = "counter"
                line.price_unit = 9
                line.note = "Meet in the middle."
            with form.line_ids.edit(1) as line:
                line.decision = "decline"
                line.note = "One year first."
            self.assertFalse(form.is_seen)
        shown = reply.action_answer()
        self.assertEqual(shown["res_model"], "kor.negotiation.reply")
        self.assertEqual(reply.preview["ours"]["mrr"], 550)
        self.assertFalse(self.negotiation.next_order_id)
        result = reply.action_answer()
        version = self.env["sale.order"].browse(result["res_id"])
        self.assertEqual((version.order_line[1].price_unit, version.kor_term_months), (9, 12))
        self.assertEqual(self.negotiation.next_order_id, version)

    def test_countered_price_may_be_answered_by_a_discount(self):
        reply = self._open()
        with Form(reply) as form, form.line_ids.edit(0) as line:
            line.decision = "counter"
            line.discount = 10
        self.assertEqual(reply.line_ids[0].ours_text, "Unit price: $\N{NO-BREAK SPACE}10.00 · Discount (%): 10")
        reply.action_preview()
        # 100 + 50 × 10 less 10 %.
        self.assertEqual(reply.preview["ours"]["mrr"], 550)

    def test_breaking_off_asks_for_the_reason(self):
        wizard = self.env["kor.negotiation.break.off"].with_user(self.seller)
        wizard.create({"negotiation_id": self.negotiation.id, "reason": "Too dear."}).action_confirm()
        self.assertEqual(self.negotiation.state, "broken_off")

    def test_buttons_lead_to_the_negotiation_and_begin_one(self):
        self.assertEqual(self.order.with_user(self.seller).action_kor_negotiate()["res_id"], self.negotiation.id)
        lead, order = self._create_deal(self.company_b)
        action = order.with_user(self.seller).action_kor_negotiate()
        self.assertEqual(action["res_id"], lead.kor_negotiation_id.id)
        order.opportunity_id = False
        with self.assert_refused("belongs to no opportunity"):
            order.with_user(self.seller).action_kor_negotiate()

    def test_all_views_open(self):
        for mode in ("form", "list", "kanban", "search", "graph"):
            with self.subTest(mode):
                self.assertTrue(self.negotiation.get_view(view_type=mode)["arch"])
        with Form(self.negotiation) as form:
            form.note = "<p>Limit</p>"
        self.assertTrue(self.env["kor.negotiation"].with_user(self.seller).web_search_read([], {"name": {}, "arr": {}}))
