from markupsafe import Markup

from odoo import fields, models
from odoo.tools.misc import formatLang


class KorBillingExplanation(models.AbstractModel):
    """Put the explanation of a booked amount into words: rows of what, how and how much."""

    _name = "kor.billing.explanation"
    _description = "Explanation of an Amount"

    explanation = fields.Json(help="How the amount came about, as other systems read it.")
    explanation_html = fields.Html(string="Why", compute="_compute_explanation_html", sanitize=False)

    def _compute_explanation_html(self):
        for record in self:
            record.explanation_html = self.env["ir.qweb"]._render(
                "kor_billing.explanation", {"rows": record._get_explanation_rows(), "record": record}
            )

    def _get_explanation_rows(self):
        """Return the steps of the amount: dicts with label, detail, amount (text) and kind (step or total)."""
        self.ensure_one()
        facts = self.explanation or {}
        if not facts:
            return []
        return [
            *self._explain_price(facts),
            *self._explain_share(facts),
            *self._explain_minimum(facts),
            *self._explain_discounts(facts),
            self._row(self.env._("Billed"), self.env._("rounded to the currency"), facts["amount"], "total"),
        ]

    def _row(self, label, detail, amount, kind="step"):
        return {"label": label, "detail": detail, "amount": self._format_amount(amount), "kind": kind}

    def _explain_price(self, facts):
        price, unit = facts["price"], facts.get("unit") or self.env._("unit")
        quantity = self._format_number(price["quantity"])
        rows = []
        if price["included_quantity"]:
            rows.append(
                {
                    "label": self.env._("Included"),
                    "detail": self.env._(
                        "%(included)s of %(quantity)s %(unit)s are free; %(billable)s are priced",
                        included=self._format_number(price["included_quantity"]),
                        quantity=quantity,
                        unit=unit,
                        billable=self._format_number(price["billable_quantity"]),
                    ),
                    "amount": "",
                    "kind": "step",
                }
            )
        labels = dict(self.env["kor.contract.line"]._fields["price_model"]._description_selection(self.env))
        rows += [self._explain_step(labels[price["model"]], price, step, unit) for step in price["steps"]]
        if len(price["steps"]) != 1:
            detail = self.env._("%(quantity)s %(unit)s", quantity=quantity, unit=unit)
            rows.append(self._row(self.env._("Price of a full period"), detail, price["amount"], "subtotal"))
        return rows

    def _explain_step(self, label, price, step, unit):
        number, amount = self._format_number, self._format_amount
        if price["model"] == "percentage":
            detail = self.env._(
                "%(percent)s %% of %(quantity)s, and %(fees)s for %(events)s events",
                percent=number(step["unit_price"] * 100),
                quantity=number(step["quantity"]),
                fees=amount(step["flat_amount"]),
                events=number(price["events"]),
            )
        elif "packages" in step:
            detail = self.env._(
                "%(packages)s packages begun × %(price)s",
                packages=number(step["packages"]),
                price=amount(step["unit_price"]),
            )
        else:
            detail = self.env._(
                "%(quantity)s %(unit)s × %(price)s",
                quantity=number(step["quantity"]),
                unit=unit,
                price=amount(step["unit_price"]),
            )
            if step["flat_amount"]:
                detail = self.env._("%(detail)s + %(flat)s flat", detail=detail, flat=amount(step["flat_amount"]))
        if price["model"] in ("graduated", "volume", "stairstep"):
            upper = number(step["upper"]) if "upper" in step else self.env._("no limit")
            label = self.env._(
                "%(model)s, over %(lower)s up to %(upper)s", model=label, lower=number(step["lower"]), upper=upper
            )
        return self._row(label, detail, step["amount"])

    def _explain_share(self, facts):
        share, period = facts["share"], facts["period"]
        if facts["charge_type"] == "usage" or share["numerator"] == share["denominator"]:
            return []
        detail = self.env._(
            "%(numerator)s of %(denominator)s days: %(start)s to %(end)s of the period %(full_start)s to %(full_end)s",
            numerator=share["numerator"],
            denominator=share["denominator"],
            start=self._format_day(period["date_start"]),
            end=self._format_day(period["date_end"]),
            full_start=self._format_day(period["full_start"]),
            full_end=self._format_day(period["full_end"]),
        )
        return [self._row(self.env._("Part of a period"), detail, facts["prorated"], "subtotal")]

    def _explain_minimum(self, facts):
        if not facts["minimum_added"]:
            return []
        return [self._row(self.env._("Minimum"), self.env._("raised to the agreed minimum"), facts["minimum_added"])]

    def _explain_discounts(self, facts):
        rows = []
        for step in facts["discounts"]:
            detail = self.env._("agreed amount off")
            if step["kind"] == "percent":
                detail = self.env._(
                    "%(percent)s %% of %(before)s",
                    percent=self._format_number(step["value"]),
                    before=self._format_amount(step["before"]),
                )
            rows.append(self._row(step["name"], detail, -step["amount"]))
        return rows

    def _format_number(self, value):
        text = f"{value:.10f}".rstrip("0").rstrip(".")
        return formatLang(self.env, value, digits=len(text.partition(".")[2]))

    def _format_amount(self, value):
        """Return an amount with the decimals it has: a unit price of 0.023 must not read 0.02."""
        digits = len(f"{value:.8f}".rstrip("0").partition(".")[2])
        text = formatLang(self.env, value, digits=max(digits, self.currency_id.decimal_places))
        symbol = self.currency_id.symbol or self.currency_id.name
        return f"{text} {symbol}" if self.currency_id.position == "after" else f"{symbol} {text}"

    def _format_day(self, value):
        return self.env["ir.qweb.field.date"].value_to_html(fields.Date.to_date(value), {}) or Markup()
