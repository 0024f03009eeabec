from odoo import api, fields, models

from ..models.kor_counter_offer_terms import AREA_TERMS, is_same

TERMS = ("price_unit", "quantity", "discount", "term_months", "uptime_target", "support_level", "text")


class KorNegotiationReplyLine(models.TransientModel):
    """One counter-offer in the dialog, with our decision about it."""

    _name = "kor.negotiation.reply.line"
    _description = "Answer to One Counter-Offer"

    reply_id = fields.Many2one("kor.negotiation.reply", required=True, index=True, ondelete="cascade")
    offer_id = fields.Many2one("kor.counter.offer", required=True, readonly=True, ondelete="cascade")
    area = fields.Selection(related="offer_id.area")
    has_line = fields.Boolean(compute="_compute_has_line")
    was_text = fields.Char(related="offer_id.was_text")
    asked_text = fields.Char(related="offer_id.asked_text")
    reason = fields.Text(related="offer_id.reason")
    effect_text = fields.Char(string="Effect Alone", compute="_compute_effect_text")
    decision = fields.Selection([("accept", "Accept"), ("counter", "Counter"), ("decline", "Decline")], required=True)
    price_unit = fields.Float(string="Our Unit Price", digits=(16, 8), min_display_digits=2)
    quantity = fields.Float(string="Our Quantity", digits=(16, 6), min_display_digits=2)
    discount = fields.Float(string="Our Discount (%)")
    term_months = fields.Integer(string="Our Term (months)")
    uptime_target = fields.Float(string="Our Uptime (%)", digits=(16, 4))
    support_level = fields.Many2one("kor.support.level", string="Our Support Level")
    text = fields.Text(string="Our Words", help="What we offer where it is not a figure.")
    ours_text = fields.Char(string="Our Offer", compute="_compute_ours_text")
    note = fields.Text(string="Why", help="The customer reads it. Needed where you decline.")
    internal_note = fields.Text(help="The customer never sees it.")

    @api.depends("offer_id")
    def _compute_has_line(self):
        for line in self:
            line.has_line = bool(line.offer_id.line_id)

    @api.depends("offer_id")
    def _compute_effect_text(self):
        for line in self:
            negotiation = line.offer_id.negotiation_id
            line.effect_text = negotiation._describe_effect(line.offer_id.effect) if negotiation else ""

    @api.depends("decision", *TERMS)
    def _compute_ours_text(self):
        for line in self:
            terms = line._get_terms() if line.decision == "counter" else {}
            line.ours_text = line.offer_id._describe_terms(terms, line.offer_id.currency_id)

    def _get_initial_values(self, offer):
        """Return the values of a line that begins with what the version says."""
        current = self._get_current(offer)
        return {"offer_id": offer.id, "decision": "accept", **{name: value or False for name, value in current.items()}}

    def _get_current(self, offer):
        """Return what the version says in the area of the counter-offer."""
        names = [name for name in AREA_TERMS[offer.area] if name in TERMS and name != "text"]
        return offer._get_current_terms(offer.order_id, offer.line_id, names)

    def _get_terms(self):
        """Return our terms: those that were asked for, what else differs from the version, and our words."""
        current = self._get_current(self.offer_id)
        terms = {"text": self.text.strip()} if self.text and self.text.strip() else {}
        for name in AREA_TERMS[self.area]:
            if name not in TERMS or name == "text":
                continue
            value = self.support_level.id if name == "support_level" else self[name]
            if name in self.offer_id.asked or not is_same(current.get(name, 0), value):
                terms[name] = value
        return terms

    def _get_plain(self):
        """Return the answer as the negotiation takes it."""
        terms = self._get_terms() if self.decision == "counter" else {}
        return {
            "offer": self.offer_id.id,
            "decision": self.decision,
            "note": self.note or "",
            "internal_note": self.internal_note or "",
            **terms,
        }
