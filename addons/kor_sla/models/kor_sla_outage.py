from odoo import fields, models


class KorSlaOutage(models.Model):
    """An interval in which a service was not as it should be."""

    _name = "kor.sla.outage"
    _inherit = ["kor.input.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Outage"
    _order = "date_start desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, help="What customers read about it.")
    service_id = fields.Many2one("kor.sla.service", required=True, index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, index=True)
    contract_ids = fields.Many2many(
        "kor.contract", string="Only for", help="Contracts that it touched. Empty: all that rest on the service."
    )
    state = fields.Selection(
        [("down", "Down"), ("degraded", "Degraded"), ("maintenance", "Maintenance"), ("unknown", "Unknown")],
        required=True,
        default="down",
        tracking=True,
    )
    weight = fields.Float(
        default=1.0, digits=(16, 4), help="Of degraded service: the share of its time that counts as down."
    )
    date_start = fields.Datetime(required=True, default=fields.Datetime.now, index=True, tracking=True)
    date_end = fields.Datetime(index=True, tracking=True, help="Empty: it goes on.")
    date_announced = fields.Datetime(help="When customers were told of maintenance.")
    is_excluded = fields.Boolean(
        string="Excluded", tracking=True, help="Counts for nothing, such as where the customer caused it."
    )
    exclusion_reason = fields.Text()
    cause = fields.Text(help="For customers, once it is known.")
    note = fields.Text(help="For staff.")
