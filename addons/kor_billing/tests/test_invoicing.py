from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestInvoicing(KorBillingCommon):
    def test_invoice_carries_contract_period_lines_taxes_and_due_date(self):
        terms = self.env.ref("account.account_payment_term_30days")
        contract = self._make_contract(payment_term_id=terms.id, client_order_ref="PO-1")
        with freeze_time("2026-01-05"):
            move = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertRecordValues(
            move,
            [
                {
                    "state": "posted",
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "kor_contract_id": contract.id,
                    "invoice_origin": contract.name,
                    "ref": "PO-1",
                    "amount_untaxed": 100.0,
                    "amount_tax": 15.0,
                    "amount_total": 115.0,
                    "payment_state": "not_paid",
                }
            ],
        )
        self.assertEqual(str(move.kor_date_from), "2026-01-01")
        self.assertEqual(str(move.kor_date_to), "2026-01-31")
        self.assertEqual(str(move.invoice_date), "2026-01-05")
        self.assertEqual(str(move.invoice_date_due), "2026-02-04")

    def test_first_partial_period_names_its_days_and_divisor(self):
        contract = self._make_contract(date_start="2026-01-20", anchor_day=1)
        move = self._bill(contract, "2026-01-01", "2026-01-31")
        # 12 of 31 days of 100.
        self.assertEqual(move.amount_untaxed, 38.71)
        share = move.invoice_line_ids.kor_explanation["share"]
        self.assertEqual((share["numerator"], share["denominator"]), (12, 31))

    def test_last_partial_period_ends_with_the_contract(self):
        contract = self._make_contract(term="custom", date_end="2026-02-14")
        move = self._bill(contract, "2026-02-01", "2026-02-28")
        # 14 of 28 days.
        self.assertEqual(move.amount_untaxed, 50.0)

    def test_quarterly_annual_and_five_month_periods(self):
        contract = self._make_contract(
            {"name": "Quarter", "billing_months": 3, "unit_price": 300},
            {"name": "Year", "billing_months": 12, "unit_price": 1200},
            {"name": "Five", "billing_months": 5, "unit_price": 500},
        )
        moves = self._bill(contract, "2026-01-01", "2026-12-31")
        self.assertEqual(self._amounts(moves), [300] * 4 + [500] * 3 + [1200])

    def test_arrears_and_advance_share_an_invoice(self):
        contract = self._make_contract({"name": "Base"}, {"name": "Support", "timing": "arrears", "unit_price": 40})
        move = self._bill(contract, "2026-02-01", "2026-02-28")
        self.assertEqual(self._amounts(move), [40, 100])
        self.assertEqual(str(move.kor_date_from), "2026-02-01")

    def test_per_unit_shows_quantity_and_price(self):
        contract = self._make_contract(
            {"charge_type": "per_unit", "metric_id": self.users.id, "quantity": 25, "unit_price": 29}
        )
        line = self._bill(contract, "2026-01-01", "2026-01-31").invoice_line_ids
        self.assertEqual((line.quantity, line.price_unit, line.price_subtotal), (25, 29, 725))

    def test_one_time_charge_is_billed_once(self):
        contract = self._make_contract({"charge_type": "one_time", "unit_price": 500, "name": "Set-up"})
        self.assertEqual(self._bill(contract, "2026-01-01", "2026-12-31").amount_untaxed, 500)
        self.assertFalse(contract.generate_invoice("2026-01-01", "2026-12-31"))

    def test_billing_twice_books_once(self):
        contract = self._make_contract()
        self.assertTrue(contract.generate_invoice("2026-01-01", "2026-03-31"))
        self.assertEqual(contract.generate_invoice("2026-01-01", "2026-03-31"), [])
        self.assertEqual(len(self._bill(contract, "2026-01-01", "2026-04-30").invoice_line_ids), 1)
        self.assertEqual(sum(contract.billing_item_ids.mapped("amount")), 400)

    def test_database_refuses_a_second_booking_of_a_slice(self):
        contract = self._make_contract()
        contract.generate_invoice("2026-01-01", "2026-01-31")
        item = contract.billing_item_ids.sudo()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            item.copy({"move_line_id": False})

    def test_preview_tells_what_is_then_billed_and_writes_nothing(self):
        contract = self._make_contract({"name": "Base"}, {"name": "Seats", "unit_price": 33.333, "quantity": 1})
        before = self.env["account.move"].search_count([])
        lines = contract.preview_invoice("2026-01-01", "2026-02-28")
        self.assertEqual(self.env["account.move"].search_count([]), before)
        self.assertFalse(contract.billing_item_ids)
        move = self._bill(contract, "2026-01-01", "2026-02-28")
        self.assertEqual([line["amount"] for line in lines], move.invoice_line_ids.mapped("price_subtotal"))
        self.assertAlmostEqual(sum(line["tax_amount"] for line in lines), move.amount_tax)
        self.assertAlmostEqual(sum(line["total"] for line in lines), move.amount_total)
        self.assertEqual(
            [line["explanation"]["amount"] for line in lines],
            [line.kor_explanation["amount"] for line in move.invoice_line_ids],
        )

    def test_fiscal_position_maps_the_taxes(self):
        position = self.env["account.fiscal.position"].create({"name": "Abroad", "company_id": self.company.id})
        exempt = self.env["account.tax"].create(
            {
                "name": "Exempt",
                "amount": 0,
                "type_tax_use": "sale",
                "company_id": self.company.id,
                "fiscal_position_ids": [Command.link(position.id)],
                "original_tax_ids": [Command.link(self.tax.id)],
            }
        )
        contract = self._make_contract(fiscal_position_id=position.id)
        [preview] = contract.preview_invoice("2026-01-01", "2026-01-31")
        move = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertEqual(move.invoice_line_ids.tax_ids, exempt)
        self.assertEqual((move.amount_tax, preview["tax_amount"]), (0, 0))

    def test_tax_included_in_the_price_is_taken_out_of_it(self):
        included = self.tax.copy({"name": "15% incl.", "price_include_override": "tax_included"})
        product = self._make_product(included)
        contract = self._make_contract({"product_id": product.id, "unit_price": 115})
        [preview] = contract.preview_invoice("2026-01-01", "2026-01-31")
        move = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertEqual((move.amount_untaxed, move.amount_total), (100, 115))
        self.assertEqual(preview["total"], 115)

    def test_foreign_currency_is_rounded_by_itself_and_booked_in_the_company_s(self):
        yen = self.setup_other_currency("JPY", rounding=1, rates=[("2016-01-01", 100.0)])
        contract = self._make_contract({"unit_price": 1000}, currency_id=yen.id, date_start="2026-01-20", anchor_day=1)
        move = self._bill(contract, "2026-01-01", "2026-01-31")
        # 12 of 31 days of 1,000: 387.09…
        self.assertEqual((move.currency_id, move.amount_untaxed), (yen, 387))
        self.assertEqual(move.invoice_line_ids.balance, -3.87)

    def test_free_period_is_booked_without_an_invoice(self):
        contract = self._make_contract(
            discount_ids=[Command.create({"name": "Free month", "kind": "percent", "value": 100, "periods": 1})]
        )
        self.assertEqual(contract.generate_invoice("2026-01-01", "2026-01-31"), [])
        self.assertRecordValues(contract.billing_item_ids, [{"amount": 0, "move_id": False, "state": "booked"}])
        self.assertEqual(self._bill(contract, "2026-01-01", "2026-02-28").amount_untaxed, 100)

    def test_draft_posting_leaves_a_draft_that_counts_as_billed(self):
        self.company.kor_invoice_posting = "draft"
        contract = self._make_contract()
        move = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertEqual(move.state, "draft")
        self.assertFalse(contract.generate_invoice("2026-01-01", "2026-01-31"))
        move.action_post()
        self.assertEqual(contract.billing_item_ids.mapped("state"), ["booked"])

    def test_cancelled_contract_is_billed_up_to_its_last_day(self):
        contract = self._make_contract()
        with freeze_time("2026-02-20"):
            contract.action_cancel("2026-02-14")
        self.assertEqual(contract.state, "cancelled")
        self.assertEqual(self._amounts(self._bill(contract, "2026-01-01", "2026-02-28")), [50, 100])
        self.assertFalse(contract.next_billing_date)

    def test_description_is_in_the_customer_s_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.customer.lang = "de_DE"
        contract = self._make_contract()
        line = self._bill(contract, "2026-01-01", "2026-01-31").invoice_line_ids
        self.assertIn("01.01.2026", line.name)

    def test_several_contracts_give_one_invoice_each_in_one_call(self):
        contracts = self._make_contract() | self._make_contract(partner_id=self.other_customer.id)
        moves = self._bill(contracts, "2026-01-01", "2026-01-31")
        self.assertEqual(moves.kor_contract_id, contracts)
        self.assertEqual(len(moves), 2)

    def test_only_billing_users_bill(self):
        contract = self._make_contract()
        self.assertTrue(contract.with_user(self.biller).generate_invoice("2026-01-01", "2026-01-31"))
        reader = self.biller.copy(
            {"login": "kor_reader", "group_ids": [Command.set([self.env.ref("base.group_user").id])]}
        )
        reader.group_ids |= self.env.ref("kor_contracts.group_kor_contract_user")
        with self.assertRaises(AccessError):
            contract.with_user(reader).generate_invoice("2026-02-01", "2026-02-28")
        self.assertEqual(len(contract.with_user(reader).preview_invoice("2026-02-01", "2026-02-28")), 1)

    def test_queries_do_not_grow_with_the_number_of_contracts(self):
        def count(number):
            contracts = self.env["kor.contract"].union(*(self._make_contract() for _one in range(number)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            contracts.generate_invoice("2026-01-01", "2026-01-31")
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(2)
        few, many = count(5), count(25)
        # Posting numbers invoices one by one, in native code; billing itself adds nothing per contract.
        self.assertLess((many - few) / 20, 12)
