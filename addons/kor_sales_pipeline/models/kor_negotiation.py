from odoo import api, fields, models
from odoo.exceptions import UserError

from ..groups import STAFF

# What happens writes these; people do not.
WRITTEN_BY_MOVES = {
    "name", "lead_id", "partner_id", "company_id", "state", "moves", "waiting_since", "date_reminded", "date_closed",
    "agreed_by_id", "break_reason", "round_ids", "offer_ids", "answer_ids", "currency_id", "mrr", "arr", "tcv",
    "arr_change", "discount_percent", "margin_percent",
}  # fmt: skip


class KorNegotiation(models.Model):
    """What we proposed and what the customer asked for instead, round by round, until both agree.

    Rounds, counter-offers and answers are facts: `counter`, `answer` and the sending of a new version add to them.
    """

    _name = "kor.negotiation"
    _inherit = [
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "kor.negotiation.move.mixin",
        "kor.negotiation.answer.mixin",
        "kor.negotiation.history.mixin",
        "kor.negotiation.reminder.mixin",
    ]
    _description = "Negotiation"
    _order = "state_order, waiting_since, id"
    _mail_post_access = "read"
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True, copy=False)
    lead_id = fields.Many2one(
        "crm.lead",
        string="Opportunity",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        groups=STAFF,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index=True, ondelete="restrict", tracking=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    user_id = fields.Many2one(related="lead_id.user_id", string="Seller", store=True, index=True, related_sudo=True)
    currency_id = fields.Many2one("res.currency", readonly=True, ondelete="restrict")
    state = fields.Selection(
        [
            ("waiting_us", "Waiting for us"),
            ("waiting_them", "Waiting for them"),
            ("open", "Open"),
            ("agreed", "Agreed"),
            ("broken_off", "Broken off"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
        copy=False,
        group_expand=True,
        help="Open: no proposal has been sent yet.",
    )
    state_order = fields.Integer(compute="_compute_state_order", store=True, index=True)
    round_ids = fields.One2many("kor.negotiation.round", "negotiation_id", string="Rounds", readonly=True)
    offer_ids = fields.One2many("kor.counter.offer", "negotiation_id", string="Counter-Offers", readonly=True)
    answer_ids = fields.One2many("kor.counter.answer", "negotiation_id", readonly=True, groups=STAFF)
    round_count = fields.Integer(compute="_compute_counts", store=True)
    open_offer_count = fields.Integer(string="To Answer", compute="_compute_counts", store=True)
    order_id = fields.Many2one(
        "sale.order", string="Newest Proposal", compute="_compute_counts", store=True, index="btree_not_null"
    )
    next_order_id = fields.Many2one(
        "sale.order",
        string="Next Version",
        compute="_compute_next_order",
        groups=STAFF,
        help="Prepared by our answer. The customer learns of the answer when it is sent.",
    )
    waiting_since = fields.Datetime(readonly=True, copy=False, default=fields.Datetime.now)
    date_reminded = fields.Datetime(readonly=True, copy=False, groups=STAFF)
    date_closed = fields.Datetime(string="Closed on", readonly=True, copy=False)
    agreed_by_id = fields.Many2one("res.partner", string="Agreed by", readonly=True, ondelete="restrict", copy=False)
    break_reason = fields.Text(string="Reason for Breaking Off", readonly=True, copy=False, groups=STAFF)
    note = fields.Html(string="Internal Notes", groups=STAFF, help="The customer never sees this.")
    # Each move counts: whoever acts on a state that another has changed meanwhile is stopped by the database.
    moves = fields.Integer(readonly=True, copy=False)
    mrr = fields.Monetary(string="MRR", readonly=True, groups=STAFF)
    arr = fields.Monetary(string="ARR", readonly=True, groups=STAFF)
    tcv = fields.Monetary(string="TCV", readonly=True, groups=STAFF)
    arr_change = fields.Monetary(
        string="ARR Change", readonly=True, groups=STAFF, help="Of the newest version against the first."
    )
    discount_percent = fields.Float(string="Discount (%)", readonly=True, groups=STAFF, aggregator="avg")
    margin_percent = fields.Float(string="Margin (%)", readonly=True, groups=STAFF, aggregator="avg")
    rounds_html = fields.Html(compute="_compute_rounds_html", sanitize=False, groups=STAFF)

    _one_open = models.UniqueIndex(
        "(lead_id) WHERE state NOT IN ('agreed', 'broken_off')", "This opportunity has an open negotiation already."
    )
    _reason_given = models.Constraint(
        "CHECK (state != 'broken_off' OR break_reason IS NOT NULL)", "Say why the negotiation is broken off."
    )

    @api.depends("state")
    def _compute_state_order(self):
        order = [key for key, _label in self._fields["state"].selection]
        for negotiation in self:
            negotiation.state_order = order.index(negotiation.state)

    @api.depends("round_ids.number", "offer_ids.state")
    def _compute_counts(self):
        for negotiation in self:
            negotiation.round_count = len(negotiation.round_ids)
            negotiation.open_offer_count = len(negotiation.offer_ids.filtered(lambda offer: offer.state == "open"))
            negotiation.order_id = negotiation._get_last_round().order_id

    @api.depends("answer_ids.state", "answer_ids.order_id")
    def _compute_next_order(self):
        for negotiation in self:
            negotiation.next_order_id = negotiation._get_prepared().order_id[:1]

    def _compute_access_url(self):  # pylint: disable=missing-return
        super()._compute_access_url()
        for negotiation in self:
            negotiation.access_url = f"/my/negotiations/{negotiation.id}"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            sequence = self.env["ir.sequence"].with_company(vals.get("company_id"))
            vals.setdefault("name", sequence.next_by_code("kor.negotiation"))
        return super().create(vals_list)

    def write(self, vals):
        """Leave the course of the negotiation to what happens in it."""
        self.check_access("write")
        if not self.env.su and set(vals) & WRITTEN_BY_MOVES:
            raise UserError(
                self.env._("The course of a negotiation is not edited: counter, answer, or break it off instead.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if self.round_ids:
            raise UserError(self.env._("A negotiation in which something was proposed is kept; break it off instead."))

    def action_answer(self):
        """Open the dialog in which each open counter-offer is answered.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("write")
        wizard = self.env["kor.negotiation.reply"].create({"negotiation_id": self.id})
        wizard.action_preview()
        return wizard._get_action()

    def action_open_portal(self):
        """Show what the customer sees, where counter-offers made by phone can be entered.

        :return: a URL action
        """
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.get_portal_url(), "target": "new"}

    def action_open_next_order(self):
        """Show the version that our answer has prepared.

        :return: a window action
        """
        self.ensure_one()
        return self.next_order_id._get_records_action(name=self.env._("Next Version"))

    def action_open_orders(self):
        """Show the versions of the rounds.

        :return: a window action
        """
        self.ensure_one()
        orders = self.round_ids.order_id | self.next_order_id
        return orders._get_records_action(name=self.env._("Versions"))

    def action_reopen(self):
        """Go on with a negotiation that was closed before anything was signed.

        :return: True
        """
        self.reopen()
        return True

    def _get_last_round(self):
        return self.round_ids.sorted("number")[-1:]

    def _get_open_offers(self):
        return self.offer_ids.filtered(lambda offer: offer.state == "open").sorted("id")

    def _get_prepared(self):
        answers_sudo = self.sudo().answer_ids  # that one is prepared decides what customers may do, not which
        return answers_sudo.filtered(lambda answer: answer.state == "prepared")
