import copy
from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..models import account_move_line_whole
from .move_builder_common import MoveBuilderCase

FIGURES = {"balance", "amount_currency", "tax_tag_ids"}


@tagged("post_install", "-at_install")
@freeze_time("2026-01-05")
class TestMoveBuilder(MoveBuilderCase):
    def _make_tax_cases(self):
        ten, five = self._make_tax("Ten", 10.0), self._make_tax("Five", 5.0)
        included = self._make_tax("Included", 19.0, price_include_override="tax_included")
        base = self._make_tax("Affects", 7.0, include_base_amount=True, sequence=1)
        group = self._make_tax("Group", 0.0, amount_type="group", children_tax_ids=[Command.set((ten | five).ids)])
        fixed = self._make_tax("Fixed", 1.23, amount_type="fixed")
        division = self._make_tax("Division", 15.0, amount_type="division")
        return {
            "one tax": [self._make_line(ten)],
            "several taxes on a line": [self._make_line(ten, five)],
            "different taxes on lines": [self._make_line(ten), self._make_line(five), self._make_line(included)],
            "no tax": [self._make_line()],
            "tax of nothing": [self._make_line(self._make_tax("Zero", 0.0))],
            "included in the price": [self._make_line(included), self._make_line(included, price_unit=0.07)],
            "included and on top": [self._make_line(included, five)],
            "tax on a tax": [self._make_line(base, ten)],
            "group": [self._make_line(group)],
            "fixed and division": [self._make_line(fixed), self._make_line(division)],
            "repartition, accounts and tags": [self._make_line(self._make_split_tax()), self._make_line(ten)],
            "reverse charge": [self._make_line(self._make_reverse_tax())],
            "on payment": [self._make_line(self._make_payment_tax()), self._make_line(ten)],
        }

    def _make_split_tax(self):
        return self._make_tax("Split", 13.0, **self._make_repartition(33.3, 66.7))

    def _make_reverse_tax(self):
        return self._make_tax("Reverse", 21.0, **self._make_repartition(100.0, -100.0))

    def _make_amount_cases(self):
        line = self._make_line(self._make_tax("Odd", 7.7), self._make_tax("Odder", 3.3))
        return {
            "discount": [{**line, "discount": 12.5}],
            "credit on a line": [line, {**line, "price_unit": -33.33}],
            "a line of zero": [line, {**line, "price_unit": 0.0}, {**line, "quantity": 0.0}],
            "nothing but zero": [{**line, "price_unit": 0.0}],
            "fractions": [{**line, "quantity": 1.23456, "price_unit": 0.3333333}],
            "many lines": [{**line, "price_unit": 0.11 + index / 7} for index in range(40)],
            "order of lines": [{**line, "sequence": 20}, {**line, "sequence": 10, "price_unit": 1.0}],
        }

    def _make_terms(self, *shares, **values):
        lines = [Command.create({"value": "percent", "value_amount": share, "nb_days": days}) for share, days in shares]
        return self.env["account.payment.term"].create({"name": "Terms", "line_ids": lines, **values})

    def _make_term_cases(self):
        early = {"early_discount": True, "discount_percentage": 2.5, "discount_days": 7}
        cases = {
            "immediate": self.env.ref("account.account_payment_term_immediate"),
            "30 days": self.env.ref("account.account_payment_term_30days"),
            "two instalments": self._make_terms((33.33, 0), (66.67, 45)),
        }
        for computation in ("included", "excluded", "mixed"):
            cases[f"early payment, {computation}"] = self._make_terms(
                (100, 30), early_pay_discount_computation=computation, **early
            )
        return cases

    def test_taxes_and_amounts_give_the_same_rows_in_every_currency_and_rounding(self):
        cases = {**self._make_tax_cases(), **self._make_amount_cases()}
        for method in ("round_per_line", "round_globally"):
            self.company.tax_calculation_rounding_method = method
            with self.subTest(method=method):
                self._assert_pairs_same(self._spread_over_currencies(cases))

    def _spread_over_currencies(self, cases):
        return {
            f"{name} in {currency.name}": self._make_values(*lines, currency_id=currency.id)
            for name, lines in cases.items()
            for currency in (self.currency, self.euro, self.yen)
        }

    def test_payment_terms_give_the_same_rows(self):
        lines = [self._make_line(self.tax), self._make_line(self._make_tax("Odd", 7.7), price_unit=20.0)]
        cases = {
            f"{name} in {currency.name}": self._make_values(
                *lines, invoice_payment_term_id=terms.id, currency_id=currency.id
            )
            for name, terms in self._make_term_cases().items()
            for currency in (self.currency, self.euro)
        }
        # Core itself refuses some of these in another currency.
        refused = cases.pop("early payment, mixed in EUR")
        self._assert_pairs_same(cases)
        self.assertEqual(
            *(
                self._get_outcome(create, refused)
                for create in (self.env["account.move"].create, self.builder._create_moves)
            )
        )

    def _get_outcome(self, create, values):
        try:
            with self.env.cr.savepoint():
                return self._read_moves(create([copy.deepcopy(values)]))
        except UserError as error:
            return str(error)

    def test_cash_rounding_gives_the_same_rows(self):
        for rounding in (self.cash_rounding_a, self.cash_rounding_b):
            with self.subTest(strategy=rounding.strategy):
                values = self._make_values(self._make_line(self.tax), invoice_cash_rounding_id=rounding.id)
                slow, _fast = self._assert_pair_same(values)
                self.assertTrue(slow.line_ids.filtered(lambda line: line.display_type == "rounding"))

    def test_fiscal_position_gives_the_same_rows(self):
        income = self.company_data["default_account_revenue"]
        other_income = income.copy({"code": "OTHERINC", "name": "Other Income"})
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Abroad",
                "account_ids": [Command.create({"account_src_id": income.id, "account_dest_id": other_income.id})],
            }
        )
        mapped = self._make_tax(
            "Mapped", 4.0, fiscal_position_ids=[Command.set(position.ids)], original_tax_ids=[Command.set(self.tax.ids)]
        )
        values = self._make_values(fiscal_position_id=position.id)
        slow, fast = self._assert_pair_same(values)
        self.assertEqual(fast.invoice_line_ids.tax_ids, mapped)
        self.assertEqual(fast.invoice_line_ids.account_id, other_income)
        self.assertEqual(fast.amount_tax, 4.0)

    def test_taxes_of_the_account_give_the_same_rows(self):
        income = self.company_data["default_account_revenue"]
        income.tax_ids = self._make_tax("Account", 6.0)
        _slow, fast = self._assert_pair_same(self._make_values(self._make_line()))
        self.assertEqual(fast.invoice_line_ids.tax_ids, income.tax_ids)

    def test_tags_of_the_product_give_the_same_rows(self):
        line = self._make_line(self.tax)
        tag = self.env["account.account.tag"].create({"name": "Product", "applicability": "products"})
        self.env["product.product"].browse(line["product_id"]).account_tag_ids = tag
        _slow, fast = self._assert_pair_same(self._make_values(line))
        self.assertIn(tag, fast.invoice_line_ids.tax_tag_ids)

    def test_analytic_distribution_gives_the_same_rows(self):
        plan = self.env["account.analytic.plan"].create({"name": "Plan"})
        account = self.env["account.analytic.account"].create({"name": "Account", "plan_id": plan.id})
        line = self._make_line(self._make_tax("Analytic", 10.0, analytic=True))
        values = self._make_values(line, self._make_line(self.tax))
        self._assert_pair_same(values)
        self.env["account.analytic.distribution.model"].create(
            {"product_id": line["product_id"], "analytic_distribution": {str(account.id): 100}}
        )
        _slow, fast = self._assert_pair_same(values)
        self.assertEqual(len(fast.line_ids.analytic_line_ids), 2)
        values = self._make_values({**line, "analytic_distribution": {str(account.id): 40}})
        self._assert_pair_same(values)

    def test_storno_accounting_gives_the_same_rows(self):
        self.company.account_storno = True
        line = self._make_line(self.tax)
        self._assert_pair_same(self._make_values(line, {**line, "price_unit": -10.0}))

    def test_locked_period_gives_the_same_rows(self):
        self.company.sale_lock_date = "2025-12-31"
        _slow, fast = self._assert_pair_same(self._make_values(invoice_date=date(2025, 12, 15)))
        self.assertGreater(fast.date, date(2025, 12, 31))

    def test_discount_account_gives_the_same_rows(self):
        self.company.account_discount_expense_allocation_id = self.company_data["default_account_expense"]
        self._assert_pair_same(self._make_values(self._make_line(self.tax, discount=10.0)))

    def test_core_has_no_figure_to_write_again(self):
        line_class = type(self.env["account.move.line"])
        native_write, written = line_class.write, []

        def write(records, vals):
            # Core compares sums of floats with rounded amounts, and writes some that are the same.
            written.extend(vals for line in records if FIGURES <= vals.keys() and self._is_other(line, vals))
            return native_write(records, vals)

        cases = {**self._make_tax_cases(), **self._make_amount_cases()}
        values = list(self._spread_over_currencies(cases).values())
        with patch.object(line_class, "write", write):
            self.builder._create_moves(copy.deepcopy(values))
            self.assertFalse(written)
            self.env["account.move"].create(values)
            self.assertTrue(written)

    @staticmethod
    def _is_other(line, figures):
        return (
            line.currency_id.compare_amounts(line.amount_currency, figures["amount_currency"])
            or line.company_currency_id.compare_amounts(line.balance, figures["balance"])
            or figures["tax_tag_ids"] != [Command.set(line.tax_tag_ids.ids)]
        )

    def test_wrong_figures_are_refused_by_core(self):
        lines = [self._make_line(self.tax), self._make_line()]
        wrong = [{"balance": -1.0, "amount_currency": -2.0}, {"balance": 3.0, "amount_currency": 3.0}]
        terms = [{"date_maturity": date(2026, 1, 5), "balance": 7.0, "amount_currency": 7.0}]
        native = type(self.builder)._compute_figures

        def compute_figures(builder, head, base_lines):
            native(builder, head, base_lines)
            return wrong, []

        with (
            patch.object(type(self.builder), "_compute_figures", compute_figures),
            patch.object(type(self.builder), "_is_whole", lambda *_args: True),
            patch.object(type(self.builder), "_prepare_term_lines", lambda *_args: terms),
            self.assertRaisesRegex(UserError, "not balanced"),
        ):
            self.builder._create_moves([self._make_values(*lines)])

    def _make_other_ways(self):
        line = self._make_line(self.tax)
        early = self._make_terms((100, 30), early_discount=True, discount_percentage=2.5, discount_days=7)
        return {
            "early payment": self._make_values(line, invoice_payment_term_id=early.id),
            "cash rounding": self._make_values(line, invoice_cash_rounding_id=self.cash_rounding_a.id),
            "nothing to pay": self._make_values({**line, "price_unit": 0.0}),
            "no due date": self._make_values(line, invoice_date_due=False),
            "taxes that cancel out": self._make_values(line, {**line, "price_unit": -99.99}, self._make_line()),
        }

    def test_what_more_than_taxes_and_terms_decides_goes_the_native_way(self):
        for name, values in self._make_other_ways().items():
            with self.subTest(case=name):
                [completed] = self.builder._complete([copy.deepcopy(values)])
                self.assertNotIn("line_ids", completed)
        for setting in ("account_discount_expense_allocation_id", "account_storno"):
            with self.subTest(case=setting), self.env.cr.savepoint() as savepoint:
                value = True if setting == "account_storno" else self.company_data["default_account_expense"].id
                self.company[setting] = value
                self.assertNotIn("line_ids", self.builder._complete([self._make_values()])[0])
                savepoint.rollback()
            self.company.invalidate_recordset()

    def test_both_ways_in_one_call_give_the_same_rows_in_their_order(self):
        plain = self._make_values(self._make_line(self.tax), invoice_origin="Plain")
        cases = {"first": plain, **self._make_other_ways(), "last": {**plain, "invoice_origin": "Last"}}
        _slow, fast = self._assert_pairs_same(cases)
        self.assertEqual((fast[0].invoice_origin, fast[-1].invoice_origin), ("Plain", "Last"))

    def test_what_is_not_plain_is_left_to_core(self):
        line = self._make_line(self.tax)
        nameless = {"product_id": False, "name": "By hand", "quantity": 1, "price_unit": 5.0}
        cases = {
            "own taxes": self._make_values({**line, "tax_ids": [Command.clear()]}),
            "section": self._make_values(line, {"display_type": "line_section", "product_id": False, "quantity": 0}),
            "no product": self._make_values(line, nameless),
            "own rate": self._make_values(line, currency_id=self.euro.id, invoice_currency_rate=2.0),
            "own journal": self._make_values(line, journal_id=self.company_data["default_journal_sale"].id),
            "own amount": self._make_values({**line, "balance": -299.97, "amount_currency": -299.97}),
            "credit note": self._make_values(line, move_type="out_refund"),
        }
        for name, values in cases.items():
            with self.subTest(case=name):
                completed = self.builder._complete([copy.deepcopy(values)])[0]
                given = [command[2] for command in values["invoice_line_ids"]]
                found = [command[2] for command in completed["invoice_line_ids"]]
                self.assertEqual([FIGURES & one.keys() for one in found], [FIGURES & one.keys() for one in given])
        self._assert_pairs_same(cases)

    def test_an_account_in_place_of_the_products_gives_the_same_rows(self):
        account = self.company_data["default_account_revenue"].copy()
        values = self._make_values({**self._make_line(self.tax), "account_id": account.id}, self._make_line(self.tax))
        self.assertIn("line_ids", self.builder._complete([copy.deepcopy(values)])[0])
        _slow, fast = self._assert_pair_same(values)
        self.assertIn(account, fast.invoice_line_ids.account_id)

    def _count_written(self):
        """Return how many lines are written after they were inserted, where a whole invoice is made."""
        line_class, written = type(self.env["account.move.line"]), []
        native = line_class._write_multi

        def write_multi(lines, vals_list):
            written.extend(vals_list)
            return native(lines, vals_list)

        self.env.flush_all()
        with patch.object(line_class, "_write_multi", write_multi):
            self.builder._create_moves([self._make_values(self._make_line(self.tax))])
            self.env.flush_all()
        return len(written)

    def test_lines_of_whole_invoices_are_inserted_as_they_are_in_the_end(self):
        self.assertEqual(self._count_written(), 0)

    def test_where_an_add_on_decides_on_lines_core_makes_them(self):
        values = self._make_values(self._make_line(self.tax))
        self.addCleanup(self.env.registry.clear_cache)
        # As if accounting itself were an add-on that is not known.
        with patch.object(account_move_line_whole, "KNOWN_MODULES", ("odoo.orm.", "odoo.addons.kor_billing.")):
            self.env.registry.clear_cache()
            self.assertFalse(self.env["account.move.line"]._has_kor_known_hooks())
            self._assert_pair_same(values)
            self.assertGreater(self._count_written(), 0)
        self.env.registry.clear_cache()
        self.assertTrue(self.env["account.move.line"]._has_kor_known_hooks())

    def test_nobody_can_claim_from_outside_that_lines_are_whole(self):
        lines = self.env["account.move.line"]
        self.assertTrue(lines.with_context(kor_lines_are_whole=account_move_line_whole.BUILDING)._is_kor_whole())
        self.assertFalse(lines.with_context(kor_lines_are_whole=True)._is_kor_whole())

    def test_plain_values_of_billing_take_the_short_way(self):
        [completed] = self.builder._complete([self.plain_values])
        lines = [command[2] for command in completed["line_ids"]]
        self.assertEqual(
            [(line["display_type"], line["balance"], line["amount_currency"]) for line in lines],
            [("product", -100.0, -100.0), ("tax", -15.0, -15.0), ("payment_term", 115.0, 115.0)],
        )
        self.assertNotIn("balance", self.plain_values["invoice_line_ids"][0][2])
