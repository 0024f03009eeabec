from base64 import b64decode

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.kor_contract_amendment import HOW


class KorAmendmentAgree(models.TransientModel):
    """Ask who agreed to an amendment on the customer's side, and how."""

    _name = "kor.amendment.agree"
    _description = "Agree to an Amendment"

    amendment_id = fields.Many2one("kor.contract.amendment", required=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(related="amendment_id.partner_id")
    date_effective = fields.Date(related="amendment_id.date_effective")
    summary = fields.Char(related="amendment_id.summary")
    is_later = fields.Boolean(compute="_compute_is_later")
    agreed_by = fields.Char(string="Who", required=True, help="The person who agreed on the customer's side.")
    how = fields.Selection(HOW, required=True, default="note")
    signature = fields.Image(max_width=1024, max_height=1024)
    document = fields.Binary(attachment=False)
    document_name = fields.Char()
    note = fields.Text(help="Noted in the amendment's history, for example when and where it was said.")
    tell_customer = fields.Boolean(string="Tell the customer by e-mail", default=True)

    @api.depends("amendment_id")
    def _compute_is_later(self):
        for wizard in self:
            amendment = wizard.amendment_id
            wizard.is_later = bool(amendment) and amendment.date_effective > amendment.contract_id._get_today()

    def action_confirm(self):
        """Agree to the amendment with what was entered.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        proof = {"signature": self.signature, "document": self.document}.get(self.how, True)
        if not proof:
            raise UserError(self.env._("Attach what was signed, or choose Note and say how it was agreed."))
        amendment = self.amendment_id
        amendment.action_agree(self.agreed_by, self.how)
        if self.how == "signature":
            amendment._write_state({"signature": self.signature})
        self._keep_proof()
        if self.tell_customer:
            amendment._write_state({"is_shared": True})
            amendment._mail("kor_contracts.mail_template_amendment_agreed")
        return {"type": "ir.actions.act_window_close"}

    def _keep_proof(self):
        """Note in the amendment's history what was said, with the document that was signed."""
        has_document = self.how == "document" and self.document
        name = self.document_name or self.env._("Agreement")
        attachments = [(name, b64decode(self.document))] if has_document else []
        if self.note or attachments:
            self.amendment_id.message_post(body=self.note or "", attachments=attachments)
