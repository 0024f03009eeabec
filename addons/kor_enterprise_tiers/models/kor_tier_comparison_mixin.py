import hashlib
import json

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import ormcache

from ..tools import format_quantity


class KorTierComparisonMixin(models.AbstractModel):
    """Set tiers side by side, as plain data for the page, the PDF and RPC."""

    _name = "kor.tier.comparison.mixin"
    _description = "Tier Comparison"

    @api.model
    @api.readonly
    def comparison(self):
        """Return the tiers of the current company side by side, with limits, features and prices."""
        self.check_access("read")
        return self._get_comparison(self.env.company)

    def _get_comparison(self, company):
        """Return the comparison of these tiers, or of all that a company offers, as plain JSON.

        `tiers` has one entry per column; every list of `values` below is in the same order.
        """
        tiers = self.sorted() or self.search([("company_id", "in", [False, company.id])])
        plans = self._get_comparison_plans(tiers, company)
        by_tier = plans.grouped("tier_id")
        return {
            "company": company.name,
            "tiers": [tier._prepare_comparison_values(by_tier.get(tier, plans.browse())) for tier in tiers],
            "limits": tiers._prepare_comparison_limits(),
            "services": tiers._prepare_comparison_services(),
            "features": tiers._prepare_comparison_features(),
        }

    @api.model
    def _get_comparison_pdf(self, report, company):
        """Return the comparison as the bytes of a PDF file, made once for each state of its content."""
        content = json.dumps(self._get_comparison(company), sort_keys=True)
        state = (report, company.id, str(company.write_date), self.env.lang, content)
        return self._render_comparison_pdf(hashlib.sha256(repr(state).encode()).hexdigest(), report, company)

    # Everybody may ask for the file, and making one takes the server seconds.
    @ormcache("state")
    def _render_comparison_pdf(self, state, report, company):
        renderer = self.env["ir.actions.report"].with_company(company)
        return renderer._render_qweb_pdf(report, self.ids)[0]

    @api.model
    def _get_comparison_plans(self, tiers, company):
        plan_model = self.env["kor.plan"]
        domain = Domain("tier_id", "in", tiers.ids) & Domain("is_public", "=", True)
        domain &= Domain("company_id", "in", [False, company.id])
        return plan_model.search(domain & plan_model._get_valid_domain(fields.Date.context_today(self)))

    def _prepare_comparison_values(self, plans):
        return {
            "id": self.id,
            "code": self.code,
            "name": self.name,
            "description": self.description or "",
            "is_custom": self.is_custom,
            "includes": self.parent_id.name or "",
            "difference": self.difference_summary or "",
            "plans": [self._prepare_comparison_plan(plan) for plan in plans],
        }

    @api.model
    def _prepare_comparison_plan(self, plan):
        labels = dict(plan._fields["pricing_type"]._description_selection(self.env))
        terms = dict(plan._fields["term"]._description_selection(self.env))
        return {
            "id": plan.id,
            "code": plan.code or "",
            "name": plan.name,
            "description": plan.description or "",
            "term": terms[plan.term],
            "pricing_type": labels.get(plan.pricing_type, ""),
            "currency": plan.currency_id.name,
            "charges": [
                {"name": charge.name, "price": charge.price_summary, "optional": charge.optional}
                for charge in plan.charge_ids
            ],
            "discounts": (plan.discount_ids | plan.charge_ids.discount_ids).mapped("summary"),
        }

    def _prepare_comparison_limits(self):
        by_tier = [(tier, tier._get_limits()) for tier in self]
        metrics = self.env["kor.metric"].union(*(metric for _tier, limits in by_tier for metric in limits))
        return [
            {
                "code": metric.code,
                "name": metric.name,
                "values": [tier._get_limit_text(limits.get(metric)) for tier, limits in by_tier],
            }
            for metric in metrics.sorted()
        ]

    def _get_limit_text(self, limit):
        if limit:
            return limit.display_value
        return self.env._("As agreed") if self.is_custom else ""

    def _prepare_comparison_services(self):
        level = "support_level_id"
        rows = (
            ("support", self.env._("Support"), [tier._get_support_text() for tier in self]),
            ("channels", self.env._("Channels"), [tier[level].channels or "" for tier in self]),
            ("hours", self.env._("Service hours"), [tier[level]._describe_hours() for tier in self]),
            ("response", self.env._("First response"), [tier[level].response_display or "" for tier in self]),
            ("uptime", self.env._("SLA uptime"), [tier._get_uptime_text() for tier in self]),
        )
        return [{"code": code, "name": name, "values": values} for code, name, values in rows]

    def _get_support_text(self):
        name = self.support_level_id.name
        if not self.is_custom:
            return name or ""
        return self.env._("As agreed (%(level)s)", level=name) if name else self.env._("As agreed")

    def _get_uptime_text(self):
        if not self.uptime_target:
            return self.env._("As agreed")
        return self.env._("%(uptime)s %%", uptime=format_quantity(self.env, self.uptime_target))

    def _prepare_comparison_features(self):
        categories = self.env["kor.feature"]._fields["category"]._description_selection(self.env)
        features = self.all_feature_ids.filtered("active").sorted().grouped("category")
        own = {tier: tier._get_feature_difference()[0] for tier in self}
        prepare = self._prepare_comparison_feature
        return [
            {
                "category": category,
                "name": name,
                "features": [prepare(feature, own) for feature in features[category]],
            }
            for category, name in categories
            if category in features
        ]

    def _prepare_comparison_feature(self, feature, own):
        return {
            "code": feature.code,
            "name": feature.name,
            "description": feature.description or "",
            "values": [{"included": feature in tier.all_feature_ids, "own": feature in own[tier]} for tier in self],
        }
