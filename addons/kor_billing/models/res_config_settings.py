from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_invoice_posting = fields.Selection(related="company_id.kor_invoice_posting", readonly=False)
