from odoo import api, fields, models

from .kor_proposal_section_template import PARTS


class KorProposalSection(models.Model):
    """A text of one proposal. Placeholders stay in it and are filled when it is read, until it is sent."""

    _name = "kor.proposal.section"
    _inherit = ["kor.proposal.text.mixin"]
    _description = "Section of a Proposal"

    part = fields.Selection(PARTS, required=True, default="summary")
    title = fields.Char(required=True)
    body = fields.Html()

    @api.constrains("body")
    def _check_placeholders(self):
        for section in self:
            self.env["kor.proposal.section.template"]._check_known(section.body)
