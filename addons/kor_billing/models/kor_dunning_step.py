from odoo import api, fields, models

from ..engine.collection import Step

SERVICE_EFFECTS = [("none", "None"), ("limited", "Limited service"), ("suspended", "Suspended service")]


class KorDunningStep(models.Model):
    """What happens so many days after the due date of an invoice that stays open."""

    _name = "kor.dunning.step"
    _inherit = ["kor.input.mixin"]
    _description = "Dunning Step"
    _order = "company_id, days, sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: for every company that has no steps of its own."
    )
    days = fields.Integer(
        string="Days after Due", required=True, help="Each invoice comes to the step once, that long after it was due."
    )
    mail_template_id = fields.Many2one(
        "mail.template",
        string="Mail",
        domain=[("model", "=", "kor.dunning.event")],
        ondelete="restrict",
        help="Sent to the customer, once for all invoices of a contract that come to the step together.",
    )
    activity_for = fields.Selection(
        [("manager", "Account manager"), ("finance", "Finance")], string="Activity for", help="Empty: nobody."
    )
    service_effect = fields.Selection(
        SERVICE_EFFECTS,
        required=True,
        default="none",
        help="What other systems are told about the customer's service, until the invoice is paid.",
    )

    _days_range = models.Constraint(
        "CHECK (days >= 0 AND days <= 3650)", "A dunning step comes 0 to 3650 days after the due date."
    )

    @api.model
    def _get_by_company(self, companies):
        """Return the steps of each company: its own ones, else the shared ones."""
        found = self.search([("company_id", "in", [False, *companies.ids])]).grouped("company_id")
        shared = found.get(self.env["res.company"], self.browse())
        return {company: found.get(company, shared) for company in companies}

    def _get_engine_steps(self):
        # The engine takes the first of those that come on the same day.
        return [Step(step.id, step.days) for step in self.sorted(lambda one: (one.days, one.sequence, one.id))]
