from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.tools import format_quantity, open_form

from ..engine.errors import ENGINE_ERRORS

PREVIEWED = ("draft", "requested", "offered", "agreed")


class KorAmendmentPreviewMixin(models.AbstractModel):
    """Show side by side what an amendment changes, before anybody agrees."""

    _name = "kor.amendment.preview.mixin"
    _description = "Preview of an Amendment"

    contract_id = fields.Many2one("kor.contract")
    kinds = fields.Char(compute="_compute_kinds", help="What kinds of changes there are: their columns are shown.")
    preview_html = fields.Html(string="Preview", compute="_compute_preview_html", sanitize=False)
    preview_problem = fields.Char(compute="_compute_preview_html")

    @api.depends("change_ids.kind")
    def _compute_kinds(self):
        for amendment in self:
            amendment.kinds = ",".join(sorted({change.kind or "" for change in amendment.change_ids}))

    # No dependency: it is looked at anew whenever the form is read, and never while somebody types.
    @api.depends_context("lang", "uid")
    def _compute_preview_html(self):
        for amendment in self:
            amendment.preview_html, amendment.preview_problem = amendment._get_preview_html()

    def _get_preview_html(self, for_customer=False):
        """Return the preview of a saved amendment that is not applied yet, or why there is none."""
        if not self.id or self.state not in PREVIEWED or not self.change_ids:
            return False, False
        try:
            return self._render_preview(self._preview(), for_customer), False
        except (UserError, *ENGINE_ERRORS) as error:
            return False, str(error)

    @api.model
    def _get_seen_mark(self, html):
        """Return a mark of what was shown: when it is signed, it tells whether that still holds."""
        return sha256(str(html).encode()).hexdigest()[:16]

    @api.model
    def _render_preview(self, preview, for_customer=False):
        values = self._get_preview_values(preview, for_customer)
        return self.env["ir.qweb"]._render("kor_contracts.amendment_preview", values)

    @api.model
    def _get_preview_values(self, preview, for_customer=False):
        """Return what the preview's page shows. Extensible."""
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", preview["currency"])])
        return {
            "preview": preview,
            "for_customer": for_customer,
            "money": {"widget": "monetary", "display_currency": currency},
            "day": self._format_day(preview["date_effective"]),
            "terms": self._pair_terms(preview),
            "lines": self._pair_lines(preview),
            "figures": self._get_preview_figures(preview, for_customer),
        }

    @api.model
    def _get_preview_figures(self, preview, for_customer):
        """Return label, before, after and change of what the contract brings. Extensible."""
        before, after = preview["before"], preview["after"]
        if for_customer:
            return [(self.env._("Recurring fees per month"), before["mrr"], after["mrr"], preview["mrr_change"])]
        return [
            (self.env._("MRR"), before["mrr"], after["mrr"], preview["mrr_change"]),
            (self.env._("ARR"), before["arr"], after["arr"], preview["arr_change"]),
        ]

    def _look_at_terms(self):
        """Return what the contract says beside its lines, as pairs of label and text. Extensible."""
        contract = self.contract_id
        states = dict(contract._fields["state"]._description_selection(self.env))
        end = contract._describe_renewal() or self.env._("Ends on %(day)s", day=contract._describe_end())
        return [
            [self.env._("Tier"), contract.tier_id.name],
            [self.env._("Plan"), contract.plan_id.name or "–"],
            [self.env._("Customer"), contract.partner_id.display_name],
            [self.env._("Status"), states[contract.state]],
            [self.env._("Term"), end],
            [self.env._("Billing periods begin"), contract._describe_billing_day()],
            [self.env._("Discounts"), "; ".join(one.summary for one in contract.discount_ids) or "–"],
        ]

    @api.model
    def _pair_terms(self, preview):
        """Return label, text before and after of the terms that change."""
        pairs = zip(preview["before"]["terms"], preview["after"]["terms"], strict=True)
        return [(label, old, new) for (label, old), (_label, new) in pairs if old != new]

    @api.model
    def _pair_lines(self, preview):
        """Return the lines before and after side by side, those that go on from each other in one row."""
        rows = {}
        for name in ("before", "after"):
            for line in preview[name]["lines"]:
                rows.setdefault(line["first_id"], {"before": False, "after": False})[name] = self._word_line(line)
        for row in rows.values():
            row["mark"] = self._mark(row["before"], row["after"])
        # What was due once and is over is no part of what goes on.
        return [row for row in rows.values() if row["mark"] == "new" or not row["before"]["is_once"]]

    @api.model
    def _word_line(self, line):
        held = format_quantity(self.env, line["quantity"]) if line["charge_type"] == "per_unit" else ""
        return {
            "name": line["name"],
            "held": held,
            "price": line["price"],
            "is_once": line["charge_type"] == "one_time",
        }

    @api.model
    def _mark(self, before, after):
        if not before or not after:
            return "ended" if before else "new"
        return "same" if before == after else "changed"

    def action_open_contract(self):
        """Open the contract that is amended.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.contract_id)

    @api.model
    def _format_day(self, text):
        return format_date(self.env, fields.Date.to_date(text))
