from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import format_datetime


class KorSlaOutageAnnounceMixin(models.AbstractModel):
    """Tell customers of planned maintenance: from then on its notice runs."""

    _name = "kor.sla.outage.announce.mixin"
    _description = "Announcement of Maintenance"

    date_announced = fields.Datetime(
        string="Announced",
        tracking=True,
        copy=False,
        help="When customers were told of maintenance. Without it, or with less notice than agreed with a customer, "
        "maintenance counts as downtime.",
    )

    @api.constrains("date_announced", "state")
    def _check_announcement(self):
        # The clock of another server can be a little ahead.
        soon = fields.Datetime.add(fields.Datetime.now(), minutes=5)
        for outage in self.filtered("date_announced"):
            if outage.state != "maintenance":
                raise ValidationError(
                    self.env._("Only maintenance is announced; “%(outage)s” is none.", outage=outage.name)
                )
            if outage.date_announced > soon:
                raise ValidationError(
                    self.env._(
                        "The announcement of “%(outage)s” lies in the future: write when customers were told.",
                        outage=outage.name,
                    )
                )

    def action_announce(self):
        """Tell the customers concerned of planned maintenance by mail.

        :return: True
        """
        self.check_access("write")
        for outage in self:
            outage._check_can_announce()
        self.write({"date_announced": fields.Datetime.now()})
        for outage in self:
            outage._mail_announcement()
        return True

    def _check_can_announce(self):
        self.ensure_one()
        if self.state != "maintenance":
            raise UserError(self.env._("Only maintenance is announced; “%(outage)s” is none.", outage=self.name))
        if self.date_announced:
            date = format_datetime(self.env, self.date_announced)
            raise UserError(self.env._("“%(outage)s” was announced on %(date)s.", outage=self.name, date=date))
        if not self.date_end:
            raise UserError(self.env._("Say until when “%(outage)s” takes: customers want to know.", outage=self.name))
        if self.phase == "over":
            raise UserError(self.env._("“%(outage)s” is over: it cannot be announced any more.", outage=self.name))

    def _get_touched_contracts(self):
        """Return the running contracts that the outage touches."""
        self.ensure_one()
        domain = [("state", "in", ("active", "paused"))]
        if self.company_id:
            domain.append(("company_id", "=", self.company_id.id))
        contracts = self.env["kor.contract"].sudo().search(domain)  # an agent announces to customers of all colleagues
        return contracts.filtered(self._touches)

    def _mail_announcement(self):
        template = self.env.ref("kor_sla.mail_template_maintenance", raise_if_not_found=False)
        contracts = self._get_touched_contracts()
        if not template:
            return
        mailed = self.env["res.partner"]
        for contract in contracts:
            recipient = contract._get_alert_recipient()
            if recipient and recipient not in mailed:
                mailed |= recipient
                # A customer sees the times in the contract's own time zone.
                template.with_context(kor_tz=contract.tz, lang=recipient.lang or self.env.lang).send_mail(
                    self.id,
                    email_values={"recipient_ids": [Command.set(recipient.ids)], "email_to": False},
                )
        names = ", ".join(mailed.mapped("display_name"))
        self.message_post(
            body=self.env._("Announced to %(count)s customers: %(names)s", count=len(mailed), names=names or "–")
        )

    def _format_times(self, tz=None):
        """Return from when to when, in the time zone of the reader."""
        self.ensure_one()
        tz = tz or self.env.context.get("kor_tz") or self.env.user.tz or "UTC"
        day = self.env["ir.qweb.field.datetime"]
        texts = [
            day.value_to_html(moment, {"tz_name": tz, "format": "medium"}) if moment else ""
            for moment in (self.date_start, self.date_end)
        ]
        return f"{texts[0]} – {texts[1]} ({tz})"
