from odoo import api, fields, models
from odoo.fields import Command

KINDS = [("warning", "Scarce"), ("full", "Full"), ("over_contracted", "More than contracted")]
TOLD_CUSTOMERS = ("warning", "full")


class KorInfrastructureWarning(models.Model):
    """An episode in which a resource was scarce, full, or beyond what was agreed. Written by resources only."""

    _name = "kor.infrastructure.warning"
    _description = "Capacity Warning"
    _order = "date_start desc, id desc"
    _rec_name = "resource_id"

    resource_id = fields.Many2one(
        "kor.infrastructure.resource", required=True, readonly=True, index=True, ondelete="cascade"
    )
    infrastructure_id = fields.Many2one(related="resource_id.infrastructure_id", store=True, index=True)
    partner_id = fields.Many2one(related="resource_id.partner_id", store=True, string="Customer")
    company_id = fields.Many2one(related="resource_id.company_id", store=True, index=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    date_start = fields.Datetime(string="From", required=True, readonly=True, default=fields.Datetime.now)
    date_end = fields.Datetime(string="To", readonly=True, help="Empty: it goes on.")
    used = fields.Float(digits=(20, 6), readonly=True, aggregator=False, help="When it began.")
    allocated = fields.Float(digits=(20, 6), readonly=True, aggregator=False, help="When it began.")
    contracted = fields.Float(digits=(20, 6), readonly=True, aggregator=False, help="When it began.")
    activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null", index="btree_not_null")
    is_running = fields.Boolean(compute="_compute_is_running")

    _running_unique = models.UniqueIndex("(resource_id, kind) WHERE date_end IS NULL", "This is warned of already.")

    @api.depends("date_end")
    def _compute_is_running(self):
        for warning in self:
            warning.is_running = not warning.date_end

    def _tell(self):
        """Tell the owner, and the customer where that is agreed."""
        for warning in self:
            infrastructure = warning.infrastructure_id
            if infrastructure.user_id:
                warning.activity_id = infrastructure.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=warning._describe(),
                    user_id=infrastructure.user_id.id,
                )
            if infrastructure.is_customer_warned and warning.kind in TOLD_CUSTOMERS:
                warning._mail_customer()

    def _end(self):
        """Note that the episodes are over, and take what was to be done off the owner's list."""
        if not self:
            return
        self.write({"date_end": fields.Datetime.now()})
        for activity in self.activity_id:
            activity.action_feedback(feedback=self.env._("It is below the threshold again."))

    def _mail_customer(self):
        template = self.env.ref("kor_integrations.mail_template_infrastructure_warning", raise_if_not_found=False)
        recipient = self.infrastructure_id._get_contact()
        if template and recipient.email:
            template.with_context(lang=recipient.lang or self.env.lang).send_mail(
                self.id, email_values={"recipient_ids": [Command.set(recipient.ids)], "email_to": False}
            )

    def _describe(self):
        """Return in one sentence what is the matter."""
        self.ensure_one()
        resource = self.resource_id
        numbers = {
            "name": resource.display_name,
            "unit": resource.unit,
            "used": f"{self.used:,g}",
            "allocated": f"{self.allocated:,g}",
            "contracted": f"{self.contracted:,g}",
        }
        if self.kind == "over_contracted":
            return self.env._(
                "%(name)s: %(allocated)s %(unit)s are allocated, %(contracted)s are contracted", **numbers
            )
        if self.kind == "full":
            return self.env._("%(name)s is full: %(used)s of %(allocated)s %(unit)s are used", **numbers)
        return self.env._("%(name)s gets scarce: %(used)s of %(allocated)s %(unit)s are used", **numbers)
