from odoo import fields, models


class KorProposalTermsTier(models.Model):
    _name = "kor.proposal.terms.tier"
    _inherit = ["kor.price.tier.mixin", "kor.input.mixin"]
    _description = "Price Tier of a Proposal"

    _price_owner_field = "terms_id"

    terms_id = fields.Many2one("kor.proposal.terms", required=True, index=True, ondelete="cascade")
