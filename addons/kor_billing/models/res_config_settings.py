from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_invoice_posting = fields.Selection(related="company_id.kor_invoice_posting", readonly=False)
    kor_credit_minimum = fields.Float(related="company_id.kor_credit_minimum", readonly=False)
    kor_grace_days = fields.Integer(related="company_id.kor_grace_days", readonly=False)
    kor_join_invoices = fields.Boolean(related="company_id.kor_join_invoices", readonly=False)
    kor_order_required = fields.Boolean(related="company_id.kor_order_required", readonly=False)
    kor_bound_lines = fields.Integer(related="company_id.kor_bound_lines", readonly=False)
    kor_bound_days = fields.Integer(related="company_id.kor_bound_days", readonly=False)
    kor_bound_factor = fields.Float(related="company_id.kor_bound_factor", readonly=False)
    kor_prepaid_account_id = fields.Many2one(related="company_id.kor_prepaid_account_id", readonly=False)
    kor_prepaid_product_id = fields.Many2one(related="company_id.kor_prepaid_product_id", readonly=False)
    kor_auto_charge = fields.Boolean(related="company_id.kor_auto_charge", readonly=False)
    kor_retry_days = fields.Char(related="company_id.kor_retry_days", readonly=False)
    kor_decline_mail = fields.Boolean(related="company_id.kor_decline_mail", readonly=False)
    kor_dunning = fields.Boolean(related="company_id.kor_dunning", readonly=False)
    kor_finance_user_id = fields.Many2one(related="company_id.kor_finance_user_id", readonly=False)
