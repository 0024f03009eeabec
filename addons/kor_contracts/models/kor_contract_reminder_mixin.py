import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

_logger = logging.getLogger(__name__)

WINDOWS = ((30, "30"), (60, "60"), (90, "90"))


class KorContractReminderMixin(models.AbstractModel):
    """Show what comes to its end in time, and tell customer and account manager of it."""

    _name = "kor.contract.reminder.mixin"
    _description = "Renewals that are Due"

    renewal_date = fields.Date(
        string="Renewal Due",
        compute="_compute_renewal_window",
        store=True,
        index="btree_not_null",
        help="The notice deadline; the end, where the renewal is agreed or comes by itself after the deadline, or a "
        "cancellation is agreed.",
    )
    renewal_window = fields.Selection(
        [
            ("overdue", "Overdue"),
            ("30", "In 30 days"),
            ("60", "In 60 days"),
            ("90", "In 90 days"),
            ("later", "Later"),
        ],
        string="Renewal",
        compute="_compute_renewal_window",
        store=True,
        index="btree_not_null",
        group_expand=True,
        help="Until when to decide. Overdue: the notice deadline is over, and the contract is not renewed. "
        "Empty: nothing ends.",
    )
    renewal_next = fields.Char(string="Next Step", compute="_compute_renewal_next")
    reminder_ids = fields.One2many("kor.contract.reminder", "contract_id", string="Reminders")

    @api.depends("state", "date_end", "date_notice", "auto_renew", "term_months", "date_leaving",
                 "renewal_amendment_id")  # fmt: skip
    def _compute_renewal_window(self):
        for contract in self:
            due = contract._get_renewal_date()
            contract.renewal_date = due
            contract.renewal_window = due and contract._get_window(due)

    def _get_renewal_date(self):
        """Return the day by which somebody has to decide; False where nothing ends."""
        if self.state not in ("active", "paused"):
            return False
        if self._leaves_with_term():
            return self.date_leaving
        if not self.date_end:
            return False
        decided = self.renewal_amendment_id or (self._renews_itself() and self.date_notice < self._get_today())
        return self.date_end if decided else self.date_notice

    def _get_window(self, day):
        left = (day - self._get_today()).days
        if left < 0:
            return "overdue"
        return next((window for days, window in WINDOWS if left <= days), "later")

    @api.depends("renewal_date", "renewal_window", "renewal_amendment_id", "auto_renew", "term_months", "date_leaving")
    @api.depends_context("lang")
    def _compute_renewal_next(self):
        for contract in self:
            contract.renewal_next = contract._describe_next_step()

    def _describe_next_step(self):
        """Return what has to be done about the end of the contract, empty where nothing has."""
        if not self.renewal_date:
            return ""
        if self._leaves_with_term():
            return self.env._("Ends on %(day)s: it is cancelled", day=format_date(self.env, self.date_leaving))
        end, notice = format_date(self.env, self.date_end), format_date(self.env, self.date_notice)
        if self.renewal_amendment_id:
            return self.env._("Renewed: the new term begins after %(end)s", end=end)
        if not self._renews_itself():
            return self.env._("Renew it, or it ends on %(end)s", end=end)
        if self.renewal_date == self.date_notice:
            return self.env._("Give notice by %(notice)s, or it renews itself", notice=notice)
        return self.env._("Renews itself after %(end)s", end=end)

    @api.model
    def _get_ending_domain(self):
        running = Domain("state", "in", ("active", "paused"))
        return running & (Domain("date_end", "!=", False) | Domain("date_leaving", "!=", False))

    @api.model
    def _cron_remind_renewals(self):
        """Bring the due windows up to date, and send the reminders whose day has come."""
        contracts = self.search(self._get_ending_domain())
        for name in ("renewal_date", "renewal_window"):
            self.env.add_to_compute(self._fields[name], contracts)
        furthest = max(contracts.company_id._get_kor_reminder_days(), default=0)
        soon = self.search(
            self._get_ending_domain()
            & Domain("renewal_amendment_id", "=", False)
            & Domain("date_leaving", "=", False)
            & Domain("date_notice", "<=", f"today +{furthest + 1}d")
        )
        for contract in soon:
            try:
                with self.env.cr.savepoint():
                    contract._remind()
            except UserError as error:
                # The others must not wait for it; it is tried again with the next job.
                _logger.warning("Contract %s: no reminder was sent: %s", contract.name, error)

    def _get_reminder_deadline(self):
        """Return until when something can be done: notice, or a renewal before the end."""
        return self.date_notice if self._renews_itself() else self.date_end

    def _remind(self):
        """Send the reminder that is due, one where several are."""
        self.ensure_one()
        deadline, today = self._get_reminder_deadline(), self._get_today()
        sent = set(self.reminder_ids.filtered(lambda one: one.date_deadline == deadline).mapped("days"))
        days = [
            days
            for days in self.company_id._get_kor_reminder_days()
            if days not in sent and deadline - timedelta(days=days) <= today <= deadline
        ]
        if not days:
            return
        reminders_sudo = self.env["kor.contract.reminder"].sudo()  # facts, that nobody has the right to write by hand
        reminders_sudo.create(
            [{"contract_id": self.id, "date_deadline": deadline, "days": one, "date_sent": today} for one in days]
        )
        self._send_reminders(deadline, is_first=not sent)

    def _send_reminders(self, deadline, is_first):
        """Write to the customer and to whoever is in charge, who also gets an activity for the deadline."""
        for name in ("customer", "manager"):
            template = self.env.ref(f"kor_contracts.mail_template_renewal_{name}", raise_if_not_found=False)
            if template and self._get_reminder_receiver(name).email:
                template.send_mail(self.id, email_layout_xmlid="mail.mail_notification_light")
        if is_first:
            # They have been told by mail: the activity needs no mail of its own.
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=deadline,
                summary=self.env._("Renewal"),
                note=self._describe_next_step() or False,
                user_id=(self._get_manager() or self.env.user).id,
            )

    def _get_reminder_receiver(self, name):
        return self.partner_id if name == "customer" else self._get_manager().partner_id

    def _describe_for_customer(self):
        """Return what happens at the end, in the language of the customer. Used by the template."""
        contract = self.with_context(lang=self._get_customer_lang())
        return contract._describe_renewal()
