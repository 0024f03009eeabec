from odoo import api, fields, models
from odoo.exceptions import UserError


class KorProposalApproval(models.Model):
    """Who asked, approved or refused what, when and why. Facts: nothing is edited."""

    _name = "kor.proposal.approval"
    _description = "Approval of a Proposal"
    _order = "id desc"

    order_id = fields.Many2one("sale.order", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    user_id = fields.Many2one("res.users", string="Who", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime(string="When", required=True, readonly=True, default=fields.Datetime.now)
    decision = fields.Selection(
        [("asked", "Asked"), ("approved", "Approved"), ("refused", "Refused")], required=True, readonly=True
    )
    reasons = fields.Text(string="What for", readonly=True, help="What was off the list, or above the limit.")
    note = fields.Text(string="Why", readonly=True)
    terms_hash = fields.Char(readonly=True, help="Fingerprint of the terms that were decided on.")

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("An approval is a fact and is not edited. Decide anew on the proposal."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if self.order_id.exists().filtered(lambda order: order.state != "draft" or order.kor_snapshot_hash):
            raise UserError(self.env._("Approvals of a proposal that was sent are kept."))
