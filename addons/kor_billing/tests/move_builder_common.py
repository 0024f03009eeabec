import copy
import re
from datetime import date

from odoo.fields import Command
from odoo.tests import freeze_time
from odoo.tools import SQL

from ..engine import billing
from .common import KorBillingCommon

# What each invoice has of its own: compared is only whether it is there.
OWN_COLUMNS = {
    "access_token",
    "create_date",
    "full_reconcile_id",
    "id",
    "matched_payment_ids",
    "matching_number",
    "move_id",
    "move_line_id",
    "origin_payment_id",
    "payment_id",
    "reversed_entry_id",
    "sequence_number",
    "tax_cash_basis_origin_move_id",
    "tax_cash_basis_rec_id",
    "write_date",
}
NUMBER = re.compile(r"\b[A-Z]+\d*/\d{4}(?:/\d+)+")


@freeze_time("2026-01-05")
class MoveBuilderCase(KorBillingCommon):
    """Make the same invoice plainly and with the builder, and compare every stored column of both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.builder = cls.env["kor.move.builder"]
        cls.contract = cls._make_contract(client_order_ref="PO-1")
        window = billing.Window(date(2026, 1, 1), date(2026, 1, 31))
        slices = cls.contract._get_open_slices(window)[cls.contract]
        cls.plain_values = cls.contract._prepare_move_values(slices, date(2026, 1, 5))
        cls.tags = cls.env["account.account.tag"].create(
            [{"name": name, "applicability": "taxes"} for name in ("Base", "Tax")]
        )
        cls.euro = cls.setup_other_currency("EUR", rates=[("2020-01-01", 1.37), ("2026-01-03", 0.913)])
        cls.yen = cls.setup_other_currency("JPY", rounding=1.0, rates=[("2020-01-01", 147.83)])

    @classmethod
    def _make_tax(cls, name, amount, **values):
        return cls.env["account.tax"].create(
            {"name": name, "amount": amount, "type_tax_use": "sale", "company_id": cls.company.id, **values}
        )

    @classmethod
    def _make_repartition(cls, *shares):
        base = {"repartition_type": "base", "tag_ids": [Command.set(cls.tags[0].ids)]}
        account = cls.company_data["default_account_tax_sale"]
        taxes = [
            {
                "repartition_type": "tax",
                "factor_percent": share,
                "tag_ids": [Command.set(cls.tags[1].ids)],
                "account_id": account.id if index else False,
            }
            for index, share in enumerate(shares)
        ]
        lines = [Command.create(values) for values in (base, *taxes)]
        return {"invoice_repartition_line_ids": lines, "refund_repartition_line_ids": copy.deepcopy(lines)}

    @classmethod
    def _make_payment_tax(cls):
        cls.company.tax_exigibility = True
        transition = cls.env["account.account"].create(
            {"name": "Transition", "code": "TRANSIT", "account_type": "liability_current", "reconcile": True}
        )
        return cls._make_tax(
            "On Payment",
            16.0,
            tax_exigibility="on_payment",
            cash_basis_transition_account_id=transition.id,
            **cls._make_repartition(100.0),
        )

    @classmethod
    def _make_line(cls, *taxes, **values):
        product = cls._make_product(cls.env["account.tax"].union(*taxes))
        return {"product_id": product.id, "price_unit": 99.99, "quantity": 3, **values}

    def _make_values(self, *lines, **values):
        first = self.plain_values["invoice_line_ids"][0][2]
        commands = [Command.create({**first, **line}) for line in lines or ({},)]
        return {**copy.deepcopy(self.plain_values), "invoice_line_ids": commands, **values}

    def _make_pairs(self, vals_list):
        """Return the invoices as core makes them from the values, and those from the builder's values."""
        move_model = self.env["account.move"].with_context(tracking_disable=True)
        slow = move_model.create(copy.deepcopy(vals_list))
        return slow, self.builder.with_env(move_model.env)._create_moves(copy.deepcopy(vals_list))

    def _make_pair(self, values):
        return self._make_pairs([values])

    def _read_rows(self, records):
        self.env.flush_all()
        table = SQL.identifier(records._table)
        self.env.cr.execute(SQL("SELECT * FROM %s WHERE id = ANY(%s) ORDER BY id", table, records.ids))
        rows = [{name: self._strip(name, value) for name, value in row.items()} for row in self.env.cr.dictfetchall()]
        relations = [name for name, field in records._fields.items() if field.type == "many2many" and field.store]
        for row, record in zip(rows, records.sorted("id"), strict=True):
            row.update({name: self._strip(name, sorted(record[name].ids)) for name in relations})
        return rows

    @staticmethod
    def _strip(name, value):
        if name in OWN_COLUMNS:
            return bool(value)
        return NUMBER.sub("#", value) if isinstance(value, str) else value

    def _read_moves(self, moves):
        lines = moves.line_ids
        return [self._read_rows(records) for records in (moves, lines, lines.analytic_line_ids)]

    def _assert_same(self, slow, fast):
        for expected, found in zip(self._read_moves(slow), self._read_moves(fast), strict=True):
            self.assertEqual(found, expected)

    def _assert_pair_same(self, values):
        return self._assert_pairs_same({"invoice": values})

    def _assert_pairs_same(self, cases):
        """Compare as drafts and posted; return the invoices of both ways."""
        both = self._make_pairs(list(cases.values()))
        for state in ("draft", "posted"):
            for name, slow, fast in zip(cases, *both, strict=True):
                with self.subTest(state=state, case=name):
                    self.assertEqual(fast.state, state)
                    self._assert_same(slow, fast)
            if state == "draft":
                for moves in both:
                    moves._post()
        return both
