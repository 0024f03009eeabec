from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestPrepaid(KorBillingCommon):
    """Credit sold ahead is drawn before an amount is due."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.liability = cls.env["account.account"].create(
            {"name": "Prepaid by customers", "code": "259900", "account_type": "liability_current"}
        )
        cls.company.kor_prepaid_account_id = cls.liability
        cls.contract = cls._make_contract()

    def _top_up(self, amount, pay=True, **values):
        move = self.env["account.move"].browse(self.contract.top_up(amount, **values))
        if pay:
            self._register_payment(move)
        return move

    def _get_credits(self):
        return self.contract.prepaid_credit_ids.sorted("id")

    @freeze_time("2026-01-05")
    def test_top_up_is_a_liability_that_can_be_drawn_once_it_is_paid(self):
        move = self._top_up(150, pay=False)
        self.assertRecordValues(move, [{"state": "posted", "amount_total": 150, "kor_contract_id": self.contract.id}])
        self.assertEqual(move.invoice_line_ids.account_id, self.liability)
        self.assertEqual((self._get_credits().state, self.contract.prepaid_balance), ("pending", 0))
        self._register_payment(move)
        self.assertEqual((self._get_credits().state, self.contract.prepaid_balance), ("available", 150))

    @freeze_time("2026-03-05")
    def test_credit_is_drawn_before_an_amount_is_due_and_then_used_up(self):
        self._top_up(150)
        january = self._bill(self.contract, "2026-01-01", "2026-01-31")
        # 100 and its tax of 15: credit sold without tax pays both.
        self.assertEqual((january.amount_total, self._amounts(january)), (0, [-115, 100]))
        self.assertEqual(january.payment_state, "paid")
        february = self._bill(self.contract, "2026-02-01", "2026-02-28")
        self.assertEqual((february.amount_total, self._amounts(february)), (80, [-35, 100]))
        self.assertRecordValues(self._get_credits(), [{"drawn": 150, "balance": 0, "state": "used"}])
        drawn = (january | february).line_ids.filtered(lambda line: line.account_id == self.liability)
        self.assertEqual(sum(drawn.mapped("balance")), 150)
        self.assertEqual(self._amounts(self._bill(self.contract, "2026-03-01", "2026-03-31")), [100])

    @freeze_time("2026-01-05")
    def test_preview_is_the_invoice_to_the_cent_and_each_draw_is_explained(self):
        self._top_up(70)
        self._top_up(20, date_end="2026-06-30")
        preview = self.contract.preview_invoice("2026-01-01", "2026-01-31")
        move = self._bill(self.contract, "2026-01-01", "2026-01-31")
        self.assertEqual([line["amount"] for line in preview], [100, -20, -70])
        self.assertEqual(sum(line["total"] for line in preview), move.amount_total)
        self.assertEqual([line["name"] for line in preview], move.invoice_line_ids.sorted("id").mapped("name"))
        last = move.invoice_line_ids.sorted("id")[-1]
        self.assertEqual(last.kor_explanation["prepaid"]["left"], 0)
        self.assertEqual(last.action_kor_explain()["res_model"], "kor.prepaid.draw")
        self.assertIn("Credit before", last.kor_draw_ids.explanation_html)

    @freeze_time("2026-01-05")
    def test_credit_sold_with_the_tax_of_the_charges_pays_before_tax(self):
        product = self._make_product(self.tax)
        self.company.kor_prepaid_product_id = product
        move = self._top_up(60)
        self.assertEqual(move.amount_total, 69)
        january = self._bill(self.contract, "2026-01-01", "2026-01-31")
        self.assertEqual((self._amounts(january), january.amount_tax, january.amount_total), ([-60, 100], 6, 46))

    @freeze_time("2026-03-05")
    def test_expired_credit_pays_only_what_was_due_while_it_held(self):
        with freeze_time("2026-01-05"):
            self._top_up(500, date_end="2026-01-31")
        self.assertEqual(self.contract.prepaid_balance, 0)
        self.assertTrue(self._get_credits().is_expired)
        self.assertEqual(self.contract.prepaid_credit()["credits"][0]["state"], "expired")
        self.assertEqual(self._bill(self.contract, "2026-01-01", "2026-01-31").amount_total, 0)
        self.assertEqual(self._bill(self.contract, "2026-02-01", "2026-02-28").amount_total, 115)
        self.assertIn(self._get_credits(), self._get_credits().search([("is_expired", "=", True)]))

    @freeze_time("2026-01-05")
    def test_credit_for_use_leaves_the_base_fee_to_be_paid(self):
        self._top_up(500, covers="usage")
        self.assertEqual(self._amounts(self._bill(self.contract, "2026-01-01", "2026-01-31")), [100])

    @freeze_time("2026-01-05")
    def test_credit_that_was_given_lowers_the_income(self):
        self.env["kor.prepaid.credit"].create({"contract_id": self.contract.id, "amount": 40})
        move = self._bill(self.contract, "2026-01-01", "2026-01-31")
        self.assertEqual(move.amount_total, 75)
        line = move.invoice_line_ids.filtered(lambda one: one.price_subtotal < 0)
        self.assertEqual(line.account_id.internal_group, "income")

    @freeze_time("2026-02-05")
    def test_reset_invoice_gives_back_and_cannot_take_what_is_drawn_since(self):
        self._top_up(115)
        january = self._bill(self.contract, "2026-01-01", "2026-01-31")
        january.button_draft()
        self.assertEqual(self.contract.prepaid_balance, 115)
        february = self._bill(self.contract, "2026-02-01", "2026-02-28")
        self.assertEqual(february.amount_total, 0)
        with self.assertRaisesRegex(UserError, "0.00 left meanwhile"), self.env.cr.savepoint():
            january.action_post()
        february.button_cancel()
        january.action_post()
        self.assertEqual(self.contract.prepaid_balance, 0)

    @freeze_time("2026-01-05")
    def test_reversed_top_up_is_void(self):
        move = self._top_up(50, pay=False)
        move._reverse_moves([{"invoice_date": "2026-01-05"}], cancel=True)
        self.assertEqual(self._get_credits().state, "void")

    def test_bad_input_gets_a_sentence(self):
        cases = [
            (("much",), "Amount must be a number"),
            ((0,), "0.01 or more"),
            ((10, "soon"), "YYYY-MM-DD"),
            ((10, False, "seats"), "seats"),
        ]
        for arguments, message in cases:
            with self.subTest(arguments), self.assertRaisesRegex(UserError, message):
                self.contract.top_up(*arguments)
        self.company.kor_prepaid_account_id = False
        with self.assertRaisesRegex(UserError, "liability account"):
            self.contract.top_up(10)

    def test_customers_see_their_balance_and_sell_themselves_nothing(self):
        portal = new_test_user(self.env, "prepaid_portal", "base.group_portal")
        portal.partner_id.parent_id = self.customer
        other = new_test_user(self.env, "other_portal", "base.group_portal")
        other.partner_id.parent_id = self.other_customer
        self._top_up(25)
        self.assertEqual(self.contract.with_user(portal).prepaid_credit()["balance"], 25)
        with self.assertRaises(AccessError):
            self.contract.with_user(other).prepaid_credit()
        with self.assertRaises(AccessError):
            self.contract.with_user(portal).top_up(100)
        with self.assertRaises(AccessError):
            self.env["kor.prepaid.credit"].with_user(portal).create({"contract_id": self.contract.id, "amount": 1})

    def test_credit_made_by_hand_cannot_name_an_invoice(self):
        move = self._top_up(25)
        for values in ({"move_id": move.id}, {"account_id": self.liability.id}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "made by hand"):
                self.env["kor.prepaid.credit"].create({"contract_id": self.contract.id, "amount": 9, **values})

    def test_facts_of_a_credit_are_not_changed(self):
        self._top_up(25)
        with self.assertRaisesRegex(UserError, "not changed any more"):
            self._get_credits().amount = 1000
        with self.assertRaisesRegex(UserError, "kept as evidence"):
            self._get_credits().unlink()

    @freeze_time("2026-01-05")
    def test_dialog_makes_the_invoice(self):
        wizard = self.env["kor.prepaid.top.up"].create({"contract_id": self.contract.id, "amount": 33})
        action = wizard.action_top_up()
        self.assertEqual(self.env["account.move"].browse(action["res_id"]).amount_total, 33)

    @freeze_time("2026-01-05")
    def test_many_contracts_draw_without_queries_for_each(self):
        contracts = self.contract
        for _number in range(5):
            contracts |= self._make_contract()
        contracts.prepaid_credit_ids.create([{"contract_id": one.id, "amount": 10} for one in contracts])
        moves = self.env["account.move"].browse(contracts.generate_invoice("2026-01-01", "2026-01-31"))
        self.assertEqual(moves.mapped("amount_total"), [105.0] * 6)
        self.assertEqual(len(moves.line_ids.filtered(lambda line: line.name == "Paid from credit given")), 6)
