from odoo import fields, models


class KorSlaPauseReason(models.Model):
    """Why a clock stands still."""

    _name = "kor.sla.pause.reason"
    _inherit = ["kor.code.mixin", "kor.input.mixin"]
    _description = "Reason for a Pause"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="Technical name that other systems use.")
    pauses_response = fields.Boolean(
        help="Also the time of the first response stands still. Otherwise a pause before it costs that time."
    )
    needs_evidence = fields.Boolean(help="Whoever pauses has to say what shows it.")
    resumes_on_reply = fields.Boolean(help="The clock goes on when the customer writes.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint("UNIQUE (code)", "Another reason already has this code.")
