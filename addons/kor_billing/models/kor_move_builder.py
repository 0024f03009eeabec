from collections import defaultdict
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.fields import Command

# In the context of what the builder does. An object: no caller from outside can send one.
BUILDING = object()

HEAD_FIELDS = ("move_type", "company_id", "currency_id", "invoice_date", "fiscal_position_id")
# Where one of these is given, or a line has more than is plain, the amounts may be others: that is left to core.
SPECIAL_FIELDS = {"line_ids", "journal_id", "invoice_currency_rate", "taxable_supply_date"}
NEEDED_FIELDS = {"product_id", "quantity", "price_unit"}
PLAIN_FIELDS = NEEDED_FIELDS | {
    "name",
    "discount",
    "sequence",
    "analytic_distribution",
    "kor_contract_id",
    "account_id",
}
# As core sorts the lines of an invoice.
SEQUENCES = {"product": 100, "tax": 10000, "payment_term": 12000}
# What core computes of a draft only when it writes it: once more, for each number that it gives. Teams are of sales.
OPEN_FIELDS = ("always_tax_exigible", "checked", "invoice_partner_display_name", "made_sequence_gap", "team_id")
# What core adds to the context and forgets again, more than a hundred times for an invoice.
PASSING_CONTEXTS = (
    {"prefetch_fields": False},
    {"bin_size": False},
    {"bin_size": False, "prefetch_fields": False},
    {"skip_invoice_line_sync": True, "prefetch_fields": False},
)


class KorMoveBuilder(models.AbstractModel):
    """Tell core beforehand what it would find out about the lines of new invoices.

    Core makes invoice lines without amounts, then computes amounts and tax tags, writes them line by line, and adds
    the tax lines and the receivable: more than half of the time of an invoice. An invoice that comes complete is
    taken as it is. All figures here are those of core's own tax engine and payment terms, and core still refuses
    what does not balance. Where more than products, prices, taxes and terms decide, core is left to do it itself.
    """

    _name = "kor.move.builder"
    _description = "Invoice Builder"

    @api.model
    def _create_moves(self, vals_list):
        """Create invoices, and return them in the order of their values."""
        completed = self._complete(vals_list)
        move_model = self.env["account.move"].with_context(kor_move_builder=BUILDING)
        moves = [move_model] * len(completed)
        # Apart: core adds no receivable to any invoice of a call in which one brings its own.
        for is_whole in (True, False):
            places = [place for place, vals in enumerate(completed) if ("line_ids" in vals) is is_whole]
            whole = is_whole and BUILDING
            own_model = move_model.with_context(kor_move_is_whole=whole, kor_lines_are_whole=whole)
            with self._holding_environments(own_model):
                created = own_model.create([completed[place] for place in places])
            for place, move in zip(places, created.with_env(move_model.env), strict=True):
                moves[place] = move
        return self.env["account.move"].browse([move.id for move in moves])

    @api.model
    def _post_moves(self, moves):
        """Post invoices, having read in one go what core reads for each."""
        partners_sudo = moves.partner_id.sudo()  # core counts invoices on partners in sudo, too
        partners_sudo |= partners_sudo.commercial_partner_id
        for name in ("user_ids", "child_ids"):
            partners_sudo.mapped(name)
        for name in OPEN_FIELDS:
            if name in moves._fields:
                moves.mapped(name)
        # Posting changes no amount of what was made complete a moment ago.
        moves = moves.with_context(kor_move_builder=BUILDING, kor_move_is_whole=BUILDING)
        # As core posts.
        with self._holding_environments(moves.with_context(skip_is_manually_modified=True)):
            return moves._post()

    @api.model
    @contextmanager
    def _holding_environments(self, records):
        """Keep alive what core asks for with each amount: an environment that nobody holds is made anew each time."""
        held = [records.with_context(**overrides).env for overrides in PASSING_CONTEXTS]
        yield
        held.clear()

    @api.model
    def _complete(self, vals_list):
        """Return the values of invoices with the figures of their lines, or as they are where not all is plain."""
        memo = {}
        if not self.env["account.analytic.distribution.model"].search_count([], limit=1):
            vals_list = [self._without_analytics(vals) if "invoice_line_ids" in vals else vals for vals in vals_list]
        return [self._with_lines(vals, memo) if self._is_plain(vals) else vals for vals in vals_list]

    @api.model
    def _without_analytics(self, vals):
        """Spare core a search per line where no analytic distribution is set up."""
        lines = [
            Command.create({"analytic_distribution": False, **command[2]}) if command[0] == Command.CREATE else command
            for command in vals["invoice_line_ids"]
        ]
        return {**vals, "invoice_line_ids": lines}

    @api.model
    def _is_plain(self, vals):
        """Tell whether the figures follow from products, prices and the head alone."""
        lines = vals.get("invoice_line_ids")
        return (
            bool(lines)
            and vals.get("move_type") == "out_invoice"
            and all(vals.get(name) for name in ("company_id", "currency_id", "invoice_date"))
            and "fiscal_position_id" in vals
            and not SPECIAL_FIELDS & vals.keys()
            and not self.env["res.company"].browse(vals["company_id"]).account_storno
            and all(command[0] == Command.CREATE and self._is_plain_line(command[2]) for command in lines)
        )

    @api.model
    def _is_plain_line(self, vals):
        return bool(vals.get("product_id")) and NEEDED_FIELDS <= vals.keys() <= PLAIN_FIELDS

    @api.model
    def _with_lines(self, vals, memo):
        """Return the values with the figures of their lines, and with tax and term lines where those are plain too."""
        lines = [command[2] for command in vals["invoice_line_ids"]]
        head = self._get_head(vals, memo)
        partner = self.env["res.partner"].browse(vals.get("partner_id")).commercial_partner_id
        base_lines = [self._prepare_base_line(head, line, partner, memo) for line in lines]
        figures, taxes = self._compute_figures(head, base_lines)
        lines = [{**line, **found} for line, found in zip(lines, figures, strict=True)]
        if not self._is_whole(vals, head, lines, base_lines, taxes):
            return {**vals, "invoice_line_ids": [Command.create(line) for line in lines]}
        whole = {name: value for name, value in vals.items() if name != "invoice_line_ids"}
        lines = [
            {
                **self._prepare_found("product", head),
                **self._prepare_product_values(base_line),
                **self._get_totals(head, base_line, memo),
                **line,
            }
            for base_line, line in zip(base_lines, lines, strict=True)
        ]
        taxes = [{**self._prepare_found("tax", head), **tax} for tax in taxes]
        terms = [
            {**self._prepare_found("payment_term", head), **term}
            for term in self._prepare_term_lines(vals, head, lines, taxes)
        ]
        journal = head.journal_id
        if journal.currency_id in (head.currency_id, journal.currency_id.browse()):
            # Core would search it for each invoice.
            whole["journal_id"] = journal.id
        return {**whole, "line_ids": [Command.create(line) for line in (*lines, *taxes, *terms)]}

    @api.model
    def _prepare_found(self, display_type, head):
        """Return what core would find for each line of a kind."""
        found = {
            "display_type": display_type,
            "sequence": SEQUENCES[display_type],
            "currency_id": head.currency_id.id,
            "is_storno": False,
        }
        if display_type == "product":
            return found
        return {**found, "quantity": 0.0, "price_unit": 0.0, "price_subtotal": 0.0, "price_total": 0.0}

    @api.model
    def _prepare_product_values(self, base_line):
        """Return what core would find for a line from its product."""
        return {
            "product_uom_id": base_line["product_uom_id"].id,
            "account_id": base_line["account_id"].id,
            "tax_ids": [Command.set(base_line["tax_ids"].ids)],
        }

    @api.model
    def _is_whole(self, vals, head, lines, base_lines, taxes):
        """Tell whether nothing but taxes and instalments is added to the lines."""
        company = head.company_id
        terms = self.env["account.payment.term"].browse(vals.get("invoice_payment_term_id"))
        return (
            all("analytic_distribution" in line for line in lines)
            # Core computes again what comes without a figure.
            and any(line["balance"] or line["amount_currency"] for line in lines)
            and bool(vals.get("invoice_date_due") or terms)
            and not terms.early_discount
            and not vals.get("invoice_cash_rounding_id")
            and not company.account_discount_expense_allocation_id
            and not company.account_discount_income_allocation_id
            and (bool(taxes) or not any(one["tax_ids"] for one in base_lines))
        )

    @api.model
    def _prepare_term_lines(self, vals, head, lines, taxes):
        """Return the receivable, by instalments."""
        own, foreign = head.company_id.currency_id, head.currency_id
        untaxed, tax = (
            [
                unit.round(-sum(line[name] for line in found))
                for name, unit in (("balance", own), ("amount_currency", foreign))
            ]
            for found in (lines, taxes)
        )
        sums = defaultdict(lambda: [0.0, 0.0])
        for day, balance, amount in self._split_by_terms(vals, head, untaxed, tax):
            sums[day][0] += balance
            sums[day][1] += amount
        return [
            {
                "date_maturity": day,
                "discount_date": False,
                "discount_balance": 0.0,
                "discount_amount_currency": 0.0,
                "balance": own.round(balance),
                "amount_currency": foreign.round(amount),
            }
            for day, (balance, amount) in sums.items()
        ]

    @api.model
    def _split_by_terms(self, vals, head, untaxed, tax):
        terms = self.env["account.payment.term"].browse(vals.get("invoice_payment_term_id"))
        if not terms:
            return [(vals["invoice_date_due"], untaxed[0] + tax[0], untaxed[1] + tax[1])]
        found = terms._compute_terms(
            date_ref=vals["invoice_date"],
            currency=head.currency_id,
            company=head.company_id,
            tax_amount=tax[0],
            tax_amount_currency=tax[1],
            untaxed_amount=untaxed[0],
            untaxed_amount_currency=untaxed[1],
            sign=1,
        )["line_ids"]
        return [(fields.Date.to_date(one["date"]), one["company_amount"], one["foreign_amount"]) for one in found]

    @api.model
    def _compute_figures(self, head, base_lines):
        """Return the amounts and tax tags of each line, and the tax lines, as core's own tax engine has them."""
        tax_model, company = self.env["account.tax"], head.company_id
        tax_model._add_tax_details_in_base_lines(base_lines, company)
        tax_model._round_base_lines_tax_details(base_lines, company)
        tax_model._add_accounting_data_in_base_lines_tax_details(
            base_lines, company, include_caba_tags=head.always_tax_exigible
        )
        found = tax_model._prepare_tax_lines(base_lines, company)
        return [figures for _line, figures in found["base_lines_to_update"]], found["tax_lines_to_add"]

    @api.model
    def _get_totals(self, head, base_line, memo):
        """Return the totals of a line, which core rounds by themselves and not with the other lines.

        Its taxes follow from its product, and nothing in the rounding from the customer: lines of one plan are alike.
        """
        key = (head, *(base_line[name] for name in ("product_id", "price_unit", "quantity", "discount")))
        if key not in memo:
            details = base_line["tax_details"]
            alone = {**base_line, "tax_details": {**details, "taxes_data": [{**tax} for tax in details["taxes_data"]]}}
            self.env["account.tax"]._round_base_lines_tax_details([alone], head.company_id)
            memo[key] = {
                "price_subtotal": alone["tax_details"]["total_excluded_currency"],
                "price_total": alone["tax_details"]["total_included_currency"],
            }
        return memo[key]

    @api.model
    def _prepare_base_line(self, head, vals, partner, memo):
        line_model = self.env["account.move.line"]
        # Rounded as the fields round.
        amounts = {
            name: line_model._fields[name].convert_to_cache(vals.get(name, 0.0), line_model)
            for name in ("price_unit", "quantity", "discount")
        }
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            {"currency_id": head.currency_id, "is_refund": False},
            rate=head.invoice_currency_rate,
            sign=head.direction_sign,
            partner_id=partner,
            analytic_distribution=vals.get("analytic_distribution"),
            **amounts,
            **(self._get_product_values(head, vals["product_id"], memo) | self._get_own_account(vals)),
        )

    @api.model
    def _get_own_account(self, vals):
        """Return the account that a line is given in place of its product's."""
        if not vals.get("account_id"):
            return {}
        return {"account_id": self.env["account.account"].browse(vals["account_id"])}

    @api.model
    def _get_head(self, vals, memo):
        """Return an unsaved invoice that stands for all with the same rate, company and fiscal position."""
        key = tuple(vals.get(name) for name in HEAD_FIELDS)
        if key not in memo:
            memo[key] = self.env["account.move"].new(dict(zip(HEAD_FIELDS, key, strict=True)))
        return memo[key]

    @api.model
    def _get_product_values(self, head, product_id, memo):
        """Return what core takes from the product for an invoice like the head: unit, account, mapped taxes."""
        key = (head, product_id)
        if key not in memo:
            line = self.env["account.move.line"].new({"move_id": head, "product_id": product_id})
            memo[key] = {
                "product_id": line.product_id,
                "product_uom_id": line.product_uom_id,
                "account_id": line.account_id,
                "tax_ids": line.tax_ids._origin,
            }
        return memo[key]
