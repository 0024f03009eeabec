from odoo import fields, models


class KorSlaAgreement(models.Model):
    """What a contract promises from a day on: a copy of a policy, frozen when the contract is agreed."""

    _name = "kor.sla.agreement"
    _inherit = ["kor.sla.terms.mixin", "kor.input.mixin"]
    _description = "SLA Agreement"
    _order = "contract_id, date_start desc, id desc"
    _rec_name = "contract_id"
    _check_company_auto = True

    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    tier_id = fields.Many2one("kor.tier", ondelete="restrict", help="The tier when it was agreed.")
    policy_id = fields.Many2one("kor.sla.policy", string="Copied from", ondelete="restrict")
    support_level_id = fields.Many2one("kor.support.level", string="Support", ondelete="restrict")
    amendment_id = fields.Many2one("kor.contract.amendment", readonly=True, index="btree_not_null", ondelete="restrict")
    date_start = fields.Date(required=True, index=True)
    date_end = fields.Date(help="The last day, before the next version. Empty: until the contract ends.")
    target_ids = fields.One2many("kor.sla.target", "agreement_id", string="Targets", copy=True)
    band_ids = fields.One2many("kor.sla.band", "agreement_id", string="Credits by Uptime", copy=True)
    pause_reason_ids = fields.Many2many("kor.sla.pause.reason", string="Pauses for")
