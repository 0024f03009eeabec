import logging

from odoo import models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


class KorPaymentDeclineMixin(models.AbstractModel):
    """Write to the customer when a charge was declined: what happened, and what comes next."""

    _name = "kor.payment.decline.mixin"
    _description = "Mail about a Declined Charge"

    def _mail_declined(self):
        """Tell the customer once of each attempt, where the company wants it; the attempt stands whatever happens."""
        self.ensure_one()
        template = self.env.ref("kor_billing.mail_template_payment_declined", raise_if_not_found=False)
        recipient = self.contract_id and self.contract_id._get_collection_recipient()
        if self.is_mailed or not template or not recipient or not self.company_id.kor_decline_mail:
            return
        try:
            with self.env.cr.savepoint():
                self._post_declined(template, recipient)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            # What the provider has said must not be lost for a template that somebody has broken.
            _logger.exception("The customer is not told of payment attempt %s", self.id)

    def _post_declined(self, template, recipient):
        rendered = {
            name: template._render_field(name, self.ids, compute_lang=True, options=options)[self.id]
            for name, options in (("subject", {}), ("body_html", {"post_process": True}), ("email_from", {}))
        }
        self.contract_id.with_context(lang=recipient.lang or self.env.lang).message_post(
            subject=rendered["subject"],
            body=rendered["body_html"],
            email_from=rendered["email_from"],
            author_id=(self.company_id.kor_finance_user_id.partner_id or self.company_id.partner_id).id,
            message_type="auto_comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=recipient.ids,
            # Colleagues who follow the contract read the line in its history.
            notify_skip_followers=True,
            email_layout_xmlid="mail.mail_notification_light",
            force_email_lang=recipient.lang,
        )
        self.is_mailed = True

    def _describe_next_step(self):
        """Return for the mail what comes next, a sentence each, in the language of the environment."""
        self.ensure_one()
        return self.move_id._describe_kor_next_attempt()
