from odoo import fields, models

from .kor_counter_offer_terms import is_same


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
        """Make the answers facts that the customer sees.

        The draft may have been changed after the answer, such as by who approves it: what was sent counts.
        """
        states = {"accept": "accepted", "counter": "countered", "decline": "declined"}
        for answer in self:
            sent = answer._get_sent_terms(order)
            state = "countered" if sent else states[answer.decision]
            answer.offer_id.write(
                {
                    "state": state,
                    "answered": {**answer.terms, **sent} if state == "countered" else False,
                    "answer_note": answer.note,
                    "answered_by_id": answer.user_id.id,
                    "date_answered": fields.Datetime.now(),
                    "answer_order_id": False if state == "declined" else order.id,
                }
            )
        self.write({"state": "given"})

    def _get_sent_terms(self, order):
        """Return the terms in which the version that was sent differs from the answer."""
        offer = self.offer_id
        if self.decision == "decline":
            return {}
        lines = order._kor_match_line(offer.line_id) if offer.line_id else order._kor_negotiable_lines()
        differing = {}
        for line in lines or [lines]:
            current = offer._get_current_terms(order, line, self.terms)
            differing |= {name: value for name, value in current.items() if not is_same(value, self.terms[name])}
        return differing
