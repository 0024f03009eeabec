from odoo import api, models
from odoo.fields import Domain


class PaymentToken(models.Model):
    _inherit = "payment.token"

    @api.model_create_multi
    def create(self, vals_list):
        tokens = super().create(vals_list)
        tokens._try_kor_at_once()
        return tokens

    def write(self, vals):
        result = super().write(vals)
        if "active" in vals:
            self._refresh_kor_invoices()
        return result

    def _try_kor_at_once(self):
        """Let a payment method that was saved just now be tried without waiting for the next attempt."""
        due = self._refresh_kor_invoices().filtered(lambda move: move.invoice_date_due <= move._get_kor_today())
        for move in due:
            move.kor_retry_date = move._get_kor_today()
        if due:
            self.env.ref("kor_billing.ir_cron_collect").sudo()._trigger()  # waking the job is no right of its own

    def _refresh_kor_invoices(self):
        domain = Domain.OR(
            Domain("commercial_partner_id", "=", token.partner_id.commercial_partner_id.id)
            & Domain("company_id", "child_of", token.company_id.id)
            for token in self.sudo()  # a customer saves a method without reading the provider's company
        )
        return self.env["account.move"]._refresh_kor_collection(domain)
