from odoo import fields, models


class KorContractLineTier(models.Model):
    _name = "kor.contract.line.tier"
    _inherit = ["kor.price.tier.mixin", "kor.contract.part.mixin"]
    _description = "Price Tier of a Contract Line"

    _price_owner_field = "line_id"

    line_id = fields.Many2one("kor.contract.line", required=True, index=True, ondelete="cascade")
    contract_id = fields.Many2one(related="line_id.contract_id")
