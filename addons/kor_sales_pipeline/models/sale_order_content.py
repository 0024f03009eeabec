import math
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from markupsafe import Markup, escape

from odoo import fields, models
from odoo.tools import format_amount, format_date

from odoo.addons.kor_contracts.engine.periods import boundary
from odoo.addons.kor_enterprise_tiers.tools import format_price, format_quantity

from ..engine.placeholders import fill
from .kor_proposal_section_template import PARTS


class SaleOrder(models.Model):
    """What a proposal says, as plain JSON: the one source of its PDF, its page, its fingerprint."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    def action_kor_open_preview(self):
        """Open the PDF as the customer would get it.

        :return: a URL action
        """
        self.ensure_one()
        self.check_access("read")
        url = f"/report/pdf/sale.report_saleorder/{self.id}"
        return {"type": "ir.actions.act_url", "target": "new", "url": url}

    def _kor_get_content(self):
        """Return what the proposal says: frozen where it was sent, with the options as they are chosen now."""
        self.ensure_one()
        order = self.sudo()  # in sudo: the customer reads the proposal, not the records that it is written from
        if not order.kor_snapshot:
            return order._kor_build_content()
        content = dict(order.kor_snapshot)
        live = order.with_context(lang=order._get_lang())
        content["groups"] = live._kor_build_groups()
        content["totals"] = live._kor_build_totals()
        return content

    def _kor_build_content(self):
        order = self.with_context(lang=self._get_lang())
        start, end = order._kor_get_start(), order._kor_get_end()
        return {
            "number": order.name,
            "version": order.kor_version,
            "customer": order._kor_build_party(order.partner_id),
            "company": order.company_id.name,
            "seller": order._kor_build_seller(),
            "plan": order.kor_plan_id.name or "",
            "tier": order.kor_tier_id.name or "",
            "currency": order.currency_id.name,
            "term_months": order.kor_term_months,
            "date_start": fields.Date.to_string(start),
            "date_end": fields.Date.to_string(end) or "",
            "payment_terms": order.payment_term_id.name or "",
            "uptime_target": order.kor_uptime_target,
            "support_level": order.kor_support_level_id.code or "",
            "sections": order._kor_build_sections(),
            "features": order._kor_build_features(),
            "limits": order._kor_build_limits(),
            "groups": order._kor_build_groups(),
            "totals": order._kor_build_totals(),
            "discounts": order.kor_discount_ids.mapped("summary"),
            "ramp": order._kor_build_ramp(),
            "steps": order.env["kor.proposal.step"]._plan(order.kor_tier_id, start),
            "sla": order._kor_build_service(),
            "clauses": [{"name": one.name, "body": str(one.body)} for one in order.kor_clause_ids],
            "changes_contract": order.kor_amends_contract_id.name or "",
        }

    def _kor_build_party(self, partner):
        return {
            "name": partner.commercial_partner_id.name or "",
            "contact": "" if partner == partner.commercial_partner_id else partner.name or "",
            "address": self.env["kor.pdf"]._format_address(partner),
            "vat": partner.vat or "",
        }

    def _kor_build_seller(self):
        user = self.user_id
        return {"name": user.name or "", "email": user.email or "", "phone": user.phone or ""}

    def _kor_get_end(self):
        """Return the last day of the term, False where it is open."""
        if self.kor_term_months <= 1:
            return False
        return self._kor_get_start() + relativedelta(months=self.kor_term_months) - timedelta(days=1)

    def _kor_build_sections(self):
        values = {name: str(escape(text)) for name, text in self._kor_get_placeholders().items()}
        order = [key for key, _label in PARTS]
        sections = self.kor_section_ids.sorted(lambda one: (order.index(one.part), one.sequence, one.id))
        return [{"part": one.part, "title": one.title, "body": fill(str(one.body or ""), values)} for one in sections]

    def _kor_get_placeholders(self):
        """Return what stands for the placeholders in the texts, as plain text. Extensible."""
        figures, start, end = self._kor_figures(), self._kor_get_start(), self._kor_get_end()
        monthly = self._kor_get_lasting_monthly()
        return {
            "customer": self.partner_id.commercial_partner_id.name or "",
            "contact": self.partner_id.name or "",
            "company": self.company_id.name or "",
            "seller": self.user_id.name or "",
            "plan": self.kor_plan_id.name or "",
            "tier": self.kor_tier_id.name or "",
            "term": self._kor_describe_term(),
            "start": format_date(self.env, start),
            "end": format_date(self.env, end) if end else self.env._("open-ended"),
            "valid_until": format_date(self.env, self.validity_date)
            if self.validity_date
            else self.env._("further notice"),
            "users": self._kor_describe_held("users"),
            "components": self._kor_describe_held("components"),
            "monthly": format_amount(self.env, monthly, self.currency_id),
            "yearly": format_amount(self.env, monthly * 12, self.currency_id),
            "one_time": format_amount(self.env, figures["one_time"], self.currency_id),
            "once": self._kor_describe_once(figures["one_time"]),
            "uptime": self._kor_describe_uptime(),
            "support": self.kor_support_level_id.name or "",
            "number": self.name or "",
        }

    def _kor_describe_once(self, amount):
        """Return what goes on in a sentence about fees, nothing where nothing is due once."""
        if not amount:
            return ""
        return self.env._(
            "; %(amount)s is due once, at the start", amount=format_amount(self.env, amount, self.currency_id)
        )

    def _kor_describe_held(self, code):
        lines = self.order_line.filtered(lambda line: line.kor_terms_id.metric_id.code == code)
        return format_quantity(self.env, sum(lines.kor_terms_id.mapped("quantity")))

    def _kor_describe_term(self):
        return self._kor_describe_months(self.kor_term_months)

    def _kor_describe_months(self, months):
        if months <= 1:
            return self.env._("1 month, renewed each month")
        if not months % 12:
            years = months // 12
            return self.env._("1 year") if years == 1 else self.env._("%(years)s years", years=years)
        return self.env._("%(months)s months", months=months)

    def _kor_describe_uptime(self):
        if not self.kor_uptime_target:
            return self.env._("As agreed")
        return self.env._("%(target)s %%", target=format_quantity(self.env, self.kor_uptime_target))

    def _kor_build_features(self):
        features = (self.kor_tier_id.all_feature_ids | self.kor_feature_ids).sorted()
        labels = dict(features._fields["category"]._description_selection(self.env))
        groups = features.grouped("category")
        return [
            {"category": label, "names": groups[key].mapped("name")} for key, label in labels.items() if key in groups
        ]

    def _kor_build_limits(self):
        return [
            {"metric": metric.name, "value": limit.display_value}
            for metric, limit in (self.kor_tier_id._get_limits() if self.kor_tier_id else {}).items()
        ]

    def _kor_build_service(self):
        level = self.kor_support_level_id
        rows = [
            (self.env._("Support level"), level.name),
            (self.env._("Channels"), level.channels),
            (self.env._("Service hours"), level and level._describe_hours()),
            (self.env._("First response"), level.response_display if level.response_minutes else ""),
            (self.env._("Escalation"), level.escalation),
            (self.env._("Availability"), self._kor_describe_uptime()),
        ]
        return [{"label": label, "text": text} for label, text in rows if text]

    def _kor_build_groups(self):
        """Return the sections of the price table with their lines."""
        groups = []
        for line in self.order_line.sorted("sequence"):
            if line.display_type in ("line_section", "line_subsection") or not groups:
                is_section = bool(line.display_type)
                groups.append(
                    {"title": line.name if is_section else "", "is_optional": line.is_optional, "lines": [], "total": 0}
                )
                if is_section:
                    continue
            if not line.display_type:
                groups[-1]["lines"].append(self._kor_build_line(line))
        for group in groups:
            # Options count once they are chosen: an offered line at quantity 0 adds nothing.
            group["total"] = self.currency_id.round(sum(line["amount"] for line in group["lines"]))
        return groups

    def _kor_build_line(self, line):
        terms = line.kor_terms_id
        offered = line._is_line_optional()
        return {
            "key": line.kor_key or str(line.id),
            "name": terms.name or line.name,
            "price": terms._describe_price() if terms else "",
            "charge_type": terms.charge_type or "fixed",
            "price_model": terms.price_model or "standard",
            "months": terms.billing_months or 0,
            "timing": terms.timing or "",
            "quantity": terms.quantity if terms else line.product_uom_qty,
            "held": self._kor_describe_line_quantity(line),
            "price_unit": line.price_unit,
            "product_uom_qty": line.product_uom_qty,
            "discount": line.discount,
            "amount": float(line._kor_get_net()),
            "offered": float(line._kor_get_offered()),
            "taxes": line.tax_ids.mapped("name"),
            "discounts": terms.discount_ids.mapped("summary"),
            "steps": terms._explain() if terms and terms.price_model in ("graduated", "volume", "package") else [],
            "is_optional": offered,
            "is_chosen": line._kor_is_chosen(),
            "is_used": bool(terms) and terms._is_used(),
        }

    def _kor_get_ramp(self):
        """Return the plan's steps that the contract will have: none for options left out, or where one runs already."""
        steps = self.kor_plan_id.step_ids
        if not steps or self.kor_amends_contract_id:
            return steps.browse()
        charges = self._kor_get_chosen_lines().kor_terms_id.charge_id
        last = self.kor_term_months if self.kor_term_months > 1 else math.inf
        return steps.filtered(lambda one: (not one.charge_id or one.charge_id in charges) and one.month <= last)

    def _kor_build_ramp(self):
        start = self._kor_get_start()
        return [
            {
                "date_start": fields.Date.to_string(boundary(start, start.day, 1, step.month - 1)),
                "text": step.summary,
            }
            for step in self._kor_get_ramp()
        ]

    def _kor_describe_line_quantity(self, line):
        terms = line.kor_terms_id
        if not terms or terms.charge_type in ("fixed", "one_time") and line.product_uom_qty <= 1:
            return ""
        if not terms._is_used():
            return terms._describe_quantity(terms.quantity)
        if terms.charge_type == "usage" and terms.quantity:
            return self.env._("%(quantity)s expected", quantity=terms._describe_quantity(terms.quantity))
        return self.env._("As used")

    def _kor_build_totals(self):
        figures, monthly = self._kor_figures(), self._kor_get_lasting_monthly()
        return {
            "untaxed": self.amount_untaxed,
            "tax": self.amount_tax,
            "total": self.amount_total,
            "monthly": monthly,
            "yearly": self.currency_id.round(monthly * 12),
            "one_time": figures["one_time"],
            "term": figures["tcv"],
        }

    def _kor_get_document(self):
        """Return the content with its texts marked as the HTML that they are, for QWeb.

        Sections and clauses come from sanitized fields, and what was filled in has been escaped.
        """
        content = self._kor_get_content()
        for name in ("sections", "clauses"):
            content[name] = [{**one, "body": Markup(one["body"])} for one in content[name]]
        return {**content, "parts": PARTS}

    def _kor_format_day(self, day):
        return format_date(self.env, day) if day else ""

    def _kor_format_number(self, number):
        return format_quantity(self.env, number)

    def _kor_format_price(self, price):
        return format_price(self.env, price, self.currency_id) if price else "–"

    def _kor_format_money(self, amount):
        return format_amount(self.env, amount, self.currency_id)
