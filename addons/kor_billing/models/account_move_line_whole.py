from odoo import api, models, tools

from .kor_move_builder import BUILDING

# What decides the values that lines are inserted with. Where an add-on has its own idea of one, core makes the lines.
HOOKS = {
    "_add_missing_default_values",
    "_compute_amount_residual",
    "_compute_debit_credit",
    "_compute_no_followup",
    "_compute_partner_id",
    "_compute_totals",
    "_create",
    "_prepare_create_values",
    "_sync_invoice",
}
# Expenses total their own lines otherwise, and no others.
KNOWN_MODULES = ("odoo.orm.", "odoo.addons.account.", "odoo.addons.hr_expense.", "odoo.addons.kor_billing.")
CASH_TYPES = ("asset_cash", "liability_credit_card")


class AccountMoveLine(models.Model):
    """Insert the lines of whole invoices with every column.

    Core inserts lines without their totals, their residual and what they repeat of their invoice, computes these
    field by field and writes each line three times more: a third of what an invoice costs. The lines that the builder
    has made whole need none of it. They still come through core's `create`, with its checks of access, companies,
    constraints, lock dates and balance, and what other add-ons have beside is computed as ever.
    """

    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited  # apart: how they are inserted

    # EXTENDS base
    def _prepare_create_values(self, vals_list):
        if not self._is_kor_whole() or not all("price_total" in vals for vals in vals_list):
            return super()._prepare_create_values(vals_list)
        memo = {}
        complete = [{**self._prepare_kor_found(vals, memo), **vals} for vals in vals_list]
        # Still open are account and label of the receivable, and what other add-ons have.
        self._add_precomputed_values(complete)
        for vals, given in zip(complete, vals_list, strict=True):
            vals.update(self._prepare_kor_residual(vals, memo))
            # As core: no inverse is called for what nobody has given.
            found = {self._fields[name] for name in vals.keys() - given.keys() if name in self._fields}
            vals["__precomputed__"] = found
        return complete

    # EXTENDS base
    @api.model
    def _create(self, data_list):
        """Compute nothing that lines are inserted with."""
        if self._is_kor_whole():
            for data in data_list:
                given = (self._fields[name] for name in data["stored"])
                data["protected"].update(field for field in given if field.compute)
        return super()._create(data_list)

    # EXTENDS account
    def _sync_invoice(self, container):
        """Derive no amount from another where lines come with both."""
        if self._is_kor_whole():
            container = {"records": self.with_context(skip_invoice_line_sync=True)}
        return super()._sync_invoice(container)

    @api.model
    def _is_kor_whole(self):
        return self.env.context.get("kor_lines_are_whole") is BUILDING and self._has_kor_known_hooks()

    @api.model
    @tools.ormcache()
    def _has_kor_known_hooks(self):
        """Tell whether core alone decides what lines are inserted with."""
        return all(
            parent.__module__.startswith(KNOWN_MODULES) for parent in type(self).__mro__ if HOOKS & vars(parent).keys()
        )

    @api.model
    def _prepare_kor_found(self, vals, memo):
        """Return what core would find for a line."""
        balance, repartition = vals["balance"], vals.get("tax_repartition_line_id")
        return {
            # Currencies come before the amounts that are rounded by them.
            **self._look_up_once(memo, self._prepare_kor_repeated, vals["move_id"]),
            "currency_id": vals["currency_id"],
            **self._look_up_once(memo, self._prepare_kor_defaults, tuple(vals)),
            **self._look_up_once(memo, self._prepare_kor_tax, repartition),
            "analytic_distribution": False,
            "debit": balance if balance > 0.0 else 0.0,
            "credit": -balance if balance < 0.0 else 0.0,
        }

    @api.model
    def _look_up_once(self, memo, function, argument):
        key = (function.__name__, argument)
        if key not in memo:
            memo[key] = function(argument)
        return memo[key]

    @api.model
    def _prepare_kor_defaults(self, names):
        uid, now = self.env.uid, self.env.cr.now()
        magic = {"create_uid": uid, "create_date": now, "write_uid": uid, "write_date": now}
        completed = self._add_missing_default_values(dict.fromkeys(names))
        return {name: value for name, value in completed.items() if name not in names} | magic

    @api.model
    def _prepare_kor_repeated(self, move_id):
        """Return what a line repeats of its invoice, but for the number, which is still to come."""
        move = self.env["account.move"].browse(move_id)
        repeated = {"partner_id": move.commercial_partner_id.id, "no_followup": move.journal_id.type == "general"}
        for name, field in self._fields.items():
            if field.store and field.related and field.related.startswith("move_id.") and name != "move_name":
                source = move._fields[field.related.removeprefix("move_id.")]
                repeated[name] = source.convert_to_write(move[source.name], move)
        return repeated

    @api.model
    def _prepare_kor_tax(self, repartition_id):
        tax = self.env["account.tax.repartition.line"].browse(repartition_id).tax_id
        return {"tax_line_id": tax.id, "tax_group_id": tax.tax_group_id.id}

    @api.model
    def _prepare_kor_residual(self, vals, memo):
        """Return what is open of a line that nobody can have paid yet."""
        balance, amount = vals["balance"], vals["amount_currency"]
        if not self._look_up_once(memo, self._is_kor_reconcilable, vals["account_id"]):
            return {"amount_residual": 0.0, "amount_residual_currency": 0.0, "reconciled": False}
        return {
            "amount_residual": balance,
            "amount_residual_currency": amount,
            "reconciled": not balance and not amount,
        }

    @api.model
    def _is_kor_reconcilable(self, account_id):
        account = self.env["account.account"].browse(account_id)
        return account.reconcile or account.account_type in CASH_TYPES
