from odoo import api, fields, models


class KorDiscount(models.Model):
    _inherit = "kor.discount"

    proposal_id = fields.Many2one("sale.order", index="btree_not_null", ondelete="cascade")
    proposal_terms_id = fields.Many2one("kor.proposal.terms", index="btree_not_null", ondelete="cascade")

    @api.model_create_multi
    def create(self, vals_list):
        discounts = super().create(vals_list)
        discounts._check_proposal_open()
        return discounts

    def write(self, vals):
        self._check_proposal_open()
        result = super().write(vals)
        self._check_proposal_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self._check_proposal_open()

    def _check_proposal_open(self):
        (self.proposal_id | self.proposal_terms_id.order_id)._kor_check_open()

    @api.model
    def _get_owner_fields(self):
        return [*super()._get_owner_fields(), "proposal_id", "proposal_terms_id"]
