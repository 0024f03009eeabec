from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.kor_enterprise_tiers.tools import put_in_sentence


class KorTierChangePolicy(models.Model):
    """When a change from one tier to another holds, and what of the running period is given back then."""

    _name = "kor.tier.change.policy"
    _inherit = ["kor.input.mixin"]
    _description = "Policy for Tier Changes"
    _order = "sequence, id"

    sequence = fields.Integer(default=10, help="Of two that fit equally well, the first one counts.")
    direction = fields.Selection(
        [("any", "Any change"), ("upgrade", "Upgrades"), ("downgrade", "Downgrades")],
        required=True,
        default="any",
        help="An upgrade leads to a tier that includes the other one, or that stands after it in the catalog.",
    )
    from_tier_id = fields.Many2one("kor.tier", index="btree_not_null", ondelete="cascade", help="Empty: any tier.")
    to_tier_id = fields.Many2one("kor.tier", index="btree_not_null", ondelete="cascade", help="Empty: any tier.")
    timing = fields.Selection(
        [("at_once", "At once"), ("period_end", "With the next period"), ("term_end", "With the next term")],
        string="Holds",
        required=True,
        default="at_once",
    )
    credit = fields.Selection(
        [("prorated", "By days"), ("full", "The whole running period"), ("none", "Nothing")],
        string="Give Back",
        required=True,
        default="prorated",
    )
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: all companies.")
    active = fields.Boolean(default=True)

    @api.depends("direction", "from_tier_id", "to_tier_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["direction"]._description_selection(self.env))
        for policy in self:
            tiers = [tier.name for tier in (policy.from_tier_id, policy.to_tier_id) if tier]
            policy.display_name = (
                " → ".join(tiers) if len(tiers) == 2 else ", ".join([labels[policy.direction], *tiers])
            )

    @api.model
    def _get_for(self, company, old, new):
        """Return the policy that fits best: what names both tiers, before one, before none."""
        direction = self._get_direction(old, new)
        found = self.sudo().search(  # the policy holds for whoever asks for a change, a customer, too
            [
                ("company_id", "in", (False, company.id)),
                ("direction", "in", ("any", direction)),
                ("from_tier_id", "in", (False, old.id)),
                ("to_tier_id", "in", (False, new.id)),
            ]
        )
        return found.sorted(
            lambda one: (bool(one.from_tier_id) + bool(one.to_tier_id), bool(one.company_id), one.direction != "any"),
            reverse=True,
        )[:1]

    @api.model
    def _get_direction(self, old, new):
        """Tell whether a change of tiers is an upgrade or a downgrade; `any` where the tier stays."""
        if old == new:
            return "any"
        if old in self._get_included(new):
            return "upgrade"
        if new in self._get_included(old):
            return "downgrade"
        return "upgrade" if (new.sequence, new.id) > (old.sequence, old.id) else "downgrade"

    @api.model
    def _get_included(self, tier):
        included = tier.browse()
        while tier.parent_id:
            tier = tier.parent_id
            included |= tier
        return included

    def _get_day(self, contract):
        """Return the first day on which a change holds that is made today."""
        today = max(contract._get_today(), contract.date_start)
        if self.timing == "term_end" and contract.date_end and contract.date_end >= today:
            return contract.date_end + timedelta(days=1)
        if self.timing in ("term_end", "period_end"):
            return contract._get_next_period_day(today)
        return today

    def _describe(self, day):
        """Return why a change holds from a day, in a sentence."""
        timing = dict(self._fields["timing"]._description_selection(self.env))[self.timing]
        credit = dict(self._fields["credit"]._description_selection(self.env))[self.credit]
        return self.env._(
            "Policy “%(policy)s”: %(timing)s, from %(day)s; given back: %(credit)s.",
            policy=self.display_name,
            timing=put_in_sentence(self.env, timing),
            day=day,
            credit=put_in_sentence(self.env, credit),
        )
