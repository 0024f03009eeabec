from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import forecast

# So long before the notice somebody should begin to talk.
PREPARE_DAYS = 60
# Set by the user; everything else of a renewal follows from facts.
OWN_FIELDS = {"probability_manual", "category", "is_category_manual"}


class KorRenewal(models.Model):
    """The end of a contract's term: what is expected of it, and what came of it."""

    _name = "kor.renewal"
    _inherit = [
        "kor.renewal.forecast.mixin",
        "kor.engine.fields.mixin",
        "kor.input.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Renewal"
    _order = "date, id"
    _rec_name = "contract_id"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    account_id = fields.Many2one("kor.account", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    tier_id = fields.Many2one(related="contract_id.tier_id", store=True)
    user_id = fields.Many2one(related="account_id.user_id", store=True, string="Account Manager")
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(string="Term Ends", required=True, readonly=True, index=True)
    date_notice = fields.Date(string="Notice Deadline", readonly=True)
    arr = fields.Monetary(string="ARR", readonly=True, help="At stake, in the company's currency.")
    probability = fields.Float(
        string="Computed (%)",
        readonly=True,
        aggregator="avg",
        help="Of renewal, from the account's health: 5 % at a score of 0, 98 % at 100; 80 % where nothing is known.",
    )
    probability_manual = fields.Float(
        string="Own Estimate (%)", aggregator="avg", help="The manager's own estimate. 0: as computed."
    )
    expected = fields.Float(
        string="Probability (%)", readonly=True, aggregator="avg", help="The own estimate, else the computed one."
    )
    basis = fields.Selection(
        [
            ("health", "Health of the account"),
            ("unknown", "Health not known"),
            ("notice", "Renews itself, the notice is over"),
            ("agreed", "Renewal is agreed"),
            ("leaving", "Cancellation is agreed"),
        ],
        string="Computed from",
        readonly=True,
        default="unknown",
    )
    category = fields.Selection(
        [("commit", "Commit"), ("best_case", "Best case"), ("at_risk", "At risk"), ("lost", "Expected to leave")],
        required=True,
        default="best_case",
        index=True,
        tracking=True,
        group_expand=True,
        help="Commit from 85 %, best case from 60 %, at risk below; as the manager has chosen, where they have.",
    )
    is_category_manual = fields.Boolean(string="Category Chosen by Hand")
    weighted = fields.Monetary(
        string="Weighted ARR", readonly=True, help="The ARR times the probability; once decided, what is kept."
    )
    state = fields.Selection(
        [("open", "Open"), ("renewed", "Renewed"), ("lost", "Not renewed")],
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
    )
    date_outcome = fields.Date(string="Decided on", readonly=True)
    term_id = fields.Many2one("kor.contract.term", string="New Term", readonly=True, ondelete="set null")
    successor_id = fields.Many2one("kor.contract", string="Followed by", readonly=True, ondelete="set null")
    has_activity = fields.Boolean(readonly=True, help="The manager was given an activity ahead of the notice.")
    note = fields.Text()

    _open_idx = models.Index("(date, id) WHERE state = 'open'")
    _term_unique = models.UniqueIndex("(contract_id, date)", "The end of this term is in the list already.")

    @api.depends("contract_id.name", "partner_id.name", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for renewal in self:
            day = format_date(self.env, renewal.date) if renewal.date else ""
            renewal.display_name = f"{renewal.partner_id.name} · {renewal.contract_id.name} · {day}"

    @api.constrains("probability_manual")
    def _check_probability_manual(self):
        for renewal in self:
            if not 0 <= renewal.probability_manual <= 100:
                raise ValidationError(
                    self.env._(
                        "A probability is between 0 and 100 %%, not %(value)s. With 0 the computed one holds; choose "
                        "“Expected to leave” for a customer that will not renew.",
                        value=f"{renewal.probability_manual:g}",
                    )
                )

    @api.model
    def _explain_engine_field(self, name):
        return self.env._(
            "It follows from the contract and the account's health. What you expect is entered as own estimate or "
            "category."
        )

    def write(self, vals):
        own = OWN_FIELDS & set(vals)
        if own and not self.env.su:
            self._check_open()
        if "category" in vals and "is_category_manual" not in vals:
            vals = {**vals, "is_category_manual": True}
        result = super().write(vals)
        if own and "expected" not in vals:
            self.sudo()._apply_estimates()  # what follows from an estimate is not written by hand
        return result

    def _check_open(self):
        decided = self.filtered(lambda one: one.state != "open")
        if decided:
            raise UserError(
                self.env._(
                    "The renewal %(renewal)s is decided: what was expected of it stays as it was.",
                    renewal=decided[0].display_name,
                )
            )

    def _apply_estimates(self):
        """Let what is expected follow the manager's own estimate, else the computed one."""
        for renewal in self.filtered(lambda one: one.state == "open"):
            expected = renewal.probability_manual or renewal.probability
            values = {"expected": expected, "weighted": renewal.arr * expected / 100}
            if not renewal.is_category_manual:
                chance = forecast.category(to_decimal(expected))
                values |= {"category": chance, "is_category_manual": False}
            renewal.write(values)

    def action_use_computed(self):
        """Let the computed probability and category hold again.

        :return: True
        """
        self.check_access("write")
        renewals_sudo = self.sudo()  # what follows from facts is not written by hand
        for renewal in renewals_sudo.filtered(lambda one: one.state == "open"):
            chance = to_decimal(renewal.probability)
            renewal.write(
                {
                    "probability_manual": 0,
                    "category": forecast.category(chance),
                    "is_category_manual": False,
                    "expected": renewal.probability,
                    "weighted": renewal.arr * renewal.probability / 100,
                }
            )
        return True

    @api.model
    def _schedule_activities(self, accounts, days):
        """Give the manager an activity ahead of the notice, once for each end of a term."""
        soon = max(days.values()) + timedelta(days=PREPARE_DAYS)
        due = self.search(
            [
                ("account_id", "in", accounts.ids),
                ("state", "=", "open"),
                ("has_activity", "=", False),
                ("user_id", "!=", False),
                ("basis", "in", ("health", "unknown")),
                "|",
                ("date_notice", "<=", soon),
                "&",
                ("date_notice", "=", False),
                ("date", "<=", soon),
            ]
        )
        if not due:
            return
        todo = self.env.ref("mail.mail_activity_data_todo")
        # They see it in their list and in the weekly digest: it needs no mail of its own.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [renewal._prepare_activity_values(todo, days) for renewal in due]
        )
        due.sudo().has_activity = True  # written by this job only

    def _prepare_activity_values(self, todo, days):
        deadline = (self.date_notice or self.date) - timedelta(days=PREPARE_DAYS // 2)
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "activity_type_id": todo.id,
            "user_id": self.user_id.id,
            "summary": self.env._("Talk about the renewal"),
            "note": self.env._(
                "The term ends on %(end)s; notice can be given until %(notice)s. Talk before.",
                end=self.date,
                notice=self.date_notice or self.date,
            ),
            "date_deadline": max(deadline, days[self.company_id.id]),
        }

    def action_open_contract(self):
        """Open the contract whose term ends.

        :return: a window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "kor.contract",
            "views": [[False, "form"]],
            "res_id": self.contract_id.id,
        }
