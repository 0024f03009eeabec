from odoo import api, fields, models
from odoo.exceptions import UserError

from ..groups import STAFF

# What may be written once: the answer, or that it is taken back.
ANSWER_FIELDS = {"state", "answered", "answer_note", "answered_by_id", "date_answered", "answer_order_id"}


class KorCounterOffer(models.Model):
    """One thing that the customer asks to have otherwise, and what became of it.

    It is written by what happens only: asked once, answered or withdrawn once, never edited.
    """

    _name = "kor.counter.offer"
    _inherit = ["kor.counter.offer.terms"]
    _description = "Counter-Offer"
    _order = "negotiation_id desc, number desc, id"

    round_id = fields.Many2one(
        "kor.negotiation.round", string="Part of", required=True, readonly=True, index=True, ondelete="cascade"
    )
    negotiation_id = fields.Many2one(related="round_id.negotiation_id", store=True, index=True)
    number = fields.Integer(related="round_id.number", string="Round", store=True)
    company_id = fields.Many2one(related="round_id.company_id", store=True)
    order_id = fields.Many2one(related="round_id.order_id", string="Version Countered", store=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    area = fields.Selection(
        [
            ("pricing", "Pricing"),
            ("terms", "Terms"),
            ("features", "Features"),
            ("sla", "SLA"),
            ("support", "Support"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    line_id = fields.Many2one(
        "sale.order.line", string="Line", readonly=True, ondelete="set null", help="Empty: for the whole proposal."
    )
    subject = fields.Char(readonly=True, help="The line's name as it was, or empty.")
    was = fields.Json(string="Terms Before", readonly=True)
    asked = fields.Json(string="Terms Asked", readonly=True)
    was_text = fields.Char(string="Was", compute="_compute_texts")
    asked_text = fields.Char(string="Asked", compute="_compute_texts")
    answered_text = fields.Char(string="Our Offer", compute="_compute_texts")
    reason = fields.Text(readonly=True, help="Why the customer asks for it.")
    author_id = fields.Many2one("res.partner", string="Asked by", required=True, readonly=True, ondelete="restrict")
    date_asked = fields.Datetime(string="Asked on", required=True, readonly=True, default=fields.Datetime.now)
    state = fields.Selection(
        [
            ("open", "Open"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
            ("countered", "Countered"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    answered = fields.Json(string="Terms Answered", readonly=True)
    answer_note = fields.Text(string="Why", readonly=True, help="What the customer was told.")
    answered_by_id = fields.Many2one("res.users", string="Answered by", readonly=True, ondelete="restrict")
    date_answered = fields.Datetime(string="Answered on", readonly=True)
    answer_order_id = fields.Many2one("sale.order", string="New Version", readonly=True, ondelete="restrict")
    answer_ids = fields.One2many("kor.counter.answer", "offer_id", string="Answers", groups=STAFF)
    effect = fields.Json(readonly=True, groups=STAFF, help="The figures before, and if it were accepted alone.")
    effect_mrr = fields.Monetary(string="MRR Change", readonly=True, groups=STAFF)
    effect_arr = fields.Monetary(string="ARR Change", readonly=True, groups=STAFF)
    effect_tcv = fields.Monetary(string="TCV Change", readonly=True, groups=STAFF)
    effect_margin = fields.Monetary(string="Margin Change", readonly=True, groups=STAFF)
    effect_discount = fields.Float(string="Discount Change (points)", readonly=True, groups=STAFF)

    _answer_has_date = models.Constraint("CHECK (state = 'open' OR date_answered IS NOT NULL)", "An answer has a date.")

    @api.depends("was", "asked", "answered", "order_id")
    @api.depends_context("lang")
    def _compute_texts(self):
        for offer in self:
            for name in ("was", "asked", "answered"):
                offer[f"{name}_text"] = offer._describe_terms(offer[name], offer.currency_id)

    @api.depends("area", "subject")
    @api.depends_context("lang")
    def _compute_display_name(self):
        areas = dict(self._fields["area"]._description_selection(self.env))
        for offer in self:
            area = areas.get(offer.area, "")
            offer.display_name = f"{area}: {offer.subject}" if offer.subject else area

    def write(self, vals):
        """Refuse what would change a fact: an offer is answered or withdrawn once."""
        if set(vals) - ANSWER_FIELDS or any(offer.state != "open" for offer in self):
            raise UserError(
                self.env._("What was asked and answered is not changed. Ask or answer anew in the next round.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was asked and answered is kept."))

    def _keep_effect(self, values):
        """Keep the effect beside a new offer: it is computed from the stored one, before anybody answers."""
        self.ensure_one()
        return super().write(values)  # pylint: disable=super-method-mismatch

    def _get_lines(self):
        """Return the lines that the offer is about: one, or all of the version."""
        return self.line_id or self.order_id._kor_negotiable_lines()
