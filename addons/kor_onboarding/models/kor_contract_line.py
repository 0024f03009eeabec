from odoo import api, fields, models


class KorContractLine(models.Model):
    _inherit = "kor.contract.line"

    starts_at_go_live = fields.Boolean(
        readonly=True, help="It begins with the go-live; until then its first day is the latest one that is agreed."
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not lines.contract_id._is_amending():
            lines.contract_id._defer_lines()
        return lines
