from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .kor_contract_sla_settle_mixin import CREDIT_KINDS
from .kor_sla_credit import KINDS


class KorSlaDispute(models.Model):
    """What a customer does not accept in a report, and how it was settled."""

    _name = "kor.sla.dispute"
    _inherit = ["kor.engine.fields.mixin", "kor.input.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Dispute of an SLA Report"
    _order = "id desc"
    _rec_name = "report_id"

    report_id = fields.Many2one("kor.sla.report", required=True, readonly=True, index=True, ondelete="restrict")
    line_id = fields.Many2one(
        "kor.sla.report.line", string="Target", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    contract_id = fields.Many2one(related="report_id.contract_id", store=True, index=True)
    partner_id = fields.Many2one(related="report_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="report_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="report_id.currency_id", store=True)
    month = fields.Date(related="report_id.month", store=True)
    credit_id = fields.Many2one("kor.sla.credit", readonly=True, index="btree_not_null", ondelete="restrict")
    user_id = fields.Many2one("res.users", string="Disputed by", readonly=True, ondelete="restrict")
    date = fields.Datetime(readonly=True, default=fields.Datetime.now)
    text = fields.Text(string="What Is Wrong", required=True, readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("accepted", "Accepted"), ("declined", "Declined")],
        required=True,
        default="open",
        readonly=True,
        index=True,
        tracking=True,
    )
    kind = fields.Selection(KINDS, string="Credit for", help="Which credit is raised, where the report itself stays.")
    amount = fields.Monetary(
        string="Credit More",
        help="What the customer gets beside what follows from the report. 0: the facts are corrected, and the report "
        "with them.",
    )
    answer = fields.Text(tracking=True, help="What the customer reads.")
    date_settled = fields.Datetime(string="Settled on", readonly=True)
    settled_by_id = fields.Many2one("res.users", string="Settled by", readonly=True, ondelete="restrict")

    @api.model
    def _open(self, report, line, text, user):
        """Return a new dispute of a report, and tell the account manager."""
        credit_sudo = self.env["kor.sla.credit"].sudo()  # credits are no right of customers
        kind = CREDIT_KINDS[line.kind] if line else False
        found = credit_sudo.search(
            [("contract_id", "=", report.contract_id.id), ("month", "=", report.month), ("kind", "=", kind)], limit=1
        )
        dispute = self.create(
            {
                "report_id": report.id,
                "line_id": line.id,
                "credit_id": found.id,
                "kind": kind or "uptime",
                "text": text,
                "user_id": user.id,
            }
        )
        contract = report.contract_id
        dispute.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("%(customer)s disputes a report", customer=report.partner_id.name),
            note=text,
            user_id=(contract.account_manager_id or contract.user_id or self.env.user).id,
        )
        return dispute

    @api.model
    def _explain_engine_field(self, name):
        return self.env._("The customer's words stay as they are; the buttons Accept and Decline settle the dispute.")

    def write(self, vals):
        answered = set(vals) & {"answer", "amount", "kind"}
        if answered and any(dispute.state != "open" for dispute in self):
            raise UserError(self.env._("A dispute that was settled stays as it is."))
        return super().write(vals)

    def action_accept(self):
        """Settle disputes in the customer's favour, with the credit that stands on them, if any.

        :return: True
        """
        self._check_can_settle()
        for dispute_sudo in self.sudo():  # credits are written by their own engine only
            dispute_sudo._accept(self.env.user)
        return True

    def action_decline(self):
        """Settle disputes with an answer: the report stays.

        :return: True
        """
        self._check_can_settle()
        for dispute in self:
            if dispute.amount:
                raise UserError(self.env._("A dispute that is declined gives no credit: set the amount to 0."))
        self.sudo()._settle("declined", self.env.user)  # as above
        return True

    def _check_can_settle(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("kor_sla.group_kor_support_manager"):
            raise AccessError(self.env._("Only administrators of KOR Enterprise › Support settle disputes."))
        for dispute in self:
            if dispute.state != "open":
                raise UserError(self.env._("This dispute is settled already."))
            if not (dispute.answer or "").strip():
                raise UserError(self.env._("Write an answer first: the customer reads why it is settled so."))
            if dispute.amount < 0:
                raise UserError(self.env._("A dispute gives a credit of 0 or more. To lower one, correct the facts."))

    def _accept(self, user):
        self.ensure_one()
        report = self.report_id._get_latest()
        if report.state != "draft":
            # What was corrected meanwhile counts first.
            report = report._correct() or report
        if self.amount:
            credit = self._get_credit(report)
            credit._adjust(self.amount, self.answer, user)
            self.credit_id = credit
        self._settle("accepted", user)

    def _get_credit(self, report):
        credit_model = self.env["kor.sla.credit"]
        known = credit_model._get_by_key(report.contract_id, [report.month])
        credit = known.get((report.contract_id.id, report.month, self.kind))
        if credit:
            return credit
        values = credit_model._prepare_values(report, report.figures["credits"], self.kind)
        key = {"contract_id": report.contract_id.id, "month": report.month, "kind": self.kind}
        return credit_model.create({**key, **values})

    def _settle(self, state, user):
        self.write({"state": state, "date_settled": fields.Datetime.now(), "settled_by_id": user.id})
        self.activity_unlink(["mail.mail_activity_data_todo"])
        for dispute in self:
            # The customer reads it on the report, where the dispute was made.
            dispute.report_id.message_post(body=dispute.answer, message_type="comment", subtype_xmlid="mail.mt_comment")
