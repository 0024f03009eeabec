import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.fingerprint import fingerprint


class KorSignedDocument(models.Model):
    """The exact document that was signed, with its hash, and who signed it, when and from where. Append-only."""

    _name = "kor.signed.document"
    _description = "Signed Document"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True)
    order_id = fields.Many2one("sale.order", required=True, readonly=True, index=True, ondelete="restrict")
    contract_id = fields.Many2one("kor.contract", readonly=True, index="btree_not_null", ondelete="restrict")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    kind = fields.Selection(
        [("signature", "Signed by the customer"), ("confirmation", "Confirmed by staff")],
        required=True,
        readonly=True,
        default="signature",
    )
    signed_by = fields.Char(required=True, readonly=True)
    signed_on = fields.Datetime(required=True, readonly=True)
    address = fields.Char(string="IP Address", readonly=True, help="From where it was signed, as the server saw it.")
    user_id = fields.Many2one("res.users", string="Login", readonly=True, ondelete="restrict")
    content = fields.Json(readonly=True, help="What the document says.")
    content_hash = fields.Char(string="Content SHA-256", required=True, readonly=True)
    attachment_id = fields.Many2one("ir.attachment", string="Document", readonly=True, ondelete="restrict")
    sha256 = fields.Char(string="Document SHA-256", required=True, readonly=True)
    state = fields.Selection(
        [("intact", "Intact"), ("changed", "Changed"), ("missing", "Missing")], compute="_compute_state"
    )

    @api.depends("sha256", "content_hash")
    def _compute_state(self):
        for document in self:
            document.state = document._verify()["state"]

    def write(self, vals):
        # The link to the contract that follows is the only thing that is added, once.
        only_link = set(vals) == {"contract_id"} and not self.contract_id
        if not only_link or not self.env.su:
            raise UserError(self.env._("A signed document is evidence and stays as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A signed document is evidence and is kept."))

    def verify(self):
        """Tell whether the document is still exactly what was signed.

        :return: a dict with `state` (intact, changed, missing), `sha256`, `found` and a `message`
        """
        self.ensure_one()
        self.check_access("read")
        return self._verify()

    def action_verify(self):
        """Show whether the document is still exactly what was signed.

        :return: a notification
        """
        result = self.verify()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if result["state"] == "intact" else "danger",
                "message": result["message"],
                "sticky": result["state"] != "intact",
            },
        }

    def _verify(self):
        data = self.sudo().attachment_id.with_context(bin_size=False).raw  # in sudo: whoever may read this record
        found = hashlib.sha256(data).hexdigest() if data else ""
        state = "missing" if not data else "intact"
        if data and (found != self.sha256 or fingerprint(self.content) != self.content_hash):
            state = "changed"
        messages = {
            "intact": self.env._("The document is exactly what was signed."),
            "changed": self.env._("The document is no longer what was signed: its hash differs."),
            "missing": self.env._("The document that was signed is missing."),
        }
        return {"state": state, "sha256": self.sha256, "found": found, "message": messages[state]}

    @api.model
    def _keep(self, order, content, pdf, **values):
        """Keep a document that has just been signed."""
        name = f"{order._get_report_base_filename()}.pdf"
        document = self.create(
            {
                "name": name,
                "order_id": order.id,
                "partner_id": order.partner_id.id,
                "company_id": order.company_id.id,
                "content": content,
                "content_hash": fingerprint(content),
                "sha256": hashlib.sha256(pdf).hexdigest(),
                "attachment_id": self.env["ir.attachment"]
                .create({"name": name, "raw": pdf, "mimetype": "application/pdf", "res_model": self._name})
                .id,
                **values,
            }
        )
        document.attachment_id.res_id = document.id
        return document
