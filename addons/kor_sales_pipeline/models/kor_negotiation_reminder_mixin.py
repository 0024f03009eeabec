from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

TEMPLATES = {
    "proposal": "kor_sales_pipeline.mail_template_negotiation_proposal",
    "answer": "kor_sales_pipeline.mail_template_negotiation_answer",
    "reminder": "kor_sales_pipeline.mail_template_negotiation_reminder",
}


class KorNegotiationReminderMixin(models.AbstractModel):
    """Mails to the customer, activities for the seller, and one reminder for each silence."""

    _name = "kor.negotiation.reminder.mixin"
    _description = "Reminders of a Negotiation"

    @api.model
    def _get_silent_domain(self):
        """Return whose turn has lasted too long, by the days of each company."""
        silent = Domain.FALSE
        now = fields.Datetime.now()
        companies = self.env["res.company"].search([])  # pylint: disable=no-search-all  # each has its days
        for company in companies:
            for state, days in (
                ("waiting_us", company.kor_negotiation_days_us),
                ("waiting_them", company.kor_negotiation_days_them),
            ):
                if days:
                    since = Domain("waiting_since", "<=", now - timedelta(days=days))
                    silent |= Domain("company_id", "=", company.id) & Domain("state", "=", state) & since
        # A lost opportunity is archived: nobody waits for it any more.
        return silent & Domain("date_reminded", "=", False) & Domain("lead_id.active", "=", True)

    @api.model
    def _cron_remind(self, batch_size=50):
        """Remind of those who are silent, once for each silence."""
        domain = self._get_silent_domain()
        due = self.search(domain, limit=batch_size, order="waiting_since, id")
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        for negotiation in due:
            negotiation = negotiation.try_lock_for_update(allow_referencing=True).filtered_domain(domain)
            if not negotiation:
                continue
            try:
                with self.env.cr.savepoint():
                    negotiation._remind()
            except UserError as error:
                # It must not be tried again for ever, and somebody has to know.
                negotiation._message_log(body=self.env._("No reminder was sent: %(error)s", error=str(error)))
            negotiation.date_reminded = fields.Datetime.now()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _remind(self):
        self.ensure_one()
        if self.state == "waiting_us":
            self._plan_activity(self.env._("The customer waits for our answer"))
        elif self._has_expired():
            self._plan_activity(self.env._("The proposal has expired without an answer"))
        elif not self._mail_customer("reminder"):
            self._plan_activity(self.env._("Ask the customer for an answer: there is no e-mail address"))

    def _has_expired(self):
        return self.order_id.is_expired or bool(self.order_id.kor_next_id)

    def _get_seller(self):
        return self.user_id or self.order_id.user_id or self.env.user

    def _plan_activity(self, summary):
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=fields.Date.context_today(self),
            summary=summary,
            user_id=self._get_seller().id,
        )

    def _get_answered(self):
        """Return what was answered last. Used by the templates."""
        answered = self.offer_ids.filtered("answered_by_id")
        last = max(answered.mapped("number"), default=0)
        return answered.filtered(lambda offer: offer.number == last).sorted("id")

    def _mail_customer(self, name):
        """Send the template to the customer.

        :return: whether there was an address and a template
        """
        template = self.env.ref(TEMPLATES[name], raise_if_not_found=False)
        if not template or not self.partner_id.email:
            return False
        template.send_mail(self.id, email_layout_xmlid="mail.mail_notification_light")
        return True
