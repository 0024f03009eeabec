from odoo import fields, models

ROLES = [
    ("liability", "Contract liability (deferred revenue)"),
    ("asset", "Contract asset"),
    ("unbilled", "Unbilled receivable"),
    ("cost", "Contract costs"),
    ("prepaid", "Prepaid credit"),
    ("income", "Income"),
    ("expense", "Expense"),
    ("exchange", "Exchange differences"),
]


class KorRevenueControlAccount(models.TransientModel):  # pylint: disable=no-wizard-in-models  # a line of the report
    """What the ledger holds on an account beside what the schedules say."""

    _name = "kor.revenue.control.account"
    _description = "Revenue Control of an Account"

    control_id = fields.Many2one("kor.revenue.control", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="control_id.company_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    account_id = fields.Many2one("account.account", readonly=True)
    account = fields.Char(string="Name", readonly=True)
    role = fields.Selection(ROLES, readonly=True, string="Used as")
    ledger = fields.Monetary(readonly=True, help="Debits less credits of all posted entries up to the day.")
    billed = fields.Monetary(readonly=True, help="Invoices and credit notes of contracts.")
    recognized = fields.Monetary(string="Recognised", readonly=True, help="What closes have recognised, by slices.")
    reclassified = fields.Monetary(readonly=True, help="What closes moved between liability and asset, and exchange.")
    other = fields.Monetary(
        string="Others", readonly=True, help="What else was posted on an account that is not for contracts alone."
    )
    expected = fields.Monetary(string="Schedules Say", readonly=True)
    difference = fields.Monetary(readonly=True)

    def action_open_ledger(self):
        """Open the journal items of the account up to the day.

        :return: a window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.account,
            "res_model": "account.move.line",
            "domain": [
                ("account_id", "=", self.account_id.id),
                ("company_id", "=", self.company_id.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", self.control_id.date),
            ],
            "views": [(False, "list"), (False, "form")],
            "context": {"search_default_group_by_move": 0},
        }
