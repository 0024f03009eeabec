from odoo import api, fields, models

COMPONENTS = [
    ("usage", "Usage trend"),
    ("adoption", "Adoption of features"),
    ("support", "Support load"),
    ("sla", "SLA breaches"),
    ("payment", "Payment behaviour"),
    ("onboarding", "Onboarding"),
    ("satisfaction", "Satisfaction"),
    ("contact", "Contact"),
]


class KorHealthWeight(models.Model):
    """How much a component counts, and what its readings mean."""

    _name = "kor.health.weight"
    _inherit = ["kor.input.mixin"]
    _description = "Weight of Health"
    _order = "sequence, id"
    _rec_name = "component"

    model_id = fields.Many2one("kor.health.model", required=True, index=True, ondelete="cascade")
    component = fields.Selection(COMPONENTS, required=True)
    weight = fields.Float(string="Weight (%)", required=True)
    worst = fields.Float(string="Scores 0 at", help="The reading at which the component scores 0.")
    best = fields.Float(
        string="Scores 100 at", help="The reading at which it scores 100. Between both it goes straight."
    )
    unit = fields.Char(string="Reading", compute="_compute_unit")
    sequence = fields.Integer(default=10)

    _component_unique = models.Constraint("UNIQUE (model_id, component)", "Each component has one weight.")

    @api.depends("component")
    @api.depends_context("lang")
    def _compute_unit(self):
        units = self._get_units()
        for weight in self:
            weight.unit = units.get(weight.component, "")

    @api.model
    def _get_units(self):
        """Return what the readings of each component are. Extensible."""
        return {
            "usage": self.env._("Change of use in four weeks (%)"),
            "adoption": self.env._("Share of what was bought that is used (%)"),
            "support": self.env._("Tickets in four weeks, for each 25 users"),
            "sla": self.env._("Missed times in 90 days"),
            "payment": self.env._("Days that invoices are paid late"),
            "onboarding": self.env._("On track or done 100, at risk 50, late 20, blocked 0"),
            "satisfaction": self.env._("Ratings and answers of 180 days (%)"),
            "contact": self.env._("Days since the last contact"),
        }

    @api.model_create_multi
    def create(self, vals_list):
        weights = super().create(vals_list)
        weights.model_id._check_weights()
        return weights

    def write(self, vals):
        touched = self.model_id
        result = super().write(vals)
        (touched | self.model_id)._check_weights()
        return result

    def unlink(self):
        touched = self.model_id
        result = super().unlink()
        touched.exists()._check_weights()
        return result
