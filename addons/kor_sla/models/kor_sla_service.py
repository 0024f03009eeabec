from odoo import fields, models


class KorSlaService(models.Model):
    """Something whose availability is watched. Several contracts can rest on it."""

    _name = "kor.sla.service"
    _inherit = ["kor.code.mixin"]
    _description = "Monitored Service"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    company_id = fields.Many2one("res.company", index=True, default=lambda self: self.env.company)
    for_all = fields.Boolean(string="For All Contracts", help="Every contract of the company rests on it.")
    contract_ids = fields.Many2many("kor.contract", string="Contracts", check_company=True)
    outage_ids = fields.One2many("kor.sla.outage", "service_id", string="Outages")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint("UNIQUE (code)", "Another service already has this code.")
