from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.kor_contracts.engine.periods import PeriodError
from odoo.addons.kor_enterprise_tiers.engine.discounts import DiscountError
from odoo.addons.kor_enterprise_tiers.engine.money import as_number, round_money, to_decimal
from odoo.addons.kor_enterprise_tiers.engine.pricing import PricingError

from ..engine import billing


class KorContractBillingMixin(models.AbstractModel):
    """Bill contracts: bring the books to the target of the engine, and nothing else."""

    _name = "kor.contract.billing.mixin"
    _description = "Contract Billing"

    def preview_invoice(self, date_from, date_to):
        """Tell what `generate_invoice` would bill for a period, explained, and write nothing.

        :param date_from: first day of the period as YYYY-MM-DD
        :param date_to: last day, inclusive
        :return: a list of lines with name, period, quantity, amount, tax_amount, total, explanation
        """
        self.check_access("read")
        self._check_is_staff()
        window = self._parse_window(date_from, date_to)
        open_slices = self._get_open_slices(window)
        return [line for contract, slices in open_slices.items() for line in contract._prepare_preview(slices)]

    def generate_invoice(self, date_from, date_to):
        """Bill what is due in a period and not yet billed: one invoice per contract.

        Asked twice, or from two sides at once, it bills once.

        :param date_from: first day of the period as YYYY-MM-DD
        :param date_to: last day, inclusive
        :return: the ids of the invoices, empty where nothing is due
        """
        self._check_can_bill()
        moves = self._bill(self._parse_window(date_from, date_to))
        # In sudo: who may bill need not be allowed to change contracts.
        self.sudo()._clear_billing_error()
        return moves.ids

    def _check_is_staff(self):
        if not self.env.user._is_internal():
            raise AccessError(
                self.env._("Only staff can preview an invoice. Your contract's page shows what is billed.")
            )

    def _check_can_bill(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("kor_billing.group_kor_billing_user"):
            raise AccessError(
                self.env._("Only members of KOR Enterprise › Billing can bill contracts. Ask for that access.")
            )

    def _parse_window(self, date_from, date_to):
        """Return the engine's window, or raise where it is none or lies outside one of the contracts."""
        first, last = self._parse_date(date_from, "date_from"), self._parse_date(date_to, "date_to")
        if last < first:
            raise UserError(
                self.env._(
                    "The period ends on %(last)s, before it starts on %(first)s. Give date_from first, then date_to.",
                    first=first,
                    last=last,
                )
            )
        for contract in self:
            end = contract.date_end_effective
            if last < contract.date_start or (end and first > end):
                raise UserError(
                    self.env._(
                        "The period %(first)s to %(last)s lies outside contract %(contract)s, which runs %(span)s.",
                        first=first,
                        last=last,
                        contract=contract.name,
                        span=contract._describe_span(),
                    )
                )
        return billing.Window(first, last)

    def _get_engine_terms(self, meters=None):
        """Return the contract's terms as the billing engine takes them. Extensible.

        :param meters: what reads the use of a line, by the line's id
        """
        self.ensure_one()
        meters = meters or {}
        end = self.date_end_effective
        return billing.Terms(
            start=self.date_start,
            end=end + timedelta(days=1) if end else None,
            anchor_day=self.anchor_day,
            rounding=to_decimal(self.currency_id.rounding),
            lines=tuple(line._get_engine_line(meters.get(line.id)) for line in self.line_ids),
            discounts=tuple(self.discount_ids._get_engine_discounts()),
        )

    def _get_booked(self):
        """Return what the books hold of each contract: sums by line id and start of the period."""
        booked = {contract.id: {} for contract in self}
        # In sudo: who may see a contract must not bill a slice again that a rule hides from them.
        items_sudo = self.env["kor.billing.item"].sudo()
        domain = [("contract_id", "in", self.ids), ("state", "=", "booked")]
        names = ["contract_id", "contract_line_id", "period_start", "amount", "revision"]
        for item in items_sudo.search_fetch(domain, names, order="id"):
            own, key = booked[item.contract_id.id], (item.contract_line_id.id, item.period_start)
            amounts = own.setdefault(key, {})
            amounts[item.revision] = to_decimal(item.amount)
        return {
            contract_id: {key: self._sum_booked(amounts) for key, amounts in own.items()}
            for contract_id, own in booked.items()
        }

    @api.model
    def _sum_booked(self, amounts):
        """Return what is booked of a slice, from the amounts by revision.

        The first free revision is used again: a reset invoice that held it cannot be posted beside the new one.
        """
        free = next(revision for revision in range(len(amounts) + 1) if revision not in amounts)
        return billing.Booked(sum(amounts.values(), Decimal(0)), free)

    def _get_meters(self, windows):
        """Return what reads the use of each measured line, from the first day asked for to the last."""
        usage_lines = self.line_ids.filtered(lambda line: line.charge_type == "usage")
        if not usage_lines:
            return {}
        # A period that touches the window may begin a full period before it.
        longest = max(usage_lines.mapped("billing_months"))
        since = min(windows[contract].first for contract in usage_lines.contract_id) - relativedelta(months=longest)
        until = max(windows[contract].last for contract in usage_lines.contract_id) + relativedelta(months=longest)
        return usage_lines._get_meters(since, until)

    def _get_open_slices(self, window):
        """Return by contract the slices that are due in the window and not booked."""
        windows = window if isinstance(window, dict) else dict.fromkeys(self, window)
        booked, meters = self._get_booked(), self._get_meters(windows)
        result = {}
        for contract in self:
            try:
                due = billing.target(contract._get_engine_terms(meters), windows[contract])
            except (PeriodError, PricingError, DiscountError) as error:
                raise UserError(
                    self.env._("Contract %(contract)s: %(reason)s", contract=contract.name, reason=error)
                ) from error
            result[contract] = billing.difference(due, booked[contract.id])
        return result

    def _bill(self, window, invoice_date=False, run=None):
        """Book what is missing up to the window and return the invoices.

        :param window: the engine's window, or one for each contract
        """
        open_ones = self.filtered(lambda contract: not contract.date_activated)
        if open_ones:
            raise UserError(
                self.env._(
                    "Contract %(contract)s was never activated, so nobody has agreed to pay. Activate it first.",
                    contract=open_ones[0].name,
                )
            )
        self._lock_for_billing()
        moves = self.env["account.move"]
        for company, contracts in self.grouped("company_id").items():
            open_slices = contracts._get_open_slices(window)
            due = {contract: contract._hold_back(slices) for contract, slices in open_slices.items() if slices}
            due = {contract: slices for contract, slices in due.items() if slices}
            moves |= contracts.with_company(company)._book(due, invoice_date, run)
        return moves

    def _hold_back(self, slices):
        """Return the slices that can be billed now.

        Use that was taken back waits where it would make the invoice negative: it lowers a later one.
        """
        self.ensure_one()
        if sum(one.difference for one in slices) >= 0:
            return slices
        return [one for one in slices if one.difference >= 0]

    def _lock_for_billing(self):
        """Let one transaction at a time bill a contract.

        The counter makes the second one fail to serialise, so that it starts again and then sees what
        the first has booked.
        """
        self.env.cr.execute(
            SQL(
                "UPDATE kor_contract SET billing_count = billing_count + 1 WHERE id IN "
                "(SELECT id FROM kor_contract WHERE id IN %s ORDER BY id FOR UPDATE)",
                tuple(self.ids) or (0,),
            )
        )
        self.invalidate_recordset(["billing_count"])

    def _book(self, due, invoice_date, run):
        """Create the invoices and the booked slices of one company's contracts."""
        # In sudo: items are written by billing only; nobody has the right to write them by hand.
        items_sudo = self.env["kor.billing.item"].sudo()
        payable = {contract: slices for contract, slices in due.items() if any(one.difference for one in slices)}
        moves = self._create_moves(payable, invoice_date)
        item_vals = []
        for contract, slices in due.items():
            lines = moves[contract].invoice_line_ids.sorted("id") if contract in payable else [False] * len(slices)
            for one, line in zip(slices, lines, strict=True):
                item_vals.append(contract._prepare_item_values(one, line, run))
        items_sudo.create(item_vals)
        # Without tracking: each invoice has one note from billing instead of a message per field.
        booked = self.env["account.move"].union(*moves.values()).with_context(tracking_disable=True)
        if self.env.company.kor_invoice_posting == "post":
            booked._post()
        return booked.with_context(tracking_disable=False)

    def _create_moves(self, payable, invoice_date):
        """Return a draft invoice by contract, made in one call."""
        if not payable:
            return {}
        move_model = self.env["account.move"].with_context(tracking_disable=True)
        values = [contract._prepare_move_values(slices, invoice_date) for contract, slices in payable.items()]
        moves = move_model.create(self.env["kor.move.builder"]._complete(values))
        moves = moves.with_context(tracking_disable=False)
        notes = {
            move.id: self.env._("Billed from contract %(contract)s.", contract=contract._get_html_link())
            for move, contract in zip(moves, payable, strict=True)
        }
        moves._message_log_batch(bodies=notes)
        return dict(zip(payable, moves, strict=True))

    def _prepare_move_values(self, slices, invoice_date):
        """Return the values of an invoice over the slices. Extensible."""
        self.ensure_one()
        day = invoice_date or self._get_today()
        return {
            "move_type": "out_invoice",
            "company_id": self.company_id.id,
            "partner_id": (self.partner_invoice_id or self.partner_id).id,
            "partner_shipping_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": day,
            # Due at once; payment terms move it.
            "invoice_date_due": day,
            "invoice_user_id": self.user_id.id,
            "invoice_payment_term_id": self.payment_term_id.id,
            "fiscal_position_id": self.fiscal_position_id.id,
            "invoice_origin": self.name,
            "ref": self.client_order_ref,
            "kor_contract_id": self.id,
            "kor_date_from": min(one.start for one in slices),
            "kor_date_to": max(one.end for one in slices) - timedelta(days=1),
            "invoice_line_ids": [fields.Command.create(self._prepare_move_line_values(one)) for one in slices],
        }

    def _prepare_move_line_values(self, one):
        """Return the values of an invoice line over a slice. Extensible."""
        line = self.env["kor.contract.line"].browse(one.line.key).with_context(lang=self.partner_id.lang)
        quantity, price = self._get_shown_price(one)
        return {
            "product_id": line.product_id.id,
            "name": line._prepare_slice_name(one),
            "quantity": quantity,
            "price_unit": price,
        }

    @api.model
    def _get_shown_price(self, one):
        """Return quantity and unit price as the invoice shows them.

        They are the agreed ones where their product is the slice's amount; where tiers, days or discounts
        come in, a quantity of one carries the amount, and the explanation the rest.
        """
        if one.difference != one.amount:
            return 1.0, float(one.difference)
        price, quantity = one.line.price, one.rated.billable_quantity
        plain = price.model == "standard" and price.unit_price == round_money(price.unit_price, "0.01")
        if plain and quantity and price.unit_price * quantity == one.amount:
            return float(quantity), float(price.unit_price)
        return 1.0, float(one.amount)

    def _prepare_item_values(self, one, move_line, run):
        return {
            "name": self.env["kor.contract.line"].browse(one.line.key).name,
            "contract_id": self.id,
            "contract_line_id": one.line.key,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "period_start": one.period_start,
            "date_start": one.start,
            "date_end": one.end - timedelta(days=1),
            "revision": one.revision,
            "quantity": float(one.rated.quantity),
            "amount": float(one.difference),
            "explanation": self._prepare_explanation(one),
            "move_line_id": move_line.id if move_line else False,
            "run_id": run.id if run else False,
        }

    def _prepare_explanation(self, one):
        """Return why the slice has its amount, with the facts that it came from."""
        line = self.env["kor.contract.line"].browse(one.line.key)
        return {
            **one.explain(),
            "name": line.name,
            "currency": self.currency_id.name,
            "metric": line.metric_id.code or "",
            "unit": line.metric_id.unit or "",
            "unit_plural": line.metric_id.unit_plural or "",
            "facts": [
                {"model": "kor.contract", "id": self.id, "name": self.name},
                {"model": "kor.contract.line", "id": line.id, "name": line.name},
            ],
        }

    def _prepare_preview(self, slices):
        """Return the lines of the invoice that the slices would make."""
        self.ensure_one()
        taxes = self._get_preview_taxes(slices)
        return [self._prepare_preview_line(one, tax) for one, tax in zip(slices, taxes, strict=True)]

    def _get_preview_taxes(self, slices):
        """Return tax and total of each slice, by the native tax engine without an invoice.

        They are rounded together, so that they add up to the invoice's total also where taxes are rounded globally.
        """
        line_model, company = self.env["kor.contract.line"], self.company_id
        tax_model = self.env["account.tax"].with_company(company)
        base_lines = [line_model.browse(one.line.key)._prepare_preview_base_line(one) for one in slices]
        tax_model._add_tax_details_in_base_lines(base_lines, company)
        tax_model._round_base_lines_tax_details(base_lines, company)
        result = []
        for base_line in base_lines:
            details = base_line["tax_details"]
            net = details["total_excluded_currency"] + details["delta_total_excluded_currency"]
            tax = sum(one["tax_amount_currency"] for one in details["taxes_data"])
            result.append({"tax_amount": self.currency_id.round(tax), "total": self.currency_id.round(net + tax)})
        return result

    def _prepare_preview_line(self, one, taxes):
        line = self.env["kor.contract.line"].browse(one.line.key)
        return {
            "contract_id": self.id,
            "contract": self.name,
            "line_id": line.id,
            "product_id": line.product_id.id,
            "name": line.with_context(lang=self.partner_id.lang)._prepare_slice_name(one),
            "date_from": one.start.isoformat(),
            "date_to": (one.end - timedelta(days=1)).isoformat(),
            "due": one.due.isoformat(),
            "quantity": as_number(one.rated.quantity),
            "amount": as_number(one.difference),
            "tax_amount": taxes["tax_amount"],
            "total": taxes["total"],
            "currency": self.currency_id.name,
            "explanation": self._prepare_explanation(one),
        }
