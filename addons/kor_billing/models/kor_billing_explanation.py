import json

from odoo import api, fields, models
from odoo.tools.misc import format_date, formatLang

from odoo.addons.kor_enterprise_tiers.tools import format_quantity


class KorBillingExplanation(models.AbstractModel):
    """Put the explanation of a booked amount into words: rows of what, how and how much."""

    _name = "kor.billing.explanation"
    _description = "Explanation of an Amount"

    explanation = fields.Json(help="How the amount came about, as other systems read it.")
    explanation_html = fields.Html(string="Why", compute="_compute_explanation_html", sanitize=False)
    explanation_text = fields.Text(string="Raw Explanation", compute="_compute_explanation_text")

    @api.depends("explanation")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        for record in self:
            record.explanation_html = self.env["ir.qweb"]._render(
                "kor_billing.explanation", {"rows": record._get_explanation_rows(), "record": record}
            )

    @api.depends("explanation")
    def _compute_explanation_text(self):
        for record in self:
            record.explanation_text = json.dumps(record.explanation or {}, indent=2, ensure_ascii=False)

    def _get_explanation_rows(self):
        """Return the steps of the amount: dicts with label, detail, amount (text) and kind (step or total)."""
        self.ensure_one()
        facts = self.explanation or {}
        if not facts:
            return []
        if "prepaid" in facts:
            return self._explain_prepaid(facts)
        return [
            *self._explain_price(facts),
            *self._explain_share(facts),
            *self._explain_minimum(facts),
            *self._explain_cap(facts),
            *self._explain_commitment(facts),
            *self._explain_discounts(facts),
            *self._explain_correction(facts),
        ]

    def _row(self, label, detail, amount, kind="step"):
        return {"label": label, "detail": detail, "amount": self._format_amount(amount), "kind": kind}

    def _round_row(self, label, detail, amount, kind="step"):
        """Return a row over an amount that no line shows."""
        return {"label": label, "detail": detail, "amount": self._format_rounded(amount), "kind": kind}

    def _explain_price(self, facts):
        price = facts["price"]
        quantity = self._format_quantity(facts, price["quantity"])
        rows = []
        if price["included_quantity"]:
            detail = self.env._(
                "%(included)s of %(quantity)s are free; %(billable)s are priced",
                included=self._format_number(price["included_quantity"]),
                quantity=quantity,
                billable=self._format_number(price["billable_quantity"]),
            )
            rows.append({"label": self.env._("Included"), "detail": detail, "amount": "", "kind": "step"})
        rows += [
            self._row(self._name_step(price, step), self._describe_step(facts, step), step["amount"])
            for step in price["steps"]
        ]
        if len(price["steps"]) != 1:
            rows.append(self._row(self.env._("Price of a full period"), quantity, price["amount"], "subtotal"))
        return rows

    def _name_step(self, price, step):
        if price["model"] == "standard":
            return self.env._("Price")
        labels = dict(self.env["kor.contract.line"]._fields["price_model"]._description_selection(self.env))
        label = labels[price["model"]]
        if price["model"] not in ("graduated", "volume", "stairstep"):
            return label
        lower = self._format_number(step["lower"])
        if "upper" not in step:
            return self.env._("%(model)s, over %(lower)s", model=label, lower=lower)
        upper = self._format_number(step["upper"])
        return self.env._("%(model)s, over %(lower)s up to %(upper)s", model=label, lower=lower, upper=upper)

    def _describe_step(self, facts, step):
        number, amount = self._format_number, self._format_amount
        if facts["price"]["model"] == "percentage":
            return self.env._(
                "%(percent)s %% of %(quantity)s, and %(fees)s for %(events)s events",
                percent=number(step["unit_price"] * 100),
                quantity=number(step["quantity"]),
                fees=amount(step["flat_amount"]),
                events=number(facts["price"]["events"]),
            )
        if "packages" in step:
            return self.env._(
                "%(packages)s packages begun × %(price)s",
                packages=number(step["packages"]),
                price=amount(step["unit_price"]),
            )
        quantity = self._format_quantity(facts, step["quantity"])
        detail = self.env._("%(quantity)s × %(price)s", quantity=quantity, price=amount(step["unit_price"]))
        if not step["flat_amount"]:
            return detail
        return self.env._("%(detail)s + %(flat)s flat", detail=detail, flat=amount(step["flat_amount"]))

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

    def _explain_cap(self, facts):
        cap = facts.get("cap")
        if not cap:
            return []
        detail = self.env._(
            "use of the period came to %(counted)s, of which %(due)s are charged at most",
            counted=self._format_rounded(cap["counted"]),
            due=self._format_amount(cap["due"]),
        )
        return [self._row(self.env._("Spend cap"), detail, -cap["taken"])]

    def _explain_commitment(self, facts):
        """Return what counts towards a commitment, charge by charge, and what lacks to it."""
        commitment = facts.get("commitment")
        if not commitment:
            return []
        names = facts.get("names") or {}
        rows = [
            self._round_row(
                names.get(str(charge["line"]), ""),
                self.env._(
                    "charged for %(start)s to %(end)s, before discounts",
                    start=self._format_day(charge["date_start"]),
                    end=self._format_day(charge["date_end"]),
                ),
                -charge["amount"],
            )
            for charge in commitment["charges"]
        ]
        missing = self._round_row(self.env._("What lacks to the commitment"), "", facts["gross"], "subtotal")
        return [*rows, missing]

    def _explain_prepaid(self, facts):
        prepaid = facts["prepaid"]
        held = self._row(self.env._("Credit before"), self._describe_validity(prepaid), prepaid["balance"])
        paid = [
            self._row(charge["name"], self.env._("paid from the credit"), -charge["amount"])
            for charge in prepaid["charges"]
        ]
        left = self._row(self.env._("Credit left"), "", prepaid["left"], "subtotal")
        return [held, *paid, left, self._row(self.env._("Billed"), "", facts["amount"], "total")]

    def _describe_validity(self, prepaid):
        start, end = prepaid["date_start"], prepaid["date_end"]
        if start and end:
            return self.env._(
                "valid from %(start)s to %(end)s", start=self._format_day(start), end=self._format_day(end)
            )
        if end:
            return self.env._("valid until %(end)s", end=self._format_day(end))
        return self.env._("valid from %(start)s on", start=self._format_day(start)) if start else ""

    def _explain_correction(self, facts):
        """Return the last rows: what is billed, or what late use adds to what was billed before."""
        rounded = self.env._("rounded to the currency")
        if not facts.get("booked_before"):
            return [self._row(self.env._("Billed"), rounded, facts["amount"], "total")]
        return [
            self._row(self.env._("Should be"), rounded, facts["amount"], "subtotal"),
            self._row(self.env._("Billed before"), "", -facts["booked_before"]),
            self._row(self._name_correction(facts), "", facts["difference"], "total"),
        ]

    def _name_correction(self, facts):
        return self.env._("Correction by late use") if facts["charge_type"] == "usage" else self.env._("Correction")

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

    def _format_quantity(self, facts, value):
        unit = facts.get("unit") or ""
        if value != 1:
            unit = facts.get("unit_plural") or unit
        return f"{self._format_number(value)} {unit}".strip()

    def _format_number(self, value):
        # Facts come as floats: what is behind their tenth decimal is noise.
        return format_quantity(self.env, round(value, 10))

    def _format_amount(self, value):
        """Return an amount with the decimals it has: a unit price of 0.023 must not read 0.02."""
        digits = len(f"{value:.8f}".rstrip("0").partition(".")[2])
        text = formatLang(self.env, abs(value), digits=max(digits, self.currency_id.decimal_places))
        symbol = self.currency_id.symbol or self.currency_id.name
        text = f"{text} {symbol}" if self.currency_id.position == "after" else f"{symbol} {text}"
        return f"-{text}" if value < 0 else text

    def _format_rounded(self, value):
        """Return an amount that no line shows, as the currency rounds it."""
        return self._format_amount(self.currency_id.round(value))

    def _format_day(self, value):
        return format_date(self.env, fields.Date.to_date(value))
