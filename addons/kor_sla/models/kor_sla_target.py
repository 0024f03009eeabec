from odoo import fields, models

PRIORITIES = [("0", "Low"), ("1", "Medium"), ("2", "High"), ("3", "Urgent")]


class KorSlaTarget(models.Model):
    """How fast tickets of a priority are answered and resolved."""

    _name = "kor.sla.target"
    _inherit = ["kor.input.mixin"]
    _description = "SLA Target"
    _order = "priority desc, id"

    policy_id = fields.Many2one("kor.sla.policy", index=True, ondelete="cascade")
    agreement_id = fields.Many2one("kor.sla.agreement", index=True, ondelete="cascade")
    priority = fields.Selection(PRIORITIES, required=True, default="1")
    response_minutes = fields.Integer(string="First Response (minutes)", help="0: no time is promised.")
    next_response_minutes = fields.Integer(string="Next Response (minutes)", help="0: no time is promised.")
    resolution_minutes = fields.Integer(string="Resolution (minutes)", help="0: no time is promised.")
    hours = fields.Selection(
        [("support", "Support hours"), ("always", "Around the clock")], required=True, default="support"
    )
