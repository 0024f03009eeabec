from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_portal_self_service = fields.Boolean(
        string="More Seats at Once",
        help="More seats that a customer signs for on the contract's page hold at once. "
        "Everything else that customers ask for waits for staff.",
    )
