from odoo import fields, models


class KorSlaBand(models.Model):
    """Which credit an uptime gives: from a percentage, up to but without another."""

    _name = "kor.sla.band"
    _inherit = ["kor.input.mixin"]
    _description = "Credit by Uptime"
    _order = "below desc, id"

    policy_id = fields.Many2one("kor.sla.policy", index=True, ondelete="cascade")
    agreement_id = fields.Many2one("kor.sla.agreement", index=True, ondelete="cascade")
    starts_at = fields.Float(string="From (%)", digits=(16, 6), help="An uptime of exactly this is in the band.")
    below = fields.Float(string="Below (%)", digits=(16, 6), help="An uptime of exactly this is in the next band.")
    credit = fields.Float(string="Credit (%)", digits=(16, 4), help="Of the fees that the policy names.")
