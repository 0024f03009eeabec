from odoo.fields import Command
from odoo.tests import Form, tagged

from .deal_common import DealCase


@tagged("post_install", "-at_install")
class TestCurrentProposal(DealCase):
    """An opportunity is worth what its proposal comes to. By the plan: 100 a month, 10 for each user, 500 once."""

    def _open(self, **values):
        values = {"partner_id": self.customer.id, "kor_plan_id": self.plan.id, "kor_users": 20, **values}
        values["probability"] = 50
        return self._create_lead(kor_date_start=self.start, **values)

    def _propose(self, lead, percent=0, **changes):
        order = self.env["sale.order"].browse(lead.generate_proposal())
        return self._change(order, percent, **changes)

    def _change(self, order, percent=0, **changes):
        """Return the order, or its next version, with a discount on the users and other changes."""
        users = order.order_line.filtered(lambda line: line.kor_terms_id.name == "Users")
        lines = [{"line": users.id, "discount": percent}] if percent else []
        return order.browse(order.customize_proposal({"lines": lines, **changes}))

    def _send(self, order):
        if order.kor_approval_state != "none":
            order.action_kor_ask_approval()
            order.with_user(self.manager).action_kor_approve("")
        order.action_quotation_sent()
        return order

    def _assert_worth(self, lead, mrr, tcv, order=None):
        self.assertEqual((lead.kor_mrr, lead.kor_arr, lead.kor_tcv), (mrr, mrr * 12, tcv))
        self.assertEqual((lead.recurring_revenue, lead.expected_revenue), (mrr * 12, tcv))
        self.assertEqual((lead.kor_arr_weighted, lead.prorated_revenue), (mrr * 6, tcv / 2))
        self.assertEqual(lead.kor_order_id, order or self.env["sale.order"])
        if order:
            figures = order._kor_figures()
            self.assertEqual((lead.kor_mrr, lead.kor_tcv), (figures["mrr"], figures["tcv"]))

    def test_a_discount_counts_once_it_is_sent(self):
        lead = self._open()
        self._assert_worth(lead, 300, 4100)
        order = self._propose(lead, 8)
        self._assert_worth(lead, 300, 4100)
        self._send(order)
        self._assert_worth(lead, 284, 3908, order)
        self.assertEqual(lead.kor_one_time, order.kor_one_time)

    def test_the_newest_version_counts_when_it_is_sent_or_approved(self):
        lead = self._open()
        first = self._send(self._propose(lead, 8))
        second = self._change(first, 25, term_months=24)
        self.assertEqual((second.kor_previous_id, second.kor_approval_state), (first, "needed"))
        self._assert_worth(lead, 284, 3908, first)
        second.action_kor_ask_approval()
        self._assert_worth(lead, 284, 3908, first)
        second.with_user(self.manager).action_kor_approve("")
        self._assert_worth(lead, 250, 6500, second)
        self._change(second, 30)
        self.assertEqual(second.kor_approval_state, "needed")
        self._assert_worth(lead, 284, 3908, first)
        self._send(second)
        self._assert_worth(lead, 240, 6260, second)

    def test_an_option_counts_once_the_customer_chooses_it(self):
        lead = self._open()
        order = self._send(self._propose(lead))
        self._assert_worth(lead, 300, 4100, order)
        option = order.order_line.filtered(lambda line: line.kor_terms_id.name == "Training")
        option.sudo().product_uom_qty = 1
        self._assert_worth(lead, 330, 4460, order)

    def test_a_withdrawn_proposal_gives_way_to_what_was_estimated(self):
        lead = self._open()
        order = self._send(self._propose(lead, 8))
        self.plan.charge_ids.filtered(lambda charge: charge.name == "Base fee").unit_price = 999
        order.with_context(disable_cancel_warning=True).action_cancel()
        self._assert_worth(lead, 300, 4100)

    def test_a_quotation_without_terms_does_not_count(self):
        lead = self._open()
        self.plan.charge_ids.filtered(lambda charge: charge.name == "Base fee").unit_price = 999
        self._create_order(lead)
        self._assert_worth(lead, 300, 4100)

    def test_what_was_typed_stays(self):
        lead = self._open(expected_revenue=9000)
        order = self._send(self._propose(lead, 8))
        self.assertEqual((lead.expected_revenue, lead.kor_arr, lead.recurring_revenue), (9000, 3408, 3408))
        order.action_confirm()
        self.assertEqual((lead.won_status, lead.expected_revenue), ("won", 9000))

    def test_what_is_signed_is_worth_what_it_comes_to_not_its_gross_amount(self):
        self.plan.discount_ids = [Command.create({"name": "First month", "value": 50, "periods": 1})]
        lead = self._open(kor_term_months=1)
        order = self._send(self._propose(lead))
        worth = lead.kor_value
        self.assertLess(lead.kor_tcv, order.amount_untaxed)
        order.action_confirm()
        self.assertEqual((lead.won_status, lead.expected_revenue, lead.kor_order_id), ("won", worth, order))

    def test_expected_use_counts_for_the_term_of_the_proposal(self):
        lead = self._open(kor_usage_ids=[Command.create({"metric_id": self.storage.id, "quantity": 40})])
        self.assertEqual((lead.kor_tcv, lead.kor_usage_revenue, lead.expected_revenue), (4100, 120, 4220))
        self._send(self._propose(lead, term_months=24))
        self.assertEqual((lead.kor_tcv, lead.kor_usage_revenue, lead.expected_revenue), (7700, 240, 7940))

    def test_the_screen_explains_the_figures_by_the_proposal(self):
        lead = self._open()
        order = self._send(self._propose(lead, 8))
        self.assertIn("Agreed discount", lead.kor_estimate_html)
        with Form(lead.with_user(self.seller).sudo()) as form:
            self.assertEqual((form.kor_order_id, form.kor_mrr), (order, 284))
            form.kor_users = 50
            self.assertEqual(form.kor_mrr, 284)

    def test_many_opportunities_take_as_many_queries_as_one(self):
        leads = self.env["crm.lead"].union(*(self._open() for _number in range(4)))
        for lead in leads:
            self._send(self._propose(lead, 8))
        counts = []
        for group in (leads[:1], leads[1:]):
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.add_to_compute(leads._fields["kor_mrr"], group)
            before = self.env.cr.sql_log_count
            self.assertEqual(group.mapped("kor_mrr"), [284] * len(group))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
