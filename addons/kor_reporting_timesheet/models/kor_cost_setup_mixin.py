from odoo import fields, models


class KorCostSetupMixin(models.AbstractModel):
    _inherit = "kor.cost.setup.mixin"

    source = fields.Selection(
        selection_add=[("timesheet", "Timesheets"), ("ticket", "Time on tickets")],
        ondelete={"timesheet": "set default", "ticket": "set default"},
    )
    method = fields.Selection(selection_add=[("minutes", "Support minutes")], ondelete={"minutes": "set default"})
    project_ids = fields.Many2many("project.project", string="Projects", help="Empty: all of them.")
    department_ids = fields.Many2many("hr.department", string="Departments", help="Of the employees. Empty: all.")
    hour_cost = fields.Monetary(
        string="Cost of an Hour",
        currency_field="company_currency_id",
        help="0: what the hourly cost of each employee makes of the timesheets.",
    )

    _hour_cost_not_negative = models.Constraint("CHECK (hour_cost >= 0)", "An hour costs 0 or more.")
