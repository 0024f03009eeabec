from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models

from odoo.addons.kor_enterprise_tiers.engine.money import as_number, round_money


class KorContractInvoiceMixin(models.AbstractModel):
    """Put slices on invoices: their lines, their taxes, and why each amount is what it is."""

    _name = "kor.contract.invoice.mixin"
    _description = "Invoices of a Contract"

    def _create_moves(self, payable, draws, invoice_date):
        """Return a draft invoice by contract, made in one call: its slices, then what prepaid credit pays.

        Contracts of a customer share an invoice where the company wants it; then each line names its contract.
        """
        if not payable:
            return {}
        builder = self.env["kor.move.builder"].with_context(tracking_disable=True)
        values = []
        for contract, slices in payable.items():
            vals = contract._prepare_move_values(slices, invoice_date)
            lines = [contract._prepare_draw_line_values(draw) for draw in draws.get(contract, ())]
            vals["invoice_line_ids"] += [fields.Command.create(line) for line in lines]
            values.append(vals)
        groups = self._group_moves(payable, values)
        joined = [self._join_move_values(contracts, own) for contracts, own in groups]
        moves = builder._create_moves(joined).with_context(tracking_disable=False)
        return {contract: move for move, (contracts, _own) in zip(moves, groups, strict=True) for contract in contracts}

    @api.model
    def _note_billing(self, moves):
        """Note on each invoice which contracts it bills.

        :param moves: the invoices by contract
        """
        billed = {}
        for contract, move in moves.items():
            billed[move] = billed.get(move, self.browse()) + contract
        if not billed:
            return
        # Else each note would do it for its own invoice.
        self.env.flush_all()
        notes = {move.id: self._prepare_billing_note(contracts) for move, contracts in billed.items()}
        self.env["account.move"].union(*billed)._message_log_batch(bodies=notes)

    @api.model
    def _group_moves(self, payable, values):
        """Return the contracts of each invoice, with their values."""
        groups = {}
        for contract, vals in zip(payable, values, strict=True):
            key = contract._get_joining_key(vals)
            contracts, own = groups.get(key, (self.env["kor.contract"], []))
            groups[key] = (contracts + contract, [*own, vals])
        return list(groups.values())

    def _get_joining_key(self, vals):
        """Return what contracts on one invoice have in common, or the contract where it has its own. Extensible."""
        self.ensure_one()
        company = self.company_id.sudo()  # the setting holds for everybody who bills
        if not company.kor_join_invoices or self.invoice_alone:
            return self.id
        names = (
            "company_id",
            "currency_id",
            "partner_id",
            "invoice_payment_term_id",
            "fiscal_position_id",
            "invoice_date",
        )
        return (*(vals[name] for name in names), self.invoice_posting)

    @api.model
    def _join_move_values(self, contracts, values):
        """Return the values of one invoice over the contracts."""
        if len(values) == 1:
            return values[0]
        refs = dict.fromkeys(vals["ref"] for vals in values if vals["ref"])
        lines = []
        for contract, vals in zip(contracts, values, strict=True):
            for _command, _id, line in vals["invoice_line_ids"]:
                name = f"{contract.name}: {line['name']}"
                lines.append(fields.Command.create({**line, "name": name, "kor_contract_id": contract.id}))
        return {
            **values[0],
            "kor_date_from": min(vals["kor_date_from"] for vals in values),
            "kor_date_to": max(vals["kor_date_to"] for vals in values),
            "invoice_origin": ", ".join(contracts.mapped("name")),
            "ref": ", ".join(refs),
            "invoice_line_ids": lines,
        }

    @api.model
    def _prepare_billing_note(self, contracts):
        links = Markup(", ").join(contract._get_html_link() for contract in contracts)
        if len(contracts) > 1:
            return self.env._("Billed from contracts %(contracts)s.", contracts=links)
        return self.env._("Billed from contract %(contract)s.", contract=links)

    @api.model
    def _get_own_lines(self, move, contract):
        """Return the invoice lines that bill a contract, in the order in which they were made."""
        lines = move.line_ids.filtered(lambda line: line.display_type == "product").sorted("id")
        return lines.filtered(lambda line: not line.kor_contract_id or line.kor_contract_id == contract)

    def _prepare_move_values(self, slices, invoice_date):
        """Return the values of an invoice over the slices. Extensible."""
        self.ensure_one()
        return {
            **self._prepare_move_head(invoice_date or self._get_today()),
            "kor_date_from": min(one.start for one in slices),
            "kor_date_to": max(one.end for one in slices) - timedelta(days=1),
            "invoice_line_ids": [
                fields.Command.create(self._prepare_move_line_values(one)) for one in slices if self._is_shown(one)
            ],
        }

    @api.model
    def _is_shown(self, one):
        """Tell whether a slice has a line on the invoice: a commitment that is met says nothing there."""
        return bool(one.difference) or one.line.charge_type != "commitment"

    def _prepare_move_head(self, day):
        """Return the values that all invoices of the contract share."""
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
        }

    def _prepare_move_line_values(self, one):
        """Return the values of an invoice line over a slice. Extensible."""
        line = self._get_line(one).with_context(lang=self.partner_id.lang)
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
        line = self._get_line(one)
        return {
            "name": line.name,
            "contract_id": self.id,
            "contract_line_id": line.id,
            # Related ones, too: found as they are, they are not written again.
            "partner_id": self.partner_id.id,
            "tier_id": self.tier_id.id,
            "product_id": line.product_id.id,
            "charge_type": line.charge_type,
            "move_id": move_line.move_id.id if move_line else False,
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
        line = self._get_line(one)
        return {
            **one.explain(),
            "name": line.name,
            "currency": self.currency_id.name,
            "metric": line.metric_id.code or "",
            "unit": line.metric_id.unit or "",
            "unit_plural": line.metric_id.unit_plural or "",
            "usage_filter": line.usage_filter or "",
            "names": {
                str(counted.key): self._get_line(one).browse(counted.key).name for counted in one.commitment.charges
            }
            if one.commitment
            else {},
            "facts": [
                {"model": "kor.contract", "id": self.id, "name": self.name},
                {"model": "kor.contract.line", "id": line.id, "name": line.name},
            ],
        }

    def _prepare_preview(self, slices):
        """Return the lines of the invoice that the slices would make."""
        self.ensure_one()
        draws = self._get_draws(slices)
        taxes = self._get_preview_taxes(slices, draws)
        lines = [self._prepare_preview_line(one, tax) for one, tax in zip(slices, taxes, strict=False)]
        drawn = zip(draws, taxes[len(slices) :], strict=True)
        return lines + [self._prepare_preview_draw(draw, tax, slices) for draw, tax in drawn]

    def _get_preview_taxes(self, slices, draws=()):
        """Return tax and total of each slice and each drawn credit, by the native tax engine without an invoice."""
        base_lines = [self._get_line(one)._prepare_preview_base_line(one) for one in slices]
        base_lines += [self._prepare_credit_base_line(draw.amount, self._get_prepaid_taxes()) for draw in draws]
        return self._tax_base_lines(base_lines)

    def _tax_base_lines(self, base_lines):
        """Return tax and total of each of the lines of what would be one invoice or credit note.

        They are rounded together, so that they add up to its total also where taxes are rounded globally.
        """
        company = self.company_id
        tax_model = self.env["account.tax"].with_company(company)
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
        line = self._get_line(one)
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
