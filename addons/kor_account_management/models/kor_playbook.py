from odoo import fields, models

from .kor_signal import SIGNALS


class KorPlaybook(models.Model):
    """Which plan of activities starts when a signal comes."""

    _name = "kor.playbook"
    _inherit = ["kor.input.mixin"]
    _description = "Playbook"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(SIGNALS, string="Starts on", required=True)
    tier_ids = fields.Many2many("kor.tier", string="Tiers", help="Empty: for all.")
    plan_id = fields.Many2one("mail.activity.plan", required=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    pause_days = fields.Integer(
        default=30, help="It starts again on the same account after so many days at the earliest."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    run_ids = fields.One2many("kor.playbook.run", "playbook_id", string="Starts")
