from odoo import fields, models

SIGNALS = [
    ("limit_near", "A limit is near"),
    ("seats_full", "All seats are taken"),
    ("feature_asked", "A feature was asked for"),
    ("tier_cheaper", "The next tier would be cheaper"),
    ("usage_falls", "Usage falls"),
    ("at_risk", "Health at risk"),
    ("onboarding_late", "Onboarding is late"),
    ("sla_breached", "SLA breached"),
    ("renewal_due", "A renewal is due"),
]


class KorSignal(models.Model):
    """Something that calls for action on an account, noted once for as long as it goes on."""

    _name = "kor.signal"
    _inherit = ["kor.input.mixin", "mail.thread"]
    _description = "Signal"
    _order = "date desc, id desc"
    _check_company_auto = True

    account_id = fields.Many2one("kor.account", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="account_id.partner_id", store=True)
    user_id = fields.Many2one(related="account_id.user_id", store=True)
    contract_id = fields.Many2one("kor.contract", index="btree_not_null", ondelete="cascade")
    kind = fields.Selection(SIGNALS, required=True, index=True)
    key = fields.Char(required=True, help="What tells the signal from others of its kind, such as a metric's code.")
    name = fields.Char(required=True)
    reason = fields.Text()
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    date_over = fields.Datetime(string="Over since", help="When it was no longer so. It can come again afterwards.")
    currency_id = fields.Many2one("res.currency")
    amount = fields.Monetary(help="What following it would bring in a year.")
    state = fields.Selection(
        [("new", "New"), ("converted", "Opportunity"), ("dismissed", "Dismissed"), ("over", "Over")],
        required=True,
        default="new",
        index=True,
        tracking=True,
    )
    lead_id = fields.Many2one("crm.lead", string="Opportunity", index="btree_not_null", ondelete="set null")
    explanation = fields.Json()

    _open_unique = models.UniqueIndex(
        "(account_id, COALESCE(contract_id, 0), kind, key) WHERE date_over IS NULL", "This signal is noted already."
    )
