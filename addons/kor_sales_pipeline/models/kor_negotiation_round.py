from odoo import api, fields, models
from odoo.exceptions import UserError

from ..groups import STAFF


class KorNegotiationRound(models.Model):
    """One version of the proposal as the customer got it, and what was said to it."""

    _name = "kor.negotiation.round"
    _description = "Round of a Negotiation"
    _order = "negotiation_id, number"

    negotiation_id = fields.Many2one("kor.negotiation", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="negotiation_id.company_id", store=True)
    number = fields.Integer(required=True, readonly=True)
    order_id = fields.Many2one(
        "sale.order", string="Our Proposal", required=True, readonly=True, index=True, ondelete="restrict"
    )
    version = fields.Integer(readonly=True)
    date_proposed = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    offer_ids = fields.One2many("kor.counter.offer", "round_id", string="Counter-Offers")
    figures = fields.Json(readonly=True, groups=STAFF, help="The figures of our proposal.")
    figures_asked = fields.Json(
        readonly=True,
        groups=STAFF,
        help="The figures if everything were accepted that waits for an answer.",
    )

    _number_unique = models.UniqueIndex("(negotiation_id, number)", "Each round of a negotiation has its own number.")

    @api.depends("number")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for record in self:
            record.display_name = self.env._("Round %(number)s", number=record.number)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was proposed is kept."))
