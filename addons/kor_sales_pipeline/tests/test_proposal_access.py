from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common import ProposalCase

INTERNAL = (
    "kor_margin",
    "kor_margin_percent",
    "kor_discount_percent",
    "kor_approval_reasons",
    "kor_approval_note",
    "kor_approval_ids",
    "kor_approval_state",
    "kor_snapshot",
    "kor_section_ids",
    "kor_terms_ids",
    "kor_signed_document_ids",
)


@tagged("post_install", "-at_install")
class TestProposalAccess(ProposalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(cls.env, "prop_portal", "base.group_portal", partner_id=cls.contact.id)
        cls.order = cls._send(cls._propose())
        cls.order.message_subscribe(cls.contact.ids)

    def test_customer_reads_no_margins_and_no_internal_notes(self):
        order = self.order.with_user(self.portal)
        self.assertEqual(order.read(["name"])[0]["name"], self.order.name)
        for name in INTERNAL:
            with self.subTest(name), self.assertRaises(AccessError):
                order.read([name])
        self.assertFalse(set(INTERNAL) & set(order.fields_get()))

    def test_who_only_sells_reads_every_field_and_works_as_before(self):
        """Other systems read all fields that a user is told of."""
        plain = new_test_user(self.env, "prop_plain", "sales_team.group_sale_salesman")
        lead = self._create_lead(user_id=plain.id, kor_users=7)
        mine = self.env["sale.order"].create({"partner_id": self.customer.id, "user_id": plain.id})
        self.order.user_id = plain
        for record in (lead, mine, self.order):
            with self.subTest(record._name):
                self.assertTrue(record.with_user(plain).read())
        # Of these Odoo itself has fields that a salesperson is told of and may not read.
        for record in (self.order.order_line, self.product, lead.stage_id, lead.team_id):
            names = [name for name in record.with_user(plain).fields_get() if name.startswith("kor_")]
            with self.subTest(record._name):
                self.assertEqual(len(record.with_user(plain).read(names)), len(record))
        with Form(self.env["sale.order"].with_user(plain)) as form:
            form.partner_id = self.customer
            with form.order_line.new() as line:
                line.product_id = self.product
        form.record.copy()
        form.record.action_confirm()
        self.assertEqual(form.record.state, "sale")
        invoice = form.record.with_user(plain)._create_invoices()
        self.assertEqual(invoice.state, "draft")

    def test_customer_reads_none_of_the_models_behind(self):
        for model in (
            "kor.proposal.terms",
            "kor.proposal.section",
            "kor.proposal.clause",
            "kor.proposal.approval",
            "kor.signed.document",
            "kor.proposal.section.template",
        ):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.portal).search([])

    def test_customer_calls_nothing_that_is_for_staff(self):
        order = self.order.with_user(self.portal)
        lead = self.order.opportunity_id.with_user(self.portal)
        calls = {
            "customize": lambda: order.customize_proposal({"discount": 50}),
            "compare": lambda: order.compare_versions(self.order.id),
            "approve": lambda: order.action_kor_approve(),
            "ask": lambda: order.action_kor_ask_approval(),
            "version": lambda: order.action_kor_make_version(),
            "generate": lambda: lead.generate_proposal(),
            "confirm": lambda: order.action_confirm(),
        }
        for name, call in calls.items():
            with self.subTest(name), self.assertRaises(Exception) as refusal:
                call()
            self.assertIn(type(refusal.exception).__name__, ("AccessError", "UserError"))
        self.assertEqual(self.order.state, "sent")

    def test_seller_works_with_their_own_rights(self):
        lead = self._create_lead().with_user(self.seller)
        order = self.env["sale.order"].with_user(self.seller).browse(lead.generate_proposal())
        order.customize_proposal(
            {"lines": [{"line": self._get(order, "Base fee").id, "price_unit": 95}], "date_start": "2030-03-01"}
        )
        order.action_quotation_sent()
        self.assertTrue(order.kor_snapshot_hash)
        with self.assertRaises(AccessError):
            self.env["kor.proposal.section.template"].with_user(self.seller).search([])[:1].write({"name": "x"})

    def test_seller_changes_a_proposal_on_its_form(self):
        order = self._propose().with_user(self.seller)
        with Form(order) as form:
            form.kor_term_months = 24
            form.kor_uptime_target = 99.9
            with form.kor_section_ids.edit(0) as section:
                section.title = "Why us"
            with form.order_line.edit(1) as line:
                line.price_unit = 80
        base = self._get(order, "Base fee")
        self.assertEqual((order.kor_term_months, base.kor_terms_id.unit_price, base.price_subtotal), (24, 80, 72))
        self.assertIn("Why us", order.kor_section_ids.mapped("title"))
        self.assertEqual(order.kor_approval_state, "needed")

    def test_seller_does_not_read_the_proposals_of_others(self):
        other = self._create_user("prop_other", "kor_sales_pipeline.group_kor_pipeline_user")
        terms = self.order.order_line.kor_terms_ids[:1]
        with self.assertRaises(AccessError):
            terms.with_user(other).read(["unit_price"])
        with self.assertRaises(AccessError):
            self.order.with_user(other).read(["kor_margin"])
