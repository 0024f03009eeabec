from odoo import fields, models


class KorChargeTier(models.Model):
    _name = "kor.charge.tier"
    _description = "Charge Price Tier"
    _inherit = ["kor.price.tier.mixin"]

    _price_owner_field = "charge_id"

    charge_id = fields.Many2one("kor.charge", required=True, index=True, ondelete="cascade")
