from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestInvoiceStates(KorBillingCommon):
    def setUp(self):
        super().setUp()
        self.contract = self._make_contract()
        self.move = self._bill(self.contract, "2026-01-01", "2026-01-31")

    def test_lines_follow_customer_and_currency_in_the_form_of_any_invoice(self):
        other = self.env["res.partner"].create({"name": "Other"})
        foreign = self.setup_other_currency("EUR")
        move = self.init_invoice("out_invoice", amounts=[100.0])
        with Form(move) as form:
            form.partner_id = other
            form.currency_id = foreign
            # What the form shows before it is saved.
            shown = form.invoice_line_ids._records[0]
            self.assertEqual((shown["partner_id"], shown["currency_id"]), (other.id, foreign.id))
        self.assertEqual(move.line_ids.partner_id, other)
        self.assertEqual(move.line_ids.currency_id, foreign)

    def test_reset_invoice_frees_its_slices(self):
        self.move.button_draft()
        self.assertEqual(self.contract.billing_item_ids.state, "released")
        self.assertEqual(str(self.contract.next_billing_date), "2026-01-01")
        self.assertEqual(self._bill(self.contract, "2026-01-01", "2026-01-31").amount_untaxed, 100)

    def test_cancelled_invoice_frees_its_slices(self):
        self.move.button_draft()
        self.move.button_cancel()
        self.assertEqual(self.contract.billing_item_ids.state, "released")
        self.assertTrue(self.contract.generate_invoice("2026-01-01", "2026-01-31"))

    def test_posting_a_reset_invoice_again_books_its_slices_again(self):
        self.move.button_draft()
        self.move.action_post()
        self.assertEqual(self.contract.billing_item_ids.state, "booked")
        self.assertFalse(self.contract.generate_invoice("2026-01-01", "2026-01-31"))

    def test_reset_invoice_cannot_be_posted_when_another_has_billed_its_period(self):
        self.move.button_draft()
        other = self._bill(self.contract, "2026-01-01", "2026-01-31")
        with self.assertRaisesRegex(UserError, other.name):
            self.move.action_post()

    def test_deleting_a_draft_s_line_frees_its_slice(self):
        self.company.kor_invoice_posting = "draft"
        move = self._bill(self.contract, "2026-02-01", "2026-02-28")
        self.assertEqual(str(self.contract.next_billing_date), "2026-03-01")
        move.unlink()
        self.assertEqual(str(self.contract.next_billing_date), "2026-02-01")
        self.assertTrue(self.contract.generate_invoice("2026-02-01", "2026-02-28"))

    def test_credit_note_keeps_the_slices_and_says_so(self):
        credit = self.move._reverse_moves([{"invoice_date": self.move.invoice_date}], cancel=True)
        self.assertEqual(self.move.payment_state, "reversed")
        self.assertEqual(self.contract.billing_item_ids.state, "booked")
        self.assertFalse(self.contract.generate_invoice("2026-01-01", "2026-01-31"))
        self.assertIn("stay billed", self.move.message_ids[0].body)
        self.assertEqual(credit.kor_contract_id, self.contract)

    def test_copy_of_an_invoice_bills_nothing(self):
        copy = self.move.copy()
        self.assertFalse(copy.kor_item_ids)
        self.assertFalse(any(copy.invoice_line_ids.mapped("kor_explanation")))
        copy.action_post()
        self.assertEqual(len(self.contract.billing_item_ids), 1)

    def test_explain_opens_the_slice_and_refuses_a_line_written_by_hand(self):
        action = self.move.invoice_line_ids.action_kor_explain()
        item = self.env["kor.billing.item"].browse(action["res_id"])
        self.assertEqual(item.move_line_id, self.move.invoice_line_ids)
        self.assertIn("100.00", item.explanation_html)
        by_hand = self._create_invoice_one_line(price_unit=10)
        with self.assertRaises(UserError):
            by_hand.invoice_line_ids.action_kor_explain()
