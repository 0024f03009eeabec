from odoo import fields, models


class KorSlaPolicy(models.Model):
    """What a tier promises. A contract takes a copy of it, which changes by amendments only."""

    _name = "kor.sla.policy"
    _inherit = ["kor.sla.terms.mixin", "kor.input.mixin", "mail.thread"]
    _description = "SLA Policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    tier_id = fields.Many2one("kor.tier", index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    target_ids = fields.One2many("kor.sla.target", "policy_id", string="Targets", copy=True)
    band_ids = fields.One2many("kor.sla.band", "policy_id", string="Credits by Uptime", copy=True)
    pause_reason_ids = fields.Many2many("kor.sla.pause.reason", string="Pauses for")
