from odoo import api, models
from odoo.fields import Command

HEAD_FIELDS = ("move_type", "company_id", "currency_id", "invoice_date", "fiscal_position_id")
# Where one of these is given, or a line has more than is plain, the amounts may be others: that is left to core.
SPECIAL_FIELDS = {"line_ids", "journal_id", "invoice_currency_rate", "taxable_supply_date"}
NEEDED_FIELDS = {"product_id", "quantity", "price_unit"}
PLAIN_FIELDS = NEEDED_FIELDS | {"name", "discount", "sequence", "analytic_distribution"}


class KorMoveBuilder(models.AbstractModel):
    """Tell core beforehand what it would find out about the lines of new invoices.

    Core makes invoice lines without amounts, then computes amounts and tax tags and writes them line by line: two
    fifths of the time of an invoice. A line that comes with the same figures is not written again. Core computes
    them all the same and writes what differs, so that a wrong figure here costs time, and never a wrong entry.
    """

    _name = "kor.move.builder"
    _description = "Invoice Builder"

    @api.model
    def _complete(self, vals_list):
        """Return the values of invoices with the figures of their lines, or as they are where not all is plain."""
        memo = {}
        if not self.env["account.analytic.distribution.model"].search_count([], limit=1):
            vals_list = [self._without_analytics(vals) if "invoice_line_ids" in vals else vals for vals in vals_list]
        return [self._with_figures(vals, memo) if self._is_plain(vals) else vals for vals in vals_list]

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
            and all(command[0] == Command.CREATE and self._is_plain_line(command[2]) for command in lines)
        )

    @api.model
    def _is_plain_line(self, vals):
        return bool(vals.get("product_id")) and NEEDED_FIELDS <= vals.keys() <= PLAIN_FIELDS

    @api.model
    def _with_figures(self, vals, memo):
        lines = [command[2] for command in vals["invoice_line_ids"]]
        head = self._get_head(vals, memo)
        figures = self._compute_figures(head, [self._prepare_base_line(head, line, memo) for line in lines])
        commands = [Command.create({**line, **found}) for line, found in zip(lines, figures, strict=True)]
        return {**vals, "invoice_line_ids": commands}

    @api.model
    def _compute_figures(self, head, base_lines):
        """Return balance, amount in currency and tax tags of each line, as core's own tax engine has them."""
        tax_model, company = self.env["account.tax"], head.company_id
        tax_model._add_tax_details_in_base_lines(base_lines, company)
        tax_model._round_base_lines_tax_details(base_lines, company)
        tax_model._add_accounting_data_in_base_lines_tax_details(
            base_lines, company, include_caba_tags=head.always_tax_exigible
        )
        return [figures for _line, figures in tax_model._prepare_tax_lines(base_lines, company)["base_lines_to_update"]]

    @api.model
    def _prepare_base_line(self, head, vals, memo):
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
            **amounts,
            **self._get_product_values(head, vals["product_id"], memo),
        )

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
