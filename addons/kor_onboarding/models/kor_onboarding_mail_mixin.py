from odoo import models

ACTIVITY = "mail.mail_activity_data_todo"


class KorOnboardingMailMixin(models.AbstractModel):
    """Tell customer and manager what has happened, once each time that it happens."""

    _name = "kor.onboarding.mail.mixin"
    _inherit = ["kor.template.post.mixin"]
    _description = "Mails of an Onboarding"

    def _get_customer_contact(self):
        """Return whom to write to at the customer."""
        self.ensure_one()
        return self.contract_id._get_alert_recipient()

    def _note_step(self, step, before):
        """Write to the customer when a step begins to wait for them. Extensible."""
        if step.status in ("customer", "sign") and before not in ("customer", "sign"):
            self._mail("waiting", step=step)

    def _note_state(self, before):
        """Tell the manager when the onboarding has become late or blocked. Extensible."""
        if self.state in ("late", "blocked") and before not in ("late", "blocked"):
            self._mail("late")
            self._remind_manager()
        elif before in ("late", "blocked"):
            self.activity_unlink([ACTIVITY])

    def _remind_manager(self):
        # They have been told by mail: the activity needs no mail of its own.
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            ACTIVITY,
            summary=self.env._("Onboarding is late or blocked"),
            note=self.reason or False,
            user_id=(self.manager_id or self.env.user).id,
        )

    def _go_live(self, day):
        """Note the go-live, and let billing begin where it has waited for it. Extensible."""
        self._note({"date_go_live": day})
        self.contract_id._start_billing_at_go_live(day)
        self._mail("go_live")

    def _mail(self, name, step=None):
        """Write a mail, on the onboarding, where the customer can read it later; that to the manager is internal."""
        template_sudo = self.env.ref(f"kor_onboarding.mail_template_{name}").sudo()  # the customer's act sends it, too
        own = self.sudo().with_context(kor_step_id=step.id if step else 0)  # templates show the plan
        recipient = own.manager_id.partner_id if name == "late" else own._get_customer_contact()
        if not recipient or not recipient.email:
            return
        template = template_sudo.with_env(own.env)
        if name == "late":
            # Nobody is notified of what they write themselves.
            own._post_template(template, own, recipient, own.company_id.partner_id, subtype="mail.mt_note")
        else:
            own._post_template(template, own, recipient, own._get_sender())

    def _get_sender(self):
        return self.manager_id.partner_id or self.company_id.partner_id

    def _get_mail_step(self):
        """Return the step that a mail is about, in words; used by the templates."""
        step = self.step_ids.filtered(lambda one: one.id == self.env.context.get("kor_step_id"))
        return self._get_portal_step(step) if step else {}

    def _get_mail_steps(self):
        """Return the plan as the customer reads it; used by the templates."""
        return [self._get_portal_step(step) for step in self.step_ids]
