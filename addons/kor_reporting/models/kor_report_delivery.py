from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import read_whole_number

# For how many days files are kept that were sent; 0: for ever.
KEPT_PARAMETER = "kor_reporting.delivery_days"
GC_LIMIT = 1000


class KorReportDelivery(models.Model):
    """What became of a scheduled report for one recipient and date: there is one record of it, ever."""

    _name = "kor.report.delivery"
    _description = "Delivery of a Scheduled Report"
    _order = "date desc, id desc"
    _rec_name = "schedule_id"

    schedule_id = fields.Many2one("kor.report.schedule", required=True, readonly=True, index=True, ondelete="cascade")
    date = fields.Date(required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Recipient", required=True, readonly=True, index=True, ondelete="cascade"
    )
    period = fields.Char(readonly=True)
    state = fields.Selection([("sent", "Sent"), ("refused", "Not sent")], required=True, readonly=True)
    reason = fields.Char(readonly=True, help="Why it was not sent.")
    attachment_id = fields.Many2one("ir.attachment", string="File", readonly=True)
    company_id = fields.Many2one(related="schedule_id.company_id", store=True)

    _once = models.UniqueIndex(
        "(schedule_id, date, user_id)", "This recipient has the report of this date already: it is not sent twice."
    )

    @api.model
    def _record(self, schedule, user, date, made):
        """Put a file on its way with the record that it is, or record why there is none.

        :param made: {"period"} with {"name", "content"} or {"reason"}
        """
        delivery = self.sudo().create(  # nobody writes what was sent; people read it
            {
                "schedule_id": schedule.id,
                "date": date,
                "user_id": user.id,
                "period": made["period"],
                "state": "refused" if "reason" in made else "sent",
                "reason": made.get("reason"),
            }
        )
        if delivery.state == "sent":
            attachments_sudo = self.env["ir.attachment"].sudo()  # kept with the delivery, and read by who reads that
            delivery.attachment_id = attachments_sudo.create(
                {"name": made["name"], "raw": made["content"], "res_model": self._name, "res_id": delivery.id}
            )
            delivery._mail()
        return delivery

    def _mail(self):
        """Queue the mail with the file; the queue sends it after the commit, and only once."""
        template = self.env.ref("kor_reporting.mail_template_report_delivery")
        template.send_mail(
            self.id,
            email_layout_xmlid="mail.mail_notification_light",
            email_values={"attachment_ids": [fields.Command.link(self.attachment_id.id)]},
        )
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action", raise_if_not_found=False)
        if queue:
            queue._trigger()

    def action_open_file(self):
        """Download the file that was sent.

        :return: a URL action
        """
        self.ensure_one()
        self.check_access("read")
        if self.state == "refused":
            raise UserError(self.env._("Nothing was sent: %(reason)s", reason=self.reason))
        if not self.attachment_id:
            raise UserError(
                self.env._("The file is not kept any more. Make the report of %(period)s again.", period=self.period)
            )
        return {"type": "ir.actions.act_url", "url": f"/web/content/{self.attachment_id.id}?download=true"}

    @api.autovacuum
    def _gc_files(self):
        """Let go of files that were sent longer ago than they are wanted; that they were sent stays known."""
        days = read_whole_number(self.env, KEPT_PARAMETER, 0)
        if days:
            before = fields.Date.subtract(fields.Date.context_today(self), days=days)
            domain = [("attachment_id", "!=", False), ("date", "<", before)]
            self.search(domain, order="id", limit=GC_LIMIT).attachment_id.unlink()
