from odoo import fields, models


class KorContract(models.Model):
    _inherit = "kor.contract"

    sla_agreement_ids = fields.One2many("kor.sla.agreement", "contract_id", string="SLA")
    sla_clock_ids = fields.One2many("kor.sla.clock", "contract_id", string="SLA Clocks")
    ticket_ids = fields.One2many("project.task", "kor_contract_id", string="Tickets")
