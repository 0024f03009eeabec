from odoo import fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.http import request

from odoo.addons.kor_enterprise_tiers.tools import is_picture

from ..engine.fingerprint import fingerprint
from ..groups import SELLERS


class SaleOrder(models.Model):
    """Signing: natively in the portal, or by a call; refused where the proposal no longer stands."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    kor_signed_document_ids = fields.One2many(
        "kor.signed.document", "order_id", string="Signed Documents", groups=SELLERS
    )

    def sign_proposal(self, signed_by, signature):
        """Sign a proposal as its customer: the contract follows at once.

        :param signed_by: the name of who signs
        :param signature: the picture of the signature, a PNG in base64
        :return: a dict with `contract` (its number), `signed_on` and the document's `sha256`
        """
        self.ensure_one()
        self.check_access("read")
        self._kor_check_signatory()
        self._kor_lock_to_sign()
        self._kor_check_can_sign()
        if self.state != "sent":
            raise UserError(
                self.env._("%(proposal)s has not been sent, or is signed already: nothing to sign.", proposal=self.name)
            )
        if not isinstance(signed_by, str) or not signed_by.strip():
            raise UserError(self.env._("Give the name of who signs."))
        if not is_picture(signature):
            raise UserError(self.env._("Give the signature as a PNG picture in base64."))
        order = self.sudo()  # like on the portal page, the customer signs without any right to write orders
        order.write({"signed_by": signed_by.strip(), "signed_on": fields.Datetime.now(), "signature": signature})
        order._validate_order()
        document = order.kor_signed_document_ids[:1]
        return {
            "contract": order.kor_contract_id.name or "",
            "signed_on": fields.Datetime.to_string(document.signed_on),
            "sha256": document.sha256,
        }

    def _kor_lock_to_sign(self):
        """Let one person at a time sign, and tell the other."""
        orders = self.sudo()  # in sudo: customers lock what they sign without any right to write it
        busy = (orders - orders.try_lock_for_update())[:1]
        if busy:
            raise UserError(
                self.env._("Somebody is signing %(proposal)s at this moment. Look at it again.", proposal=busy.name)
            )
        orders.invalidate_recordset()

    def _kor_check_signatory(self):
        user = self.env.user
        partner = self.sudo().partner_id.commercial_partner_id  # in sudo: only to compare
        if user._is_internal() or user.partner_id.commercial_partner_id != partner:
            raise AccessError(self.env._("Only the customer to whom a proposal is made can sign it."))

    def _kor_check_can_sign(self):
        """Raise, with what is in the way, where a proposal cannot be signed."""
        for order in self:
            problem = order._kor_find_sign_problem()
            if problem:
                raise UserError(problem)

    def _kor_find_sign_problem(self):
        """Return in a sentence why the proposal cannot be signed or agreed, empty where it can. Extensible."""
        order = self.sudo()  # in sudo: approvals are internal, whether they are given is not
        if not order.kor_is_proposal:
            return ""
        if order.kor_next_id and order.kor_next_id.state != "cancel":
            return self.env._("This version was superseded by a newer one and can no longer be signed.")
        if order.state == "cancel":
            return self.env._("This proposal was withdrawn and can no longer be signed.")
        if order.is_expired:
            return self.env._("This proposal has expired and can no longer be signed. Ask us to renew it.")
        if not order.kor_snapshot_hash:
            try:
                order._kor_check_approved()
            except UserError:
                return self.env._("This proposal is not approved yet, so it cannot be signed.")
        return ""

    def _has_to_be_signed(self):
        return super()._has_to_be_signed() and not self._kor_find_sign_problem() and self._kor_was_sent()

    def _kor_was_sent(self):
        """Customers sign what was sent to them; a draft may still change."""
        return not self.kor_is_proposal or self.state == "sent"

    def _can_be_edited_on_portal(self):
        return super()._can_be_edited_on_portal() and self._kor_was_sent()

    def _confirmation_error_message(self):
        message = super()._confirmation_error_message()
        return message or (self.kor_is_proposal and self._kor_find_sign_problem()) or False

    def action_confirm(self):
        proposals = self.filtered("kor_is_proposal")
        if proposals:
            # Of two people who sign at once the second is told.
            proposals._kor_lock_to_sign()
            proposals.filtered(
                lambda one: one.state in ("draft", "sent") and not one._kor_find_sign_problem()
            )._kor_freeze()
        return super().action_confirm()

    def _action_confirm(self):
        result = super()._action_confirm()
        for order in self.filtered("kor_is_proposal"):
            document = order._kor_keep_signed()
            contract = order._kor_make_contract(document)
            order.sudo()._kor_frozen().kor_contract_id = contract  # what has happened, which nobody writes by hand
            if not document.contract_id:
                document.contract_id = contract
            lead = order.sudo().opportunity_id  # in sudo: the customer who signs has no right on leads
            if lead:
                lead.kor_contract_id = contract
                order._kor_move_lead(lead)
        return result

    def _kor_move_lead(self, lead):
        """Let the opportunity go on to onboarding. Extensible."""
        lead._kor_move_to("onboarding")

    def _kor_keep_signed(self):
        """Keep the exact document with its hash, and who signed it, when and from where."""
        self.ensure_one()
        order = self.sudo()  # in sudo: evidence, which nobody writes by hand
        if fingerprint(order.kor_snapshot) != order.kor_snapshot_hash:
            raise ValidationError(
                self.env._("%(proposal)s is no longer what was sent. Make the next version of it.", proposal=self.name)
            )
        signed = bool(order.signature)
        content = {
            **order._kor_get_content(),
            "sent_hash": order.kor_snapshot_hash,
            "signed_by": order.signed_by if signed else self.env.user.name,
            "signed_on": fields.Datetime.to_string(order.signed_on if signed else fields.Datetime.now()),
            "address": self._kor_get_address(),
        }
        pdf = order._kor_render_pdf(content)
        return order.env["kor.signed.document"]._keep(
            order,
            content,
            pdf,
            kind="signature" if signed else "confirmation",
            signed_by=content["signed_by"],
            signed_on=content["signed_on"],
            address=content["address"],
            user_id=request.env.uid if request else self.env.uid,
        )

    def _kor_get_address(self):
        """Return from where the request comes, empty where there is none."""
        return request.httprequest.remote_addr or "" if request else ""

    def _get_report_base_filename(self):
        self.ensure_one()
        if not self.kor_is_proposal:
            return super()._get_report_base_filename()
        return self.env._("Proposal %(number)s, version %(version)s", number=self.name, version=self.kor_version or 1)

    def _get_name_portal_content_view(self):
        view = super()._get_name_portal_content_view()
        return "kor_sales_pipeline.kor_proposal_portal_content" if self.kor_is_proposal else view

    def _find_mail_template(self):
        template = super()._find_mail_template()
        if self.kor_is_proposal and self.state in ("draft", "sent") and not self.env.context.get("proforma"):
            return self.env.ref("kor_sales_pipeline.mail_template_proposal", raise_if_not_found=False) or template
        return template

    def action_quotation_send(self):
        self.filtered(lambda one: one.kor_is_proposal and one.state == "draft")._kor_check_can_send()
        return super().action_quotation_send()

    def _kor_render_pdf(self, content=None):
        """Return the PDF of the proposal: the kept one where it was signed, else as it stands."""
        self.ensure_one()
        order = self.sudo()  # in sudo: whoever may read the order gets its document
        kept = order.kor_signed_document_ids[:1].attachment_id
        if kept and content is None:
            return kept.raw
        order = order.with_context(lang=order._get_lang())
        document = {**order._kor_get_document(), **({"signed": content} if content else {})}
        html = order.env["ir.qweb"]._render(
            "kor_sales_pipeline.kor_proposal_document", order._kor_get_pdf_values(document)
        )
        return self.env["kor.pdf"]._render(html)

    def _kor_get_pdf_values(self, document):
        return {"order": self, "doc": document, **self.env["kor.pdf"]._get_look(self.company_id)}
