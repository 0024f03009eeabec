from odoo import api, fields, models

BANDS = [("healthy", "Healthy"), ("watch", "Watch"), ("at_risk", "At risk"), ("unknown", "Not known yet")]


class KorAccount(models.Model):
    """A customer as its account manager sees it: one for each customer and company."""

    _name = "kor.account"
    _inherit = [
        "kor.account.health.view.mixin",
        "kor.engine.fields.mixin",
        "kor.input.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Account"
    _order = "health_score, id"
    _rec_name = "partner_id"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id", store=True)
    user_id = fields.Many2one("res.users", string="Account Manager", index="btree_not_null", tracking=True)
    deputy_ids = fields.Many2many("res.users", string="Deputies", help="They see and do what the manager does.")
    team_id = fields.Many2one("crm.team", string="Team", ondelete="set null")
    tier_id = fields.Many2one("kor.tier", readonly=True, index="btree_not_null", help="The highest of its contracts.")
    active = fields.Boolean(default=True, readonly=True, help="It is while a contract of the customer runs.")
    color = fields.Integer()
    next_step = fields.Char(tracking=True)
    next_step_date = fields.Date(tracking=True)
    health_model_id = fields.Many2one("kor.health.model", help="Empty: that of the tier.")
    snapshot_ids = fields.One2many("kor.health.snapshot", "account_id", string="Health", readonly=True)
    signal_ids = fields.One2many("kor.signal", "account_id", string="Signals", readonly=True)
    renewal_ids = fields.One2many("kor.renewal", "account_id", string="Renewals", readonly=True)
    # As the latest snapshot found it, so that portfolios can be sorted and grouped by it.
    health_score = fields.Float(readonly=True, aggregator="avg", help="0 to 100, of what is known.")
    health_coverage = fields.Float(readonly=True, aggregator="avg", help="The share of the weights that is known.")
    health_band = fields.Selection(BANDS, readonly=True, default="unknown", index=True)
    health_trend = fields.Float(readonly=True, help="Change of the score in thirty days.", aggregator="avg")
    mrr = fields.Monetary(string="MRR", readonly=True)
    contract_count = fields.Integer(readonly=True)
    date_renewal = fields.Date(string="Next Renewal", readonly=True)
    date_contact = fields.Datetime(string="Last Contact", readonly=True)
    amount_due = fields.Monetary(string="Overdue", readonly=True)
    ticket_count = fields.Integer(string="Open Tickets", readonly=True)

    _weakest_idx = models.Index("(health_score, id)")
    _partner_unique = models.UniqueIndex("(partner_id, company_id)", "This customer has an account already.")

    @api.model
    def _explain_engine_field(self, name):
        return self.env._("It is taken from the customer's contracts, use, tickets, invoices and messages.")

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            self._align_contracts()
        return result
