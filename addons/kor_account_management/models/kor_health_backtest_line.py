from odoo import fields, models


class KorHealthBacktestLine(models.Model):
    """What became of one account in a back-test."""

    _name = "kor.health.backtest.line"
    _description = "Account in a Back-test"
    _order = "date_lost, date_warned, id"
    _rec_name = "account_id"
    _log_access = False

    backtest_id = fields.Many2one("kor.health.backtest", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="backtest_id.company_id", store=True, index=True)
    account_id = fields.Many2one("kor.account", required=True, index=True, ondelete="cascade")
    outcome = fields.Selection(
        [
            ("caught", "Foretold"),
            ("missed", "Missed"),
            ("false", "False alarm"),
            ("undecided", "Undecided"),
            ("quiet", "Quiet"),
        ],
        required=True,
        index=True,
    )
    warning_count = fields.Integer(string="Warnings")
    date_warned = fields.Date(string="First Warning")
    date_lost = fields.Date(string="Left on")
    lead_days = fields.Integer(
        string="Lead (days)", aggregator=False, help="From the first right warning to the loss, where it was foretold."
    )
