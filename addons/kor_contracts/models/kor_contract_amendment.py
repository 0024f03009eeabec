from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.kor_enterprise_tiers.tools import taken_back

from .kor_contract_lifecycle_mixin import LOOKING

# What agreeing and applying note. Nobody writes it by hand.
EVIDENCE = {
    "agreed_by",
    "agreed_how",
    "agreed_date",
    "applied_date",
    "signature",
    "tier_before_id",
    "tier_after_id",
    "mrr_before",
    "mrr_after",
}
HOW = [("signature", "Signature"), ("document", "Document"), ("note", "Note")]


class KorContractAmendment(models.Model):
    """A change of what was agreed, as of a day: drafted, agreed, applied. What is applied is never edited."""

    _name = "kor.contract.amendment"
    _inherit = [
        "kor.amendment.preview.mixin",
        "kor.amendment.request.mixin",
        "kor.input.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Amendment"
    _order = "date_effective desc, id desc"

    name = fields.Char(string="Number", readonly=True, copy=False, default="/")
    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    date_effective = fields.Date(
        string="Holds from", required=True, default=fields.Date.context_today, tracking=True, help="The first day."
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("requested", "Requested"),
            ("offered", "With the customer"),
            ("agreed", "Agreed"),
            ("applied", "Applied"),
            ("declined", "Declined"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
        help="Requested: the customer has signed and waits for an answer. With the customer: it waits for a signature. "
        "Agreed: it is applied on the day from which it holds, or at once where that has come.",
    )
    change_ids = fields.One2many("kor.contract.change", "amendment_id", string="Changes", copy=True)
    credit = fields.Selection(
        [("prorated", "By days"), ("full", "The whole running period"), ("none", "Nothing")],
        string="Give Back",
        required=True,
        default="prorated",
        help="What of a period that is paid ahead is given back where a line ends or is changed.",
    )
    note = fields.Text(help="Why, as people read it later.")
    agreed_by = fields.Char(readonly=True, copy=False, help="Who agreed, on the customer's side.")
    agreed_how = fields.Selection(HOW, readonly=True, copy=False)
    agreed_date = fields.Datetime(string="Agreed on", readonly=True, copy=False)
    applied_date = fields.Datetime(string="Applied on", readonly=True, copy=False)
    signature = fields.Image(readonly=True, copy=False, max_width=1024, max_height=1024)
    tier_before_id = fields.Many2one("kor.tier", readonly=True, copy=False, ondelete="restrict")
    tier_after_id = fields.Many2one("kor.tier", readonly=True, copy=False, ondelete="restrict")
    mrr_before = fields.Monetary(string="MRR Before", readonly=True, copy=False)
    mrr_after = fields.Monetary(string="MRR After", readonly=True, copy=False)
    mrr_change = fields.Monetary(string="MRR Change", compute="_compute_mrr_change", store=True)
    summary = fields.Char(compute="_compute_summary")

    @api.depends("mrr_before", "mrr_after")
    def _compute_mrr_change(self):
        for amendment in self:
            amendment.mrr_change = amendment.mrr_after - amendment.mrr_before

    @api.depends("change_ids.summary")
    @api.depends_context("lang")
    def _compute_summary(self):
        for amendment in self:
            amendment.summary = "; ".join(amendment.change_ids.mapped("summary"))

    @api.constrains("date_effective", "contract_id")
    def _check_date_effective(self):
        for amendment in self:
            contract = amendment.contract_id
            if amendment.date_effective < contract.date_start:
                raise ValidationError(
                    self.env._(
                        "The amendment holds from %(day)s, before contract %(contract)s starts on %(start)s. "
                        "Choose that day or a later one.",
                        day=amendment.date_effective,
                        contract=contract.name,
                        start=contract.date_start,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["name"] = self._next_number()
            if vals.get("state", "draft") != "draft":
                raise UserError(self.env._("An amendment is created as a draft: leave the state out."))
            self._check_no_evidence(vals)
        return super().create(vals_list)

    def write(self, vals):
        if {"state", "contract_id"} & set(vals):
            raise UserError(self.env._("The state of an amendment is moved by action_agree() and action_withdraw()."))
        self._check_no_evidence(vals)
        fixed = {"date_effective", "change_ids", "credit"} & set(vals)
        if fixed:
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        self._check_draft()

    def action_agree(self, agreed_by="", how="note"):
        """Agree to the amendments. What holds from today or earlier is applied at once.

        :param agreed_by: who agreed on the customer's side
        :param how: `signature`, `document` or `note`
        :return: True
        """
        self._check_can_amend()
        if how not in dict(HOW):
            raise UserError(self.env._("Say how it was agreed: signature, document or note."))
        self._check_draft()
        for amendment in self:
            if not amendment.change_ids:
                raise UserError(self.env._("Amendment %(name)s changes nothing. Add a change.", name=amendment.name))
        self._agree(agreed_by, how)
        return True

    def action_withdraw(self):
        """Withdraw amendments that are not applied yet.

        :return: True
        """
        self._check_can_amend()
        if any(amendment.state == "applied" for amendment in self):
            raise UserError(
                self.env._("What is applied stays in the history. Make another amendment that changes it back.")
            )
        self.filtered(lambda one: one.state != "declined")._write_state({"state": "withdrawn"})
        self._close_activities()
        return True

    def preview(self):
        """Tell what the amendment would change, and write nothing.

        :return: a dict with the lines before and after and the change of what they bring
        """
        self.ensure_one()
        self.check_access("read")
        self.contract_id.check_access("read")
        if not self.env.user._is_internal():
            raise UserError(self.env._("Only staff can preview amendments."))
        return self._preview()

    @api.model
    def _next_number(self):
        # What is only looked at, and taken back, leaves no gap.
        is_looked_at = self.env.context.get("kor_looking") is LOOKING
        return "/" if is_looked_at else self.env["ir.sequence"].next_by_code("kor.contract.amendment") or "/"

    def _agree(self, agreed_by, how, signature=False):
        """Note who agreed, and apply what holds already."""
        self._write_state(
            {
                "state": "agreed",
                "agreed_by": agreed_by,
                "agreed_how": how,
                "agreed_date": fields.Datetime.now(),
                "signature": signature,
            }
        )
        for amendment in self:
            # A contract that has ended or was never agreed cannot be amended, today or later.
            amendment._check_contract()
        self._apply_due()

    def _apply_due(self):
        """Apply the agreed amendments whose day has come, in the order of their days."""
        due = self.filtered(lambda one: one.state == "agreed" and one._is_due())
        for amendment in due.sorted(lambda one: (one.date_effective, one.id)):
            amendment._apply()

    def _is_due(self):
        """Tell whether the day has come; one that cancels from the first day on need not wait for it."""
        contract, day = self.contract_id, self.date_effective
        if day <= contract._get_today():
            return True
        return day == contract.date_start and "cancel" in self.change_ids.mapped("kind")

    def _apply(self):
        """Write the facts."""
        self.ensure_one()
        contract = self.contract_id
        self._check_contract()
        before, tier = contract._get_monthly_revenue(self.date_effective), contract.tier_id
        for change in self.change_ids:
            change._apply()
        contract.invalidate_recordset(["line_ids"])
        self._write_state(
            {
                "state": "applied",
                "applied_date": fields.Datetime.now(),
                "tier_before_id": tier.id if contract.tier_id != tier else False,
                "tier_after_id": contract.tier_id.id if contract.tier_id != tier else False,
                "mrr_before": float(before),
                "mrr_after": float(contract._get_monthly_revenue(self.date_effective)),
            }
        )
        contract._note_amended(self)

    def _preview(self):
        """Apply the amendment, look, and take everything back."""
        before = self._look()
        with taken_back(self.env):
            self._as_preview()._apply()
            self.env.flush_all()
            return self._prepare_preview(before, self._look())

    def _as_preview(self):
        # Nobody is told of what is taken back: mails that are sent after the commit would not exist any more.
        return self.sudo().with_context(  # who may ask for a change may see what it would do
            tracking_disable=True, mail_notrack=True, mail_notify_force_send=False, kor_looking=LOOKING
        )

    def _look(self):
        """Return what a preview compares, as plain JSON. Extensible."""
        contract, day = self.contract_id, self.date_effective
        look = contract.as_of(fields.Date.to_string(day))
        return {**look, "arr": look["mrr"] * 12, "terms": self._look_at_terms()}

    def _prepare_preview(self, before, after):
        """Return what changes between two looks. Extensible."""
        return {
            "contract": self.contract_id.name,
            "date_effective": fields.Date.to_string(self.date_effective),
            "currency": self.currency_id.name,
            "before": before,
            "after": after,
            "mrr_change": self.currency_id.round(after["mrr"] - before["mrr"]),
            "arr_change": self.currency_id.round(after["arr"] - before["arr"]),
        }

    def _check_can_amend(self):
        self.check_access("write")
        self.contract_id.check_access("write")

    def _check_draft(self):
        self._check_not_waiting()
        fixed = self.filtered(lambda one: one.state != "draft")
        if fixed:
            raise UserError(
                self.env._(
                    "Amendment %(name)s is agreed and stays as it is. Make another one that changes it.",
                    name=fixed[0].name,
                )
            )

    @api.model
    def _check_no_evidence(self, vals):
        written = sorted(EVIDENCE & set(vals))
        if written:
            raise UserError(
                self.env._(
                    "%(fields)s of an amendment is noted by what happens to it: call action_agree(by, how).",
                    fields=", ".join(self._fields[name]._description_string(self.env) for name in written),
                )
            )

    def _check_contract(self):
        contract = self.contract_id
        if contract.state not in ("active", "paused"):
            raise UserError(
                self.env._(
                    "Contract %(contract)s is not running: only an active contract can be amended.",
                    contract=contract.name,
                )
            )

    def _write_state(self, vals):
        # Past the guard of this class only: all other overrides hold.
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.model
    def _cron_apply(self):
        """Apply what holds from today."""
        agreed = self.search([("state", "=", "agreed"), ("date_effective", "<=", "today +1d")])
        agreed._apply_due_safely()
