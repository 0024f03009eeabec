from odoo import api, fields, models

from .kor_proposal_section_template import PARTS


class KorProposalSection(models.Model):
    """A text of one proposal. Placeholders stay in it and are filled when it is read, until it is sent."""

    _name = "kor.proposal.section"
    _inherit = ["kor.input.mixin"]
    _description = "Section of a Proposal"
    _order = "order_id, sequence, id"

    order_id = fields.Many2one("sale.order", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    part = fields.Selection(PARTS, required=True, default="summary")
    title = fields.Char(required=True)
    body = fields.Html()
    sequence = fields.Integer(default=10)

    @api.constrains("body")
    def _check_placeholders(self):
        for section in self:
            self.env["kor.proposal.section.template"]._check_known(section.body)

    @api.model_create_multi
    def create(self, vals_list):
        sections = super().create(vals_list)
        sections.order_id._kor_check_open()
        return sections

    def write(self, vals):
        self.order_id._kor_check_open()
        result = super().write(vals)
        self.order_id._kor_check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self.order_id._kor_check_open()
