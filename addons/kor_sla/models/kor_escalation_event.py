from odoo import fields, models


class KorEscalationEvent(models.Model):
    """A warning that was given, a breach that was said, somebody who was called in: each once per clock."""

    _name = "kor.escalation.event"
    _description = "Escalation"
    _order = "date desc, id desc"
    _rec_name = "clock_id"

    clock_id = fields.Many2one("kor.sla.clock", required=True, index=True, ondelete="cascade")
    task_id = fields.Many2one(related="clock_id.task_id", store=True, index=True)
    clock_kind = fields.Selection(related="clock_id.kind", string="Promise")
    company_id = fields.Many2one(related="clock_id.company_id", store=True, index=True)
    percent = fields.Integer(string="Used (%)", required=True, aggregator=None)
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    step_id = fields.Many2one("kor.escalation.step", index="btree_not_null", ondelete="set null")
    receiver = fields.Char(help="Who was told. Empty: the ticket's followers by a note.")

    _once = models.UniqueIndex(
        "(clock_id, percent, COALESCE(step_id, 0))", "This warning has been given for the clock already."
    )
