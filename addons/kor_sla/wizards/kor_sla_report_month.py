from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError


class KorSlaReportMonth(models.TransientModel):
    """Make the reports of a month by hand, for contracts that have none of it yet."""

    _name = "kor.sla.report.month"
    _description = "Reports of a Month"

    month = fields.Date(
        required=True,
        default=lambda self: fields.Date.context_today(self).replace(day=1) - timedelta(days=1),
        help="Any day of the month.",
    )
    contract_ids = fields.Many2many("kor.contract", string="Only These Contracts", help="Empty: all.")

    def action_make(self):
        """Make drafts of the month's reports.

        :return: a window action on the reports of the month
        """
        self.ensure_one()
        report_model = self.env["kor.sla.report"]
        report_model._check_is_manager()
        month = fields.Date.start_of(self.month, "month")
        contracts = report_model._get_contracts_to_report(month)
        if self.contract_ids:
            contracts &= self.contract_ids
        made = report_model.sudo()._make(contracts.sudo(), month)  # reports are written by their own engine only
        found = report_model.search([("month", "=", month), ("is_current", "=", True)])
        if not made and not found:
            raise UserError(
                self.env._(
                    "No contract has a report of %(month)s: the month is not over, or nothing was promised in it.",
                    month=month.strftime("%Y-%m"),
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.kor_sla_report_action")
        return {**action, "domain": [("month", "=", month)], "context": {"search_default_current": 1}}
