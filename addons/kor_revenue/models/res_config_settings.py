from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_liability_account_id = fields.Many2one(related="company_id.kor_liability_account_id", readonly=False)
    kor_asset_account_id = fields.Many2one(related="company_id.kor_asset_account_id", readonly=False)
    kor_unbilled_account_id = fields.Many2one(related="company_id.kor_unbilled_account_id", readonly=False)
    kor_commission_account_id = fields.Many2one(related="company_id.kor_commission_account_id", readonly=False)
    kor_commission_credit_account_id = fields.Many2one(
        related="company_id.kor_commission_credit_account_id", readonly=False
    )
    kor_commission_expense_account_id = fields.Many2one(
        related="company_id.kor_commission_expense_account_id", readonly=False
    )
    kor_breakage_account_id = fields.Many2one(related="company_id.kor_breakage_account_id", readonly=False)
    kor_cost_months = fields.Integer(related="company_id.kor_cost_months", readonly=False)
    kor_expense_short_costs = fields.Boolean(related="company_id.kor_expense_short_costs", readonly=False)
    kor_revenue_journal_id = fields.Many2one(related="company_id.kor_revenue_journal_id", readonly=False)
    kor_revenue_grouping = fields.Selection(related="company_id.kor_revenue_grouping", readonly=False, required=True)
    kor_revenue_method = fields.Selection(related="company_id.kor_revenue_method", readonly=False, required=True)
    kor_revenue_rounding = fields.Selection(related="company_id.kor_revenue_rounding", readonly=False, required=True)
    kor_standalone_tolerance = fields.Float(related="company_id.kor_standalone_tolerance", readonly=False)

    def action_kor_setup_revenue(self):
        """Choose, or make, what revenue recognition of the company books on.

        :return: an action that shows the settings anew
        """
        self.company_id.action_kor_setup_revenue()
        return {"type": "ir.actions.client", "tag": "reload"}
