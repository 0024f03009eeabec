from datetime import timedelta

from odoo import fields, models


class KorProposalStep(models.Model):
    """A step of the implementation plan that proposals show, counted in days from the start."""

    _name = "kor.proposal.step"
    _description = "Implementation Step"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    description = fields.Text(translate=True)
    days_after = fields.Integer(string="Begins (days after the start)")
    days = fields.Integer(string="Takes (days)", default=1)
    tier_ids = fields.Many2many("kor.tier", string="Tiers", help="Tiers whose proposals show it. Empty: all.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _days_valid = models.Constraint("CHECK (days > 0 AND days_after >= 0)", "A step takes one day or more.")

    def _plan(self, tier, start):
        """Return the steps for a tier with their dates, as plain JSON."""
        steps = self.search([("active", "=", True)]).filtered(lambda one: not one.tier_ids or tier in one.tier_ids)
        return [
            {
                "name": step.name,
                "description": step.description or "",
                "date_start": fields.Date.to_string(start + timedelta(days=step.days_after)),
                "date_end": fields.Date.to_string(start + timedelta(days=step.days_after + step.days - 1)),
            }
            for step in steps
        ]
