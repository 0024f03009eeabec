from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

KINDS = [("uptime", "Uptime"), ("response", "Late response"), ("resolution", "Late resolution")]
NOTES = {"message_ids", "message_follower_ids", "activity_ids"}


class KorSlaCredit(models.Model):
    """What a customer gets back for a month's missed promises of a kind: a target, which billing books.

    The target follows from the frozen report. What is booked of it never exceeds what is approved; where it is
    lowered after it was booked, the rest is set off against the contract's next credit.
    """

    _name = "kor.sla.credit"
    _inherit = ["kor.sla.credit.book.mixin", "kor.billing.explanation", "mail.thread", "mail.activity.mixin"]
    _description = "SLA Credit"
    _order = "month desc, contract_id desc, kind desc"
    _rec_name = "name"

    name = fields.Char(compute="_compute_name", store=True)
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    account_manager_id = fields.Many2one(related="contract_id.account_manager_id", store=True)
    tier_id = fields.Many2one("kor.tier", readonly=True, index=True)
    report_id = fields.Many2one("kor.sla.report", readonly=True, index="btree_not_null", ondelete="restrict")
    month = fields.Date(required=True, readonly=True, index=True, help="Its first day.")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    target_amount = fields.Monetary(string="By the Report", readonly=True, help="What follows from the latest report.")
    adjustment = fields.Monetary(readonly=True, help="What was agreed beside the report, such as after a dispute.")
    adjustment_reason = fields.Text(readonly=True)
    is_declined = fields.Boolean(string="Declined", readonly=True, tracking=True)
    decline_reason = fields.Text(string="Reason", tracking=True, help="Why it is declined, as the customer reads it.")
    amount = fields.Monetary(string="Credit", compute="_compute_amount", store=True, tracking=True)
    approved_amount = fields.Monetary(string="Approved", readonly=True, tracking=True)
    approved_by_id = fields.Many2one("res.users", string="Approved by", readonly=True, ondelete="restrict")
    date_approved = fields.Datetime(string="Approved on", readonly=True)
    booking_ids = fields.One2many("kor.sla.booking", "credit_id", string="Bookings", readonly=True)
    booked_amount = fields.Monetary(string="Booked", compute="_compute_booked", store=True)
    open_amount = fields.Monetary(
        string="To Book",
        compute="_compute_booked",
        store=True,
        help="What the contract's next billing books. Below zero: booked too much, set off against its next credit.",
    )
    move_ids = fields.Many2many("account.move", string="Credit Notes", compute="_compute_moves")
    dispute_ids = fields.One2many("kor.sla.dispute", "credit_id", string="Disputes", readonly=True)
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("booked", "Booked"),
            ("disputed", "Disputed"),
            ("declined", "Declined"),
            ("void", "Nothing due"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
        tracking=True,
    )

    _key_unique = models.Constraint(
        "UNIQUE (contract_id, month, kind)", "This month has a credit of this kind already."
    )

    @api.depends("contract_id.name", "month", "kind")
    def _compute_name(self):
        for credit in self:
            month = credit.month and credit.month.strftime("%Y-%m")
            credit.name = f"{credit.contract_id.name or ''}, {month or ''}, {dict(KINDS).get(credit.kind, '')}"

    @api.depends("target_amount", "adjustment", "is_declined")
    def _compute_amount(self):
        for credit in self:
            credit.amount = 0.0 if credit.is_declined else max(credit.target_amount + credit.adjustment, 0.0)

    @api.depends("amount", "approved_amount", "booking_ids.amount", "booking_ids.state")
    def _compute_booked(self):
        for credit in self:
            booked = sum(credit.booking_ids.filtered(lambda one: one.state == "booked").mapped("amount"))
            rounded = credit.currency_id.round if credit.currency_id else round
            credit.booked_amount = rounded(booked)
            credit.open_amount = rounded(min(credit.amount, credit.approved_amount) - booked)

    @api.depends("booking_ids.move_id")
    def _compute_moves(self):
        for credit in self:
            credit.move_ids = credit.booking_ids.move_id

    @api.depends("amount", "approved_amount", "booked_amount", "is_declined", "dispute_ids.state")
    def _compute_state(self):
        for credit in self:
            credit.state = credit._get_state()

    def _get_state(self):
        if any(dispute.state == "open" for dispute in self.dispute_ids):
            return "disputed"
        if self.is_declined:
            return "declined"
        compare = self.currency_id.compare_amounts if self.currency_id else lambda one, other: one - other
        if compare(self.amount, self.approved_amount) > 0:
            return "proposed"
        if compare(self.amount, 0) == 0 and compare(self.booked_amount, 0) == 0:
            return "void"
        return "booked" if compare(self.booked_amount, self.amount) >= 0 else "approved"

    def write(self, vals):
        if set(vals) - NOTES - {"decline_reason"} and not self.env.su:
            raise UserError(
                self.env._("A credit follows from its report. Approve or decline it, or correct the facts.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(self.env._("A credit is kept as evidence. Decline it with a reason instead."))

    def _check_is_manager(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("kor_sla.group_kor_support_manager"):
            raise AccessError(
                self.env._("Only administrators of KOR Enterprise › Support approve and decline credits.")
            )

    def action_approve(self):
        """Approve the credits as they are: the contracts' next billing books them.

        :return: True
        """
        self._check_is_manager()
        credits_sudo = self.sudo()  # credits are written by their own engine only
        declined = credits_sudo.filtered("is_declined")
        declined.write({"is_declined": False})
        credits_sudo.filtered(lambda one: one.amount > one.approved_amount)._approve(self.env.user)
        return True

    def action_decline(self):
        """Decline credits that are not booked, with the reason that stands on each of them.

        :return: True
        """
        self._check_is_manager()
        for credit in self:
            if not (credit.decline_reason or "").strip():
                raise UserError(
                    self.env._("“%(credit)s”: write the reason first, the customer reads it.", credit=credit.name)
                )
            if not credit.currency_id.is_zero(credit.booked_amount):
                raise UserError(
                    self.env._(
                        "“%(credit)s” is booked with %(amount)s. Correct the facts instead: what is too much is set "
                        "off against the next credit.",
                        credit=credit.name,
                        amount=credit.currency_id.format(credit.booked_amount),
                    )
                )
        self.sudo().write({"is_declined": True, "approved_amount": 0.0})  # as above
        return True

    def action_open_decline(self):
        """Ask for the reason, then decline the credits.

        :return: a window action
        """
        self._check_is_manager()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decline"),
            "res_model": "kor.sla.credit.decline",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_credit_ids": self.ids},
        }

    def action_open_moves(self):
        """Open the credit notes.

        :return: a window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_refund_type")
        return {**action, "domain": [("id", "in", self.move_ids.ids)], "context": {"create": False}}

    def _approve(self, user=None):
        for credit in self:
            credit.write({"approved_amount": credit.amount})
        values = {"date_approved": fields.Datetime.now(), "approved_by_id": user.id if user else False}
        self.write(values)
        self.contract_id._note_sla_credits()

    @api.model
    def _sync(self, reports):
        """Bring the credits of months to what the reports say; automatic ones are approved."""
        known = self._get_by_key(reports.contract_id, reports.mapped("month"))
        values, synced = [], self.browse()
        for report in reports:
            settled = report.figures["credits"]
            claimed = {claim["kind"] for part in settled["parts"] for claim in part["claims"]}
            for kind, _label in KINDS:
                credit = known.get((report.contract_id.id, report.month, kind))
                vals = self._prepare_values(report, settled, kind)
                if credit:
                    credit.write(vals)
                    synced |= credit
                elif kind in claimed:
                    key = {"contract_id": report.contract_id.id, "month": report.month, "kind": kind}
                    values.append({**key, **vals})
        synced |= self.create(values)
        synced._approve_automatic()
        return synced

    def _approve_automatic(self):
        """Approve what the agreement gives by itself."""
        due = self.filtered(lambda credit: not credit.is_declined and credit.amount > credit.approved_amount)
        automatic = due.filtered(lambda credit: credit._is_automatic())
        if automatic:
            automatic._approve()

    def _is_automatic(self):
        parts = (self.report_id.figures or {}).get("claims") or []
        return bool(parts) and all(part["mode"] == "automatic" for part in parts)

    @api.model
    def _get_by_key(self, contracts, months):
        found = self.search([("contract_id", "in", contracts.ids), ("month", "in", list(set(months)))])
        return {(credit.contract_id.id, credit.month, credit.kind): credit for credit in found}

    @api.model
    def _prepare_values(self, report, settled, kind):
        return {
            "report_id": report.id,
            "tier_id": report.tier_id.id,
            "target_amount": settled["kinds"].get(kind, 0.0),
            "explanation": {"service_credit": settled, "kind": kind},
        }

    def _settle_again(self):
        """Bring the targets to the fees as they are billed now: use is billed after its month."""
        reports = self.report_id
        for month, some in reports.grouped("month").items():
            end = fields.Date.end_of(month, "month")
            items = some.contract_id._get_fee_items(month, end)
            items_sudo = self.env["kor.billing.item"].sudo()  # as those that were found
            kept = some.contract_id._get_kept_shares(items_sudo.union(*items.values()))
            for report in some:
                contract = report.contract_id
                settled = contract._settle_sla_month(report.figures["claims"], month, items[contract], kept)
                for credit in self.filtered(lambda one, own=report: one.report_id == own):
                    values = self._prepare_values(report, settled, credit.kind)
                    if credit.currency_id.compare_amounts(values["target_amount"], credit.target_amount):
                        credit.write(values)
        self._approve_automatic()
