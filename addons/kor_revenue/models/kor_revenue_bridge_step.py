from odoo import api, fields, models

STEPS = ("mrr", "invoiced", "deferred", "recognized", "cash")
# What leads from the step before to each step.
DIFFERENCES = {
    "mrr": (),
    "invoiced": ("timing", "usage", "one_time", "prepaid", "by_hand"),
    "deferred": ("direct", "elsewhere"),
    "recognized": ("carried", "exchange", "direct_revenue"),
    "cash": ("not_recognized", "taxes", "receivable", "settled"),
}
KEYS = [
    ("mrr", "Recurring fees (MRR)"),
    ("timing", "Billed ahead or later"),
    ("usage", "Use"),
    ("one_time", "One-time fees"),
    ("prepaid", "Paid from prepaid credit"),
    ("by_hand", "Credit notes and lines by hand"),
    ("invoiced", "Invoiced"),
    ("direct", "Revenue at once"),
    ("elsewhere", "On other accounts"),
    ("deferred", "Deferred"),
    ("carried", "Change of contract balances"),
    ("exchange", "Exchange differences"),
    ("direct_revenue", "Revenue at once"),
    ("recognized", "Recognised"),
    ("not_recognized", "Invoiced and not recognised"),
    ("taxes", "Taxes"),
    ("receivable", "Change of receivables"),
    ("settled", "Settled otherwise"),
    ("cash", "Cash"),
]
INCOME = ("income", "income_other")


class KorRevenueBridgeStep(models.TransientModel):  # pylint: disable=no-wizard-in-models  # a line of the report
    """A step of the bridge, or what explains the difference to the one before."""

    _name = "kor.revenue.bridge.step"
    _description = "Step of the Revenue Bridge"
    _order = "sequence, id"

    bridge_id = fields.Many2one("kor.revenue.bridge", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="bridge_id.currency_id")
    sequence = fields.Integer()
    key = fields.Selection(KEYS, readonly=True)
    name = fields.Char(readonly=True)
    is_step = fields.Boolean(readonly=True)
    difference = fields.Monetary(readonly=True)
    amount = fields.Monetary(readonly=True)
    explanation = fields.Text(readonly=True)
    can_open = fields.Boolean(compute="_compute_can_open")

    @api.depends("key")
    def _compute_can_open(self):
        for step in self:
            step.can_open = step._get_source() is not None

    @api.model
    def _get_explanations(self):
        """Return what each difference means, in a sentence."""
        return {
            "timing": self.env._(
                "Fees of the period that were invoiced before or will be later, and fees of other periods that were "
                "invoiced in it."
            ),
            "usage": self.env._("What customers used: it recurs, and is no part of the MRR."),
            "one_time": self.env._("Fees that are charged once."),
            "prepaid": self.env._("What invoices took from credit that customers had paid before."),
            "by_hand": self.env._("Lines of contract invoices and credit notes that billing did not make."),
            "direct": self.env._("Lines booked as revenue when they were invoiced."),
            "elsewhere": self.env._(
                "Lines on accounts that neither are revenue nor wait for it, such as prepaid credit."
            ),
            "carried": self.env._(
                "Earned from what was deferred before, or ahead of invoices; below 0: deferred to later periods."
            ),
            "exchange": self.env._("What invoices differ, by their rate, from what was earned before them."),
            "direct_revenue": self.env._("Lines booked as revenue when they were invoiced, as above."),
            "not_recognized": self.env._(
                "Invoices of the period less its revenue: above 0, customers are asked ahead."
            ),
            "taxes": self.env._("Taxes on the invoices of the period."),
            "receivable": self.env._("Not paid yet; above 0: invoices of earlier periods were paid."),
            "settled": self.env._("Write-offs, credit notes without a contract, and exchange differences of payments."),
        }

    def action_open(self):
        """Open what the figure is made of.

        :return: a window action
        """
        self.ensure_one()
        model, domain, context = self._get_source() or ("kor.contract", [], {})
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": model,
            "domain": domain,
            "views": [(False, "list"), (False, "form")],
            "context": context,
        }

    def _get_source(self):
        """Return model, domain and context of the records behind the figure, or None where none are."""
        bridge = self.bridge_id
        first, last, company = bridge.date_from, bridge.date_to, bridge.company_id
        if self.key == "mrr":
            return "kor.contract", self.env["kor.contract"]._get_running_domain(company, first, last), {}
        if self.key in ("recognized", "carried", "exchange"):
            kinds = {"recognized": ["recognized"], "exchange": ["exchange"]}
            kind = kinds.get(self.key, ["billed", "recognized", "exchange"])
            domain = [
                ("company_id", "=", company.id),
                ("date", ">=", first),
                ("date", "<=", last),
                ("kind", "in", kind),
            ]
            return "kor.revenue.flow", domain, {"search_default_group_kind": 1}
        if self.key in ("cash", "settled"):
            return "account.move.line", self._get_payment_domain(first, last, company), {}
        domain = self._get_line_domain(first, last, company)
        return domain and ("account.move.line", domain, {})

    def _get_line_domain(self, first, last, company):
        """Return the invoice lines behind a figure, or None where it is no sum of lines."""
        domain = [
            ("company_id", "=", company.id),
            ("move_id.kor_contract_id", "!=", False),
            ("move_id.move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ("parent_state", "=", "posted"),
            ("date", ">=", first),
            ("date", "<=", last),
        ]
        if self.key in ("taxes", "receivable"):
            return [*domain, ("display_type", "=", "tax" if self.key == "taxes" else "payment_term")]
        domain.append(("display_type", "not in", ("payment_term", "tax")))
        more = self._get_line_domains(company)
        return [*domain, *more[self.key]] if self.key in more else None

    @api.model
    def _get_line_domains(self, company):
        """Return which lines of contract invoices are behind each figure that is a sum of lines."""
        schedules_sudo = self.env["kor.revenue.schedule"].sudo()  # of their accounts only
        schedules = schedules_sudo.search([("company_id", "=", company.id), ("kind", "=", "revenue")])
        accounts, items = schedules.deferral_account_id.ids, "kor_item_ids.charge_type"
        return {
            "invoiced": [],
            "timing": [(items, "in", ("fixed", "per_unit"))],
            "usage": [(items, "in", ("usage", "commitment"))],
            "one_time": [(items, "=", "one_time")],
            "prepaid": [("kor_draw_ids", "!=", False)],
            "by_hand": [("kor_item_ids", "=", False), ("kor_draw_ids", "=", False)],
            "deferred": [("account_id", "in", accounts)],
            "direct": [("account_type", "in", INCOME), ("account_id", "not in", accounts)],
            "direct_revenue": [("account_type", "in", INCOME), ("account_id", "not in", accounts)],
            "elsewhere": [("account_type", "not in", INCOME), ("account_id", "not in", accounts)],
        }

    def _get_payment_domain(self, first, last, company):
        """Return the lines of payments, or of what else settled invoices of contracts."""
        lines = [
            ("company_id", "=", company.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
        ]
        invoice = [
            ("debit_move_id.move_id.kor_contract_id", "!=", False),
            ("max_date", ">=", first),
            ("max_date", "<=", last),
        ]
        refund = [
            ("credit_move_id.move_id.kor_contract_id", "!=", False),
            ("max_date", ">=", first),
            ("max_date", "<=", last),
        ]
        settles = ["|", ("matched_debit_ids", "any", invoice), ("matched_credit_ids", "any", refund)]
        paid = ["|", ("move_id.origin_payment_id", "!=", False), ("move_id.statement_line_id", "!=", False)]
        if self.key == "settled":
            paid = [("move_id.origin_payment_id", "=", False), ("move_id.statement_line_id", "=", False)]
        return [*lines, *settles, *paid]
