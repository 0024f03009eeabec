from odoo import fields, models


class KorCounterAnswer(models.Model):
    """What we decided about a counter-offer. The customer learns of it once the new version is sent.

    Staff only: a version that is not approved yet must not be promised.
    """

    _name = "kor.counter.answer"
    _description = "Answer to a Counter-Offer"
    _order = "id desc"
    _rec_name = "offer_id"

    offer_id = fields.Many2one("kor.counter.offer", required=True, readonly=True, index=True, ondelete="cascade")
    negotiation_id = fields.Many2one(related="offer_id.negotiation_id", store=True, index=True)
    company_id = fields.Many2one(related="offer_id.company_id", store=True)
    decision = fields.Selection(
        [("accept", "Accept"), ("counter", "Counter"), ("decline", "Decline")], required=True, readonly=True
    )
    terms = fields.Json(readonly=True, help="What we offer: what was asked, or something between.")
    note = fields.Text(readonly=True, help="The customer reads it.")
    internal_note = fields.Text(readonly=True)
    user_id = fields.Many2one("res.users", string="Answered by", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    order_id = fields.Many2one("sale.order", string="New Version", readonly=True, ondelete="set null")
    state = fields.Selection(
        [("prepared", "Prepared"), ("given", "Given"), ("taken_back", "Taken Back")],
        required=True,
        readonly=True,
        default="prepared",
    )

    _one_answer = models.UniqueIndex(
        "(offer_id) WHERE state != 'taken_back'", "Somebody else has answered this counter-offer already."
    )

    def _give(self, order):
        """Make the answers facts that the customer sees."""
        states = {"accept": "accepted", "counter": "countered", "decline": "declined"}
        for answer in self:
            answer.offer_id.write(
                {
                    "state": states[answer.decision],
                    "answered": answer.terms if answer.decision == "counter" else False,
                    "answer_note": answer.note,
                    "answered_by_id": answer.user_id.id,
                    "date_answered": fields.Datetime.now(),
                    "answer_order_id": False if answer.decision == "decline" else order.id,
                }
            )
        self.write({"state": "given"})
