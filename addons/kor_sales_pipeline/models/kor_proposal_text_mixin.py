from odoo import api, fields, models


class KorProposalTextMixin(models.AbstractModel):
    """A text that stands in one proposal, and stays as it is once that was sent."""

    _name = "kor.proposal.text.mixin"
    _inherit = ["kor.input.mixin"]
    _description = "Text of a Proposal"
    _order = "order_id, sequence, id"

    order_id = fields.Many2one("sale.order", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    sequence = fields.Integer(default=10)

    @api.model_create_multi
    def create(self, vals_list):
        texts = super().create(vals_list)
        texts.order_id._kor_check_open()
        return texts

    def write(self, vals):
        self.order_id._kor_check_open()
        result = super().write(vals)
        # It may have come into another proposal.
        self.order_id._kor_check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self.order_id._kor_check_open()
