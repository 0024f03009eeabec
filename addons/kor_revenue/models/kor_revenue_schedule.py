from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, exact, round_money, to_decimal

KINDS = [("revenue", "Revenue"), ("cost", "Contract Cost"), ("breakage", "Breakage")]
GROUPS = [("contract", "Contract"), ("usage", "Use")]


class KorRevenueSchedule(models.Model):
    """A performance obligation and when it is earned; likewise a contract cost, and prepaid credit that expired.

    What it is and how it is measured is frozen when the contract is agreed. Its months are the target of the engine;
    what is booked of them are items.
    """

    _name = "kor.revenue.schedule"
    _inherit = ["kor.revenue.explanation"]
    _description = "Revenue Schedule"
    # By the id of the contract: to sort by what it is sorted by would read all of them.
    _order = "contract_id.id desc, id"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True, default="revenue")
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    contract_line_id = fields.Many2one(
        "kor.contract.line",
        string="Contract Line",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The first line of the promise: whatever was changed since goes on from it.",
    )
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    tier_id = fields.Many2one(related="contract_id.tier_id", store=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    product_id = fields.Many2one("product.product", readonly=True, ondelete="restrict")
    method = fields.Selection(
        lambda self: [
            *((key, label) for key, label in self.env["kor.price.mixin"]._get_revenue_methods() if key != "invoice"),
            ("usage", self.env._("As it is used")),
        ],
        required=True,
        readonly=True,
        help="Frozen when the contract was agreed.",
    )
    position_group = fields.Selection(
        GROUPS,
        string="Billed",
        required=True,
        readonly=True,
        default="contract",
        help="Use that is delivered can be billed without anything more to do: it is an unbilled receivable, and is "
        "not offset against what was billed ahead.",
    )
    account_id = fields.Many2one(
        "account.account", string="Revenue Account", required=True, readonly=True, ondelete="restrict",
        help="The income account; of a contract cost, the expense account.",
    )  # fmt: skip
    deferral_account_id = fields.Many2one(
        "account.account", string="Balance Account", required=True, readonly=True, ondelete="restrict",
        help="The contract liability; of a contract cost, the asset; of prepaid credit, its liability.",
    )  # fmt: skip
    cost_id = fields.Many2one(
        "kor.contract.cost", string="Contract Cost", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    credit_id = fields.Many2one(
        "kor.prepaid.credit", string="Prepaid Credit", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    origin_balance = fields.Monetary(
        string="In Company Currency",
        currency_field="company_currency_id",
        readonly=True,
        help="What a cost, or expired credit, stands for at the rate at which it was booked.",
    )
    standalone_price = fields.Monetary(
        string="Standalone Value", readonly=True, help="What the promise would be sold for alone, for all its days."
    )
    agreed_price = fields.Monetary(readonly=True, help="What the contract's lines charge for it.")
    amount = fields.Monetary(
        string="Allocated", readonly=True, help="Its share of the transaction price: what is earned in all."
    )
    date_start = fields.Date(string="From", readonly=True)
    date_end = fields.Date(string="To", readonly=True)
    month_ids = fields.One2many("kor.revenue.month", "schedule_id", string="Months", readonly=True)
    item_ids = fields.One2many("kor.revenue.item", "schedule_id", string="Booked", readonly=True)
    progress_ids = fields.One2many("kor.revenue.progress", "schedule_id", string="Progress")
    recognized = fields.Monetary(string="Recognised", compute="_compute_recognized", help="What is booked so far.")
    remaining = fields.Monetary(compute="_compute_recognized", help="What is still to be booked.")

    _line_unique = models.UniqueIndex(
        "(contract_line_id) WHERE kind = 'revenue'", "This promise has its schedule already."
    )
    _cost_unique = models.UniqueIndex("(cost_id) WHERE cost_id IS NOT NULL", "This cost has its schedule already.")
    _credit_unique = models.UniqueIndex(
        "(credit_id) WHERE credit_id IS NOT NULL", "This credit has its schedule already."
    )

    _account_index = models.Index("(contract_id, deferral_account_id) WHERE kind = 'revenue'")

    @api.depends("amount", "item_ids.amount")
    def _compute_recognized(self):
        items = self.env["kor.revenue.item"]
        found = dict(items._read_group([("schedule_id", "in", self.ids)], ["schedule_id"], ["amount:sum"]))
        for schedule in self:
            schedule.recognized = found.get(schedule, 0)
            schedule.remaining = schedule.amount - schedule.recognized

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("Schedules follow from contracts: nobody makes one by hand."))
        schedules = super().create(vals_list)
        # What was put on its balance account before is billed from now on.
        promises = schedules.filtered(lambda one: one.kind == "revenue")
        self.env["kor.revenue.balance"]._keep(promises.contract_id)
        return schedules

    def action_open_items(self):
        """Open what is booked of the schedule.

        :return: a window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Booked: %(name)s", name=self.name),
            "res_model": "kor.revenue.item",
            "domain": [("schedule_id", "=", self.id)],
            "views": [(False, "list"), (False, "form")],
        }

    def _share_origin(self, rows):
        """Give rows of costs and credits their balances: what they stand for, at the rate at which it was booked.

        :param rows: dicts with `schedule`, `month` and `amount`; each gets its `balance`
        """
        found = self.env["kor.revenue.item"]._read_group(
            [("schedule_id", "in", self.ids)], ["schedule_id"], ["amount:sum", "balance:sum"]
        )
        booked = {schedule: (to_decimal(amount), to_decimal(balance)) for schedule, amount, balance in found}
        for row in sorted(rows, key=lambda row: row["month"]):
            schedule = row["schedule"]
            amount, balance = booked.get(schedule, (ZERO, ZERO))
            amount += row["amount"]
            reached = schedule._get_origin_share(amount)
            row["balance"] = reached - balance
            booked[schedule] = (amount, reached)

    def _get_origin_share(self, amount):
        """Return what an amount of the schedule is worth in company currency."""
        self.ensure_one()
        if self.currency_id == self.company_currency_id or not self.amount:
            return amount
        with exact():
            share = amount * to_decimal(self.origin_balance) / to_decimal(self.amount)
        return round_money(share, to_decimal(self.company_currency_id.rounding))

    def _get_engine_progress(self):
        """Return what was noted of each promise, by the line's id."""
        found = {}
        for fact in self.progress_ids.sorted(lambda one: (one.date, one.id)):
            found.setdefault(fact.schedule_id.contract_line_id.id, []).append(fact._get_engine_fact())
        return {key: tuple(facts) for key, facts in found.items()}
