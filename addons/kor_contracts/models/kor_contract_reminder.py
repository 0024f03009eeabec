from odoo import fields, models


class KorContractReminder(models.Model):
    """A mail about a deadline, written down so that it is sent once."""

    _name = "kor.contract.reminder"
    _description = "Renewal Reminder"
    _order = "date_sent desc, id desc"
    _rec_name = "date_deadline"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    date_deadline = fields.Date(string="Deadline", required=True, readonly=True)
    days = fields.Integer(string="Days Before", required=True, readonly=True)
    date_sent = fields.Date(string="Sent on", required=True, readonly=True)

    _deadline_unique = models.UniqueIndex(
        "(contract_id, date_deadline, days)", "This reminder of the contract is sent already."
    )
