from odoo import api, models

AMOUNTS = {"target_amount", "adjustment", "is_declined"}


class KorSlaCredit(models.Model):
    _inherit = "kor.sla.credit"

    @api.model_create_multi
    def create(self, vals_list):
        credits = super().create(vals_list)
        credits.contract_id._estimate_sla_credits()
        return credits

    def write(self, vals):
        result = super().write(vals)
        if AMOUNTS & set(vals):
            self.contract_id._estimate_sla_credits()
        return result
