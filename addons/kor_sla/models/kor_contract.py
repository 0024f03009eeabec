from odoo import fields, models


class KorContract(models.Model):
    _name = "kor.contract"
    _inherit = [
        "kor.contract",
        "kor.contract.ticket.mixin",
        "kor.contract.status.mixin",
        "kor.contract.uptime.mixin",
    ]

    sla_agreement_ids = fields.One2many("kor.sla.agreement", "contract_id", string="SLA")
    sla_clock_ids = fields.One2many("kor.sla.clock", "contract_id", string="SLA Clocks")
