from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.engine.money import as_number, to_decimal

from ..engine import prepaid


class KorContractPrepaidMixin(models.AbstractModel):
    """Sell credit ahead, and draw it on invoices before an amount is due."""

    _name = "kor.contract.prepaid.mixin"
    _description = "Prepaid Credit of a Contract"

    currency_id = fields.Many2one("res.currency")
    prepaid_credit_ids = fields.One2many("kor.prepaid.credit", "contract_id", string="Prepaid Credits")
    prepaid_balance = fields.Monetary(
        string="Prepaid", compute="_compute_prepaid_balance", help="What invoices can draw at present."
    )

    @api.depends("prepaid_credit_ids.balance", "prepaid_credit_ids.state", "prepaid_credit_ids.date_end")
    def _compute_prepaid_balance(self):
        for contract in self:
            held = contract.prepaid_credit_ids.filtered(lambda one: one.state == "available" and not one.is_expired)
            contract.prepaid_balance = sum(held.mapped("balance"))

    def prepaid_credit(self):
        """Tell what the customer holds of prepaid credit.

        :return: a dict with the balance and the single credits
        """
        self.ensure_one()
        self.check_access("read")
        contract_sudo = self.sudo()  # who may read the contract may read what was paid ahead for it
        return {
            "contract": self.name,
            "balance": contract_sudo.prepaid_balance,
            "currency": contract_sudo.currency_id.name,
            "credits": [credit._as_plain() for credit in contract_sudo.prepaid_credit_ids],
        }

    def top_up(self, amount, date_end=False, covers="all"):
        """Sell prepaid credit: make its invoice. It can be drawn once that is paid.

        :param amount: what the customer buys, before taxes, in the contract's currency
        :param date_end: the last day on which it holds, as YYYY-MM-DD; without one it does not expire
        :param covers: `all` charges, or `usage`
        :return: the ids of the invoices, one for each contract
        """
        self._check_can_bill()
        values = self._prepare_credit_values(amount, date_end, covers)
        moves = self.env["account.move"]
        for contract in self:
            moves |= contract._sell_credit(values)
        return moves.ids

    def _prepare_credit_values(self, amount, date_end, covers):
        self.env["kor.prepaid.credit"]._check_plain_input([{"amount": amount, "covers": covers}])
        if amount <= 0:
            raise UserError(
                self.env._("Prepaid credit of %(amount)s cannot be sold: give 0.01 or more.", amount=amount)
            )
        return {
            "amount": amount,
            "covers": covers,
            "date_end": self._parse_date(date_end, "date_end") if date_end else False,
        }

    def _sell_credit(self, values):
        """Return the invoice of a new credit."""
        self.ensure_one()
        if not self.date_activated:
            raise UserError(
                self.env._("Contract %(contract)s is a draft: activate it before it is topped up.", contract=self.name)
            )
        company = self.company_id
        contract = self.with_company(company)
        credit_sudo = self.env["kor.prepaid.credit"].sudo()  # credits are made here only, whoever bills
        account = self._get_prepaid_account()
        credit_sudo = credit_sudo.create({**values, "contract_id": self.id, "account_id": account.id})
        move = self.env["account.move"].with_company(company).create(contract._prepare_top_up_values(credit_sudo))
        credit_sudo.move_id = move
        if move._is_kor_posted_at_once():
            move._post()
        return move

    def _get_prepaid_account(self):
        """Return the liability that top-ups are booked on, or raise where none is chosen."""
        company = self.company_id.sudo()  # the choice of the account is no secret to those who bill
        account = company.kor_prepaid_account_id
        if not account:
            raise UserError(
                self.env._(
                    "Choose first on which liability account %(company)s books prepaid credit: "
                    "Settings › KOR Enterprise › Prepaid credit.",
                    company=company.name,
                )
            )
        return account

    def _prepare_top_up_values(self, credit):
        """Return the values of a top-up invoice. Extensible."""
        today = self._get_today()
        product = self.company_id._get_kor_prepaid_product()
        line = {
            "product_id": product.id,
            "name": self.with_context(lang=self.partner_id.lang)._describe_top_up(credit),
            "quantity": 1,
            "price_unit": credit.amount,
            "account_id": credit.account_id.id,
        }
        head = self._prepare_move_head(today)
        return {**head, "kor_date_from": today, "kor_date_to": today, "invoice_line_ids": [Command.create(line)]}

    def _describe_top_up(self, credit):
        if credit.date_end:
            day = format_date(self.env, credit.date_end)
            return self.env._("Prepaid credit, valid until %(day)s", day=day)
        return self.env._("Prepaid credit")

    def _get_draws(self, slices):
        """Return what prepaid credits pay of the slices, as the engine draws it."""
        self.ensure_one()
        credits = self.sudo().prepaid_credit_ids  # a reader of the contract sees what its next invoice will be
        credits = credits.filtered(lambda one: one.state == "available")
        if not credits:
            return ()
        payable = self._get_payable(slices)
        charges = [
            prepaid.Charge(one.line.key, one.line.charge_type, one.start, one.end, amount)
            for one, amount in zip(slices, payable, strict=True)
        ]
        return prepaid.draw(credits._get_engine_credits(), charges)

    def _get_payable(self, slices):
        """Return what credit each slice takes: its total, less the tax that the credit was sold with."""
        totals = self._get_preview_taxes(slices)
        taxes = self._get_prepaid_taxes()
        own = [self.fiscal_position_id.map_tax(self._get_line(one).product_id.taxes_id) for one in slices]
        probe = 1_000_000.0
        ratio = to_decimal(taxes.compute_all(probe, currency=self.currency_id)["total_included"] / probe)
        unit = to_decimal(self.currency_id.rounding)
        return [
            one.difference if taxes == tax else to_decimal(total["total"]) / ratio // unit * unit
            for one, total, tax in zip(slices, totals, own, strict=True)
        ]

    def _get_prepaid_taxes(self):
        company = self.company_id
        taxes = company._get_kor_prepaid_product().taxes_id._filter_taxes_by_company(company)
        return self.fiscal_position_id.map_tax(taxes)

    @api.model
    def _get_drawn_credit(self, draw):
        credits_sudo = self.env["kor.prepaid.credit"].sudo()  # whoever sees the invoice sees what pays it
        return credits_sudo.browse(draw.credit.key)

    def _prepare_draw_line_values(self, draw):
        """Return the values of the invoice line that draws on a credit."""
        credit = self._get_drawn_credit(draw)
        account = {"account_id": credit.account_id.id} if credit.account_id else {}
        return {
            "product_id": self.company_id._get_kor_prepaid_product().id,
            "name": self.with_context(lang=self.partner_id.lang)._describe_draw(credit),
            "quantity": 1,
            "price_unit": -float(draw.amount),
            **account,
        }

    def _describe_draw(self, credit):
        if not credit.move_id:
            return self.env._("Paid from credit given")
        return self.env._("Paid from prepaid credit %(invoice)s", invoice=credit.move_id.name)

    def _prepare_draw_values(self, draw, move_line):
        return {
            "credit_id": draw.credit.key,
            "amount": float(draw.amount),
            "move_line_id": move_line.id,
            "explanation": self._prepare_draw_explanation(draw),
        }

    def _prepare_draw_explanation(self, draw):
        """Return why a credit pays so much, with the charges that it pays."""
        credit = self._get_drawn_credit(draw)
        lines = self.env["kor.contract.line"]
        return {
            "prepaid": {
                **credit._as_plain(),
                "balance": as_number(draw.credit.balance),
                "left": as_number(draw.left),
                "charges": [
                    {"line": key, "name": lines.browse(key).name, "amount": as_number(amount)}
                    for key, amount in draw.charges
                ],
            },
            "amount": as_number(-draw.amount),
            "currency": self.currency_id.name,
            "facts": [
                {"model": "kor.contract", "id": self.id, "name": self.name},
                {"model": "kor.prepaid.credit", "id": credit.id, "name": credit.display_name},
            ],
        }

    def _prepare_credit_base_line(self, amount, taxes):
        """Return what is taken off an invoice, an amount above zero, as the native tax engine takes it."""
        tax_model = self.env["account.tax"].with_company(self.company_id)
        return tax_model._prepare_base_line_for_taxes_computation(
            self,
            price_unit=-float(amount),
            quantity=1.0,
            tax_ids=taxes,
            currency_id=self.currency_id,
            partner_id=self.partner_invoice_id or self.partner_id,
            rate=1.0,
        )

    def _prepare_preview_draw(self, draw, taxes, slices):
        credit = self._get_drawn_credit(draw)
        return {
            "contract_id": self.id,
            "contract": self.name,
            "line_id": 0,
            "product_id": self.company_id._get_kor_prepaid_product().id,
            "name": self.with_context(lang=self.partner_id.lang)._describe_draw(credit),
            "date_from": min(one.start for one in slices).isoformat(),
            "date_to": (max(one.end for one in slices) - timedelta(days=1)).isoformat(),
            "due": max(one.due for one in slices).isoformat(),
            "quantity": 1,
            "amount": as_number(-draw.amount),
            "tax_amount": taxes["tax_amount"],
            "total": taxes["total"],
            "currency": self.currency_id.name,
            "explanation": self._prepare_draw_explanation(draw),
        }
