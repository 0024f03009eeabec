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
        contract = self.contract_id
        recipient = contract and contract._get_collection_recipient()
        if self.is_mailed or not template or not recipient or not self.company_id.kor_decline_mail:
            return
        try:
            with self.env.cr.savepoint():
                contract._post_template(template, self, recipient, contract._get_collection_author())
                self.is_mailed = True
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            # What the provider has said must not be lost for a template that somebody has broken.
            _logger.exception("The customer is not told of payment attempt %s", self.id)

    def _describe_next_step(self):
        """Return for the mail what comes next, a sentence each, in the language of the environment."""
        self.ensure_one()
        return self.move_id._describe_kor_next_attempt()
