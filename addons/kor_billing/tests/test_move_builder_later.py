from datetime import date
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .move_builder_common import MoveBuilderCase


@tagged("post_install", "-at_install")
@freeze_time("2026-01-05")
class TestMoveBuilderLater(MoveBuilderCase):
    """What is done natively with an invoice afterwards comes out the same too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = [
            cls._make_line(cls.tax),
            cls._make_line(cls._make_tax("Included", 19.0, price_include_override="tax_included"), cls.tax),
        ]
        cls.terms = cls.env["account.payment.term"].create(
            {
                "name": "Two Instalments",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((30, 0), (70, 30))
                ],
            }
        )

    def _assert_same_after(self, change, post=True):
        """Compare the pair after a change; the change may return further entries to compare."""
        for currency in (self.currency, self.euro):
            with self.subTest(currency=currency.name):
                values = self._make_values(*self.lines, currency_id=currency.id, invoice_payment_term_id=self.terms.id)
                pair = self._make_pair(values)
                further = []
                for move in pair:
                    if post:
                        move._post()
                    further.append(change(move) or self.env["account.move"])
                self._assert_same(*pair)
                self._assert_same(*further)

    def test_reset_to_draft_edited_and_posted_again(self):
        def change(move):
            move.button_draft()
            move.invoice_line_ids[0].price_unit = 12.34
            move.action_post()

        self._assert_same_after(change)

    def test_lines_of_a_draft_changed_added_and_removed(self):
        def change(move):
            first, second = move.invoice_line_ids
            move.write(
                {
                    "invoice_line_ids": [
                        Command.update(first.id, {"quantity": 5, "tax_ids": [Command.clear()]}),
                        Command.delete(second.id),
                        Command.create({"product_id": self.product.id, "price_unit": 7.0}),
                    ]
                }
            )
            move.invoice_line_ids[-1].discount = 50.0

        self._assert_same_after(change, post=False)

    def test_head_of_a_draft_changed(self):
        immediate = self.env.ref("account.account_payment_term_immediate")
        changes = {
            "currency": {"currency_id": self.yen.id},
            "date": {"invoice_date": date(2026, 1, 2)},
            "terms": {"invoice_payment_term_id": immediate.id},
            "customer": {"partner_id": self.other_customer.id},
        }
        for name, values in changes.items():
            with self.subTest(change=name):
                self._assert_same_after(lambda move, values=values: move.write(values) and None, post=False)

    def test_rate_of_a_draft_changed(self):
        slow, fast = self._make_pair(self._make_values(*self.lines, currency_id=self.euro.id))
        (slow | fast).invoice_currency_rate = 3.0
        self._assert_same(slow, fast)

    def test_paid_in_full_and_in_part(self):
        for share in (1.0, 0.4):

            def change(move, share=share):
                wizard = self.env["account.payment.register"].with_context(
                    active_model="account.move", active_ids=move.ids
                )
                payments = wizard.create({"amount": move.amount_total * share})._create_payments()
                return payments.move_id

            with self.subTest(share=share):
                self._assert_same_after(change)

    def test_tax_that_is_due_on_payment(self):
        slow, fast = self._make_pair(self._make_values(self._make_line(self._make_payment_tax()), *self.lines))
        for move in (slow, fast):
            move._post()
            self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
                {}
            )._create_payments()
        self.assertTrue(slow.tax_cash_basis_created_move_ids)
        self._assert_same(slow, fast)
        self._assert_same(slow.tax_cash_basis_created_move_ids, fast.tax_cash_basis_created_move_ids)

    def test_credited(self):
        for cancel in (True, False):
            with self.subTest(cancel=cancel):
                self._assert_same_after(
                    lambda move, cancel=cancel: move._reverse_moves([{"invoice_date": date(2026, 1, 5)}], cancel)
                )

    def test_billed_contract_is_the_same_with_and_without(self):
        contract = self._make_contract(
            {"name": "Seats", "charge_type": "per_unit", "metric_id": self.users.id, "quantity": 7, "unit_price": 3.33},
            {"name": "Yearly", "billing_months": 12, "unit_price": 1200},
            date_start="2026-01-10",
            anchor_day=1,
        )
        results = []
        for complete in (type(self.builder)._complete, lambda _self, vals_list: vals_list):
            with patch.object(type(self.builder), "_complete", complete), self.env.cr.savepoint() as savepoint:
                move = self._bill(contract, "2026-01-01", "2026-01-31")
                results.append([*self._read_moves(move), self._read_rows(move.kor_item_ids)])
                savepoint.rollback()
            self.env.invalidate_all()
            self.env["account.move"]._get_sequence_cache().clear()
        self.assertEqual(*results)
        self.assertTrue(results[0][0])
