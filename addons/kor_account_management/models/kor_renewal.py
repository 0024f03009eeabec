from odoo import fields, models


class KorRenewal(models.Model):
    """The end of a contract's term: what is expected of it, and what came of it."""

    _name = "kor.renewal"
    _inherit = ["kor.input.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Renewal"
    _order = "date, id"
    _rec_name = "contract_id"

    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    account_id = fields.Many2one("kor.account", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    tier_id = fields.Many2one(related="contract_id.tier_id", store=True)
    user_id = fields.Many2one(related="account_id.user_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(string="Term Ends", required=True, index=True)
    date_notice = fields.Date(string="Notice Deadline")
    arr = fields.Monetary(string="ARR", help="At stake, in the company's currency.")
    probability = fields.Float(aggregator="avg", help="Of renewal (%), from the account's health.")
    probability_manual = fields.Float(help="The manager's own estimate. 0: as computed.")
    category = fields.Selection(
        [("commit", "Commit"), ("best_case", "Best case"), ("at_risk", "At risk"), ("lost", "Expected to leave")],
        required=True,
        default="best_case",
        index=True,
        tracking=True,
        group_expand=True,
    )
    weighted = fields.Monetary(string="Weighted ARR")
    state = fields.Selection(
        [("open", "Open"), ("renewed", "Renewed"), ("lost", "Not renewed")],
        required=True,
        default="open",
        index=True,
        tracking=True,
    )
    note = fields.Text()

    _term_unique = models.UniqueIndex("(contract_id, date)", "The end of this term is in the list already.")
