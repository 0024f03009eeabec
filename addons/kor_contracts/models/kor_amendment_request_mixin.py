from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

ACTIVITY = "mail.mail_activity_data_todo"


class KorAmendmentRequestMixin(models.AbstractModel):
    """What customer and staff say to each other before an amendment is agreed: asked, offered, declined."""

    _name = "kor.amendment.request.mixin"
    _description = "Request of an Amendment"

    requested_by_id = fields.Many2one(
        "res.partner", string="Requested by", readonly=True, copy=False, help="Who asked for it on the contract's page."
    )
    request_note = fields.Text(string="The Customer Wrote", readonly=True, copy=False)
    is_shared = fields.Boolean(
        readonly=True, copy=False, help="The customer has seen it: it came from the customer's page, or was sent there."
    )
    decline_reason = fields.Text(string="Declined Because", readonly=True, copy=False)

    def action_accept(self):
        """Agree to what the customers have asked and signed for.

        :return: True
        """
        self._check_can_amend()
        self._check_state("requested")
        for amendment in self:
            amendment._agree(amendment.agreed_by, "signature", amendment.signature)
        self._close_activities()
        self._mail("kor_contracts.mail_template_amendment_agreed")
        return True

    def action_counter(self):
        """Take requests, or what was sent to customers, back to draft: changed, they are sent for signature again.

        :return: True
        """
        self._check_can_amend()
        self._check_state("requested", "offered")
        self._write_state(
            {"state": "draft", "agreed_by": False, "agreed_how": False, "agreed_date": False, "signature": False}
        )
        self._close_activities()
        return True

    def action_offer(self):
        """Send drafts to the customers, who look at them on the contract's page and sign.

        :return: True
        """
        self._check_can_amend()
        self._check_draft()
        for amendment in self:
            amendment._check_contract()
            if not amendment.change_ids:
                raise UserError(self.env._("Amendment %(name)s changes nothing. Add a change.", name=amendment.name))
        self._write_state({"state": "offered", "is_shared": True})
        self._mail("kor_contracts.mail_template_amendment_offered")
        return True

    def action_decline(self, reason=""):
        """Decline what customers have asked for.

        :param reason: why, as the customer reads it
        :return: True
        """
        self._check_can_amend()
        self._check_state("requested")
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Give the reason: the customer reads it."))
        self._write_state({"state": "declined", "decline_reason": reason.strip()})
        self._close_activities()
        self._mail("kor_contracts.mail_template_amendment_declined")
        return True

    def _request(self, partner, signed_by, signature):
        """Note that the customer has signed a draft, and ask staff; what needs nobody is agreed at once."""
        self.ensure_one()
        self._write_state(
            {
                "state": "requested",
                "is_shared": True,
                "requested_by_id": partner.id,
                "agreed_by": signed_by,
                "agreed_how": "signature",
                "signature": signature,
            }
        )
        if self._needs_staff():
            self._schedule_answer()
            self._mail("kor_contracts.mail_template_amendment_requested")
            return
        self._agree(signed_by, "signature", signature)
        self._mail("kor_contracts.mail_template_amendment_agreed")

    def _sign(self, signed_by, signature):
        """Agree, as the customer, to what was sent."""
        self.ensure_one()
        self._check_state("offered")
        self._agree(signed_by, "signature", signature)
        self._notify_staff(self.env._("%(who)s has signed amendment %(name)s.", who=signed_by, name=self.name))
        self._mail("kor_contracts.mail_template_amendment_agreed")

    def _turn_down(self, partner, reason=""):
        """Decline, as the customer, what was sent, or take the own request back."""
        self.ensure_one()
        self._check_state("requested", "offered")
        was_offered = self.state == "offered"
        self._write_state({"state": "declined" if was_offered else "withdrawn"})
        self._close_activities()
        if was_offered:
            text = self.env._("%(who)s has declined amendment %(name)s.", who=partner.name, name=self.name)
            self._notify_staff(f"{text} {reason}".strip())

    def _needs_staff(self):
        """Tell whether a request waits for staff: all but more seats, where the contract lets them hold at once."""
        self.ensure_one()
        return not self.contract_id._is_self_service() or any(
            change.kind != "quantity" or change.quantity <= change.line_id.quantity for change in self.change_ids
        )

    def _check_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for amendment in self:
            if amendment.state not in states:
                raise UserError(
                    self.env._(
                        "Amendment %(name)s is in the state “%(state)s”; this is for those that are “%(wanted)s”.",
                        name=amendment.name,
                        state=labels[amendment.state],
                        wanted="”, “".join(labels[state] for state in states),
                    )
                )

    def _check_not_waiting(self):
        for amendment in self:
            if amendment.state in ("requested", "offered"):
                raise UserError(
                    self.env._(
                        "Amendment %(name)s is as the customer has seen it. Take it back to draft to change it.",
                        name=amendment.name,
                    )
                )

    def _schedule_answer(self):
        user = self.contract_id._get_alert_user()
        if user:
            own = self.with_context(lang=user.lang)
            own.activity_schedule(
                ACTIVITY, summary=self.env._("Answer the customer's request"), note=own.summary, user_id=user.id
            )

    def _close_activities(self):
        self.activity_unlink([ACTIVITY])

    def _notify_staff(self, text):
        user = self.contract_id._get_alert_user()
        self.message_post(body=text, partner_ids=user.partner_id.ids, subtype_xmlid="mail.mt_note")

    def _describe_for_customer(self):
        """Return in one sentence, as the customer reads it, how far the amendment is."""
        self.ensure_one()
        day = format_date(self.env, self.date_effective)
        sentences = {
            "requested": self.env._("You have asked for this. We answer soon."),
            "offered": self.env._("We propose this. Look at it and sign."),
            "agreed": self.env._("Agreed. It holds from %(day)s.", day=day),
            "applied": self.env._("It holds since %(day)s.", day=day),
            "declined": self.env._("Declined."),
            "withdrawn": self.env._("Taken back."),
        }
        sentence = sentences.get(self.state, "")
        return f"{sentence} {self.decline_reason}" if self.state == "declined" and self.decline_reason else sentence

    def _get_customer_contact(self):
        """Return whom to write to: who asked, else the customer's first address."""
        self.ensure_one()
        asked = self.requested_by_id
        return asked if asked.email else self.contract_id._get_alert_recipient()

    def _mail(self, template_xmlid):
        """Write to the customers in their language, on the contract, where they can read it later."""
        template = self.env.ref(template_xmlid, raise_if_not_found=False)
        for amendment in self:
            recipient = amendment._get_customer_contact()
            if template and recipient:
                template_sudo, own = template.sudo(), amendment.sudo()  # the customer's own action sends it, too
                contract = own.contract_id
                author = contract._get_alert_user().partner_id or contract.company_id.partner_id
                contract._post_template(template_sudo, own, recipient, author)
