from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from odoo.addons.kor_contracts.models.kor_amendment_preview_mixin import PREVIEWED
from odoo.addons.kor_enterprise_tiers.engine.money import as_number, to_decimal
from odoo.addons.kor_enterprise_tiers.tools import open_form

from ..engine import recognition, treatments
from .kor_contract_balance_mixin import READER


class KorAmendmentRevenueMixin(models.AbstractModel):
    """Show side by side what each treatment of a modification makes of what the contract earns."""

    _name = "kor.amendment.revenue.mixin"
    _description = "Revenue Treatments of an Amendment"

    contract_id = fields.Many2one("kor.contract")

    def preview_revenue_treatments(self):
        """Tell what each treatment of the modification would make of the contract's revenue, and write nothing.

        :return: a dict with the prices before and after, the figures behind the two questions, the proposed and the
            chosen treatment, and for each of the three: whether it is possible or why not, what is earned so far,
            what is caught up on the day, what the following months earn, and what remains
        """
        self.ensure_one()
        self.check_access("read")
        self.contract_id.check_access("read")
        if not self.env.user.has_group(READER):
            raise AccessError(self.env._("Only members of KOR Enterprise › Revenue can preview treatments."))
        if self.state not in PREVIEWED:
            raise UserError(
                self.env._("Amendment %(name)s is settled: there is nothing left to choose.", name=self.name)
            )
        return self._preview()["revenue"]

    def _prepare_treatments(self):
        """Return the treatments side by side; the amendment is applied, and will be taken back."""
        contract_sudo = self.contract_id.sudo()  # terms were frozen for the preview, and are taken back
        records = contract_sudo.revenue_version_ids.sorted("number")
        empty = {"reason": self._explain_no_treatment(records), "treatments": []}
        if empty["reason"]:
            return empty
        versions = contract_sudo._get_engine_versions()
        before, after = versions[-2:]
        price, value = contract_sudo._compare_terms(before, after, after.day)
        proposed = contract_sudo._choose_treatment(records[-2], after, after.day, self)
        found = treatments.compare(versions, to_decimal(self.currency_id.rounding))
        return {
            "reason": "",
            "contract": contract_sudo.name,
            "date": fields.Date.to_string(after.day),
            "currency": contract_sudo.currency_id.name,
            "price_before": self._to_number(before.price),
            "price_after": self._to_number(after.price),
            "price_added": self._to_number(price),
            "standalone_added": self._to_number(value),
            "at_standalone": contract_sudo._is_at_standalone_price(before, after, after.day),
            "adds_only": contract_sudo._is_addition(before, after, after.day),
            "tolerance": contract_sudo.company_id.kor_standalone_tolerance,
            "proposed": proposed,
            "chosen": self.revenue_treatment or proposed,
            "treatments": [self._prepare_treatment(one) for one in found],
        }

    def _explain_no_treatment(self, records):
        """Return why there is nothing to choose, empty where there is."""
        if not self.contract_id.sudo().revenue_since:  # as above
            return self.env._("The contract's revenue is what is invoiced.")
        if not any(version.amendment_id == self for version in records[-1:]):
            return self.env._("The fixed fees for which both sides are bound stay as they are.")
        if len(records) < 2:
            return self.env._("Nothing was enforceable before: all of it is new.")
        return ""

    def _prepare_treatment(self, one):
        names = dict(self._fields["revenue_treatment"]._description_selection(self.env))
        return {
            "treatment": one.treatment,
            "name": names[one.treatment],
            "possible": not one.refusal,
            "refusal": one.refusal,
            "total": as_number(one.total),
            "earned": as_number(one.earned),
            "catch_up": as_number(one.catch_up),
            "remaining": as_number(one.remaining),
            "months": [
                {"month": fields.Date.to_string(month), "amount": as_number(amount)} for month, amount in one.months
            ],
        }

    def _to_number(self, amount):
        rounding = to_decimal(self.currency_id.rounding)
        return as_number(recognition.to_units(amount, Fraction(rounding)) * rounding)

    @api.model
    def _get_treatment_values(self, revenue):
        """Return what the page of the treatments shows."""
        shown = revenue if revenue and revenue["treatments"] else None
        return {
            "revenue": shown,
            "revenue_months": self._pair_months(shown) if shown else [],
            "revenue_day": self._format_day(shown["date"]) if shown else "",
        }

    @api.model
    def _render_treatments(self, revenue, currency):
        """Return the page of treatments that were looked at before."""
        money = {"widget": "monetary", "display_currency": currency}
        values = {"money": money, **self._get_treatment_values(revenue)}
        return self.env["ir.qweb"]._render("kor_revenue.amendment_treatments", values)

    def action_open_revenue_treatment(self):
        """Open the two questions, with what follows from the answers.

        :return: a window action
        """
        self.ensure_one()
        self._check_can_treat()
        wizard = self.env["kor.amendment.treatment"].create(
            {
                "amendment_id": self.id,
                "figures": self.preview_revenue_treatments(),
                "distinct": self.revenue_distinct,
                "standalone": self.revenue_standalone,
                "treatment": self.revenue_treatment,
            }
        )
        name = self.env._("Revenue Treatment")
        return open_form(wizard, name=name, target="new", context={"dialog_size": "extra-large"})

    @api.model
    def _pair_months(self, revenue):
        """Return each following month with what the treatments earn in it, None where one is impossible."""
        names = [one["treatment"] for one in revenue["treatments"]]
        rows = {}
        for one in revenue["treatments"]:
            for month in one["months"]:
                rows.setdefault(month["month"], dict.fromkeys(names))[one["treatment"]] = month["amount"]
        return [
            (format_date(self.env, fields.Date.to_date(month), date_format="MMM y"), [row[name] for name in names])
            for month, row in sorted(rows.items())
        ]
