from odoo.exceptions import AccessError, MissingError
from odoo.http import request, route

from odoo.addons.account.controllers.portal import PortalAccount
from odoo.addons.kor_contracts.controllers.kor_contract_portal import KorContractPortal


class KorBillingPortal(KorContractPortal, PortalAccount):
    def _get_page_view_values(self, document, access_token, values, session_history, no_breadcrumbs, **kwargs):
        if document._name == "kor.contract":
            values["kor_invoices"] = self._get_kor_invoices(document)
        return super()._get_page_view_values(document, access_token, values, session_history, no_breadcrumbs, **kwargs)

    def _get_kor_invoices(self, contract_sudo):
        """Return the contract's invoices that the visitor may open: a contract's token is none for its invoices."""
        moves = request.env["account.move"]
        if not moves.has_access("read"):
            return moves
        domain = [*self._get_invoices_domain("out"), ("kor_contract_ids", "in", contract_sudo.ids)]
        found = moves.search(domain, order="invoice_date desc, id desc")
        return found.sudo()  # chosen by the visitor's rules; what the page shows of them needs no right of its own

    def _get_kor_invoice(self, invoice_id, access_token):
        """Return the invoice as superuser, or raise AccessError or MissingError.

        A token opens what is posted; anything else is for those only who may read it themselves.
        """
        invoice_sudo = self._document_check_access("account.move", invoice_id, access_token)
        if invoice_sudo.state != "posted" or not invoice_sudo.is_sale_document(include_receipts=True):
            request.env["account.move"].browse(invoice_id).check_access("read")
        return invoice_sudo

    @route(["/my/invoices/<int:invoice_id>/explanation"], type="http", auth="public", website=True, readonly=True)
    def portal_my_invoice_explanation(self, invoice_id, access_token=None, **_kwargs):
        """Show why each line of an invoice is what it is."""
        try:
            invoice_sudo = self._get_kor_invoice(invoice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "invoice",
            "invoice": invoice_sudo,
            "lines": invoice_sudo._get_kor_portal_lines(),
            "back_url": invoice_sudo._get_kor_portal_url(access_token=access_token),
        }
        return request.render("kor_billing.kor_invoice_explanation_page", values)
