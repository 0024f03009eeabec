from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.tools import open_form

NOTES = {"activity_ids", "message_ids", "message_follower_ids", "message_main_attachment_id", "access_token"}


class KorSlaReport(models.Model):
    """What became of a contract's promises in a month: kept as it was told to the customer, never edited.

    Facts that are corrected later make another revision, which names the one before and what differs.
    """

    _name = "kor.sla.report"
    _inherit = [
        "kor.sla.report.make.mixin",
        "kor.sla.report.send.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "SLA Report"
    _order = "month desc, contract_id desc, revision desc"
    _mail_post_access = "read"

    name = fields.Char(required=True, readonly=True)
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    account_manager_id = fields.Many2one(related="contract_id.account_manager_id", store=True)
    tier_id = fields.Many2one("kor.tier", readonly=True, index=True, help="The tier of the month's last agreement.")
    agreement_id = fields.Many2one("kor.sla.agreement", readonly=True, index="btree_not_null", ondelete="restrict")
    month = fields.Date(required=True, readonly=True, index=True, help="Its first day.")
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    revision = fields.Integer(default=1, readonly=True, help="1: as it was first told. 2 and above: corrected since.")
    is_current = fields.Boolean(string="Latest", default=True, readonly=True, index=True)
    previous_id = fields.Many2one(
        "kor.sla.report", string="Corrects", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    difference = fields.Text(readonly=True, help="What differs from the report that it corrects.")
    is_stale = fields.Boolean(
        string="To Look at", readonly=True, index=True, help="Facts of the month have changed: the next job compares."
    )
    state = fields.Selection(
        [("draft", "Draft"), ("frozen", "Frozen"), ("sent", "Sent")],
        required=True,
        default="draft",
        readonly=True,
        index=True,
        tracking=True,
        help="Draft: it follows the facts. Frozen: it is as it was told.",
    )
    date_freeze = fields.Date(string="Freezes on", readonly=True, help="Until then, facts can be completed.")
    date_frozen = fields.Datetime(string="Frozen", readonly=True)
    date_sent = fields.Datetime(string="Sent", readonly=True)
    date_dispute_end = fields.Date(string="Disputable until", readonly=True)
    line_ids = fields.One2many("kor.sla.report.line", "report_id", string="Targets", readonly=True)
    uptime = fields.Float(string="Uptime (%)", digits=(16, 6), readonly=True, aggregator="avg")
    uptime_target = fields.Float(string="Target (%)", digits=(16, 6), readonly=True, aggregator="avg")
    down_seconds = fields.Float(string="Downtime (seconds)", readonly=True)
    target_count = fields.Integer(
        string="Measured Targets", readonly=True, help="Those of which anything happened in the month."
    )
    missed_count = fields.Integer(string="Missed", readonly=True)
    is_met = fields.Boolean(string="All Met", readonly=True)
    base_amount = fields.Monetary(string="Fees", readonly=True, help="Of the month, on which credits are counted.")
    credit_amount = fields.Monetary(string="Credit", readonly=True, help="What follows from what was missed.")
    figures = fields.Json(readonly=True, help="What the report says, as other systems read it.")
    credit_ids = fields.Many2many("kor.sla.credit", compute="_compute_credits", string="Credits")
    dispute_ids = fields.One2many("kor.sla.dispute", "report_id", string="Disputes", readonly=True)
    is_disputable = fields.Boolean(compute="_compute_is_disputable")
    explanation_html = fields.Html(string="Why", compute="_compute_explanation_html", sanitize=False)

    _revision_unique = models.UniqueIndex(
        "(contract_id, month, revision)", "This month of the contract has this revision already."
    )
    _current_unique = models.UniqueIndex(
        "(contract_id, month) WHERE is_current", "This month of the contract has a report already."
    )

    def _compute_credits(self):
        found = self.env["kor.sla.credit"].sudo()  # who may read the report may read what follows from it
        found = found.search([("contract_id", "in", self.contract_id.ids), ("month", "in", self.mapped("month"))])
        groups = found.grouped(lambda credit: (credit.contract_id.id, credit.month))
        for report in self:
            report.credit_ids = groups.get((report.contract_id.id, report.month), found.browse())

    @api.depends("state", "is_current", "date_dispute_end")
    def _compute_is_disputable(self):
        for report in self:
            last = report.date_dispute_end
            report.is_disputable = bool(
                report.state != "draft" and report.is_current and last and report.contract_id._get_today() <= last
            )

    @api.depends("figures")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        for report in self:
            rows = report._get_credit_rows()
            report.explanation_html = rows and self.env["ir.qweb"]._render(
                "kor_billing.explanation", {"rows": rows, "record": self.env["kor.sla.credit"]}
            )

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for report in self:
            report.access_url = f"/my/sla-reports/{report.id}"
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        if any(report.state != "draft" for report in self):
            raise UserError(self.env._("A report that was frozen is kept as evidence. Corrected facts make a new one."))

    def write(self, vals):
        if set(vals) - NOTES and any(report.state != "draft" for report in self):
            raise UserError(
                self.env._("A frozen report stays as it was told. Correct the facts: they make a new revision.")
            )
        return super().write(vals)

    def _write_engine(self, vals):
        # Past the guard of this class only: all other overrides hold.
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _check_is_manager(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("kor_sla.group_kor_support_manager"):
            raise AccessError(self.env._("Only administrators of KOR Enterprise › Support freeze and correct reports."))

    def action_refresh(self):
        """Bring drafts to the facts as they are now.

        :return: True
        """
        self._check_is_manager()
        drafts = self.filtered(lambda report: report.state == "draft")
        if not drafts:
            raise UserError(self.env._("Only drafts follow the facts. Use Correct to compare a frozen report."))
        drafts.sudo()._refresh()  # reports are written by their own engine only
        return True

    def action_freeze(self):
        """Freeze drafts as they are by the facts now, and work out the credits.

        :return: True
        """
        self._check_is_manager()
        self.filtered(lambda report: report.state == "draft").sudo()._freeze()  # as above
        return True

    def action_correct(self):
        """Compare with the facts as they are now; where they differ, make another revision.

        :return: an action on the new revision, or a notification where nothing differs
        """
        self.ensure_one()
        self._check_is_manager()
        revision = self.sudo()._correct()  # as above
        if revision:
            return open_form(revision)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "message": self.env._("The report is what the facts say.")},
        }

    def action_open_credits(self):
        """Open the credits of the report's month.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.kor_sla_credit_action")
        return {**action, "domain": [("id", "in", self.credit_ids.ids)], "context": {}}

    def action_open_previous(self):
        """Open the report that this one corrects.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.previous_id)

    def _describe_month(self):
        """Return the month as a customer reads it, such as March 2026."""
        self.ensure_one()
        return format_date(self.env, self.month, date_format="MMMM yyyy")

    def _get_lines(self):
        """Return the lines as people read them: uptime first, then urgent tickets."""
        return self.line_ids.sorted(lambda line: (line.sequence, line.id))

    def _get_credit_rows(self):
        """Return the steps from fees and missed targets to the credit; none where nothing follows."""
        self.ensure_one()
        settled = (self.figures or {}).get("credits") or {}
        words = self.env["kor.sla.credit"].new({"currency_id": self.currency_id.id})
        return words._explain_service_credit({"service_credit": settled}) if settled.get("raw") else []

    def _dispute(self, text, line, user):
        """Return what a user does not accept, as a dispute. Raise where it is too late, or says nothing.

        :param line: the line that it is about, empty for the report as a whole
        """
        self.ensure_one()
        text = text.strip() if isinstance(text, str) else ""
        if not text:
            raise UserError(self.env._("Say in a sentence what is wrong, so that it can be looked into."))
        if not self.is_disputable:
            raise UserError(self._explain_not_disputable())
        return self.env["kor.sla.dispute"]._open(self, line, text, user)

    def _explain_not_disputable(self):
        if self.state == "draft":
            return self.env._("This report is a draft, which follows the facts. Dispute it once it is frozen.")
        if not self.is_current:
            return self.env._("A later report has taken the place of this one. Dispute that one.")
        return self.env._(
            "This report could be disputed until %(day)s. Write us a message instead.",
            day=format_date(self.env, self.date_dispute_end),
        )

    def dispute(self, text, line_id=0):
        """Dispute the report, or one of its lines, as its customer.

        :param text: what is wrong with it
        :param line_id: the line, 0 for the report as a whole
        :return: the id of the dispute
        """
        self.ensure_one()
        self.check_access("read")
        report_sudo = self.sudo()  # who may read a report may say that it is wrong
        line = report_sudo.line_ids.filtered(lambda one: one.id == line_id)
        if line_id and not line:
            raise UserError(self.env._("This target is on another report. Choose one of this report."))
        return report_sudo._dispute(text, line, self.env.user).id

    def _get_latest_credit_rows(self):
        """Return the steps to the credit with the fees as they are billed now; use may be billed after the report."""
        self.ensure_one()
        credit_sudo = self.sudo().credit_ids[:1]  # who may read the report may read what follows from it
        if not self.is_current or not credit_sudo:
            return self._get_credit_rows()
        settled = credit_sudo.explanation["service_credit"]
        return credit_sudo._explain_service_credit({"service_credit": settled}) if settled.get("raw") else []

    def _get_latest(self):
        """Return the last revision of the report's month."""
        self.ensure_one()
        return self.search(
            [("contract_id", "=", self.contract_id.id), ("month", "=", self.month), ("is_current", "=", True)]
        )

    def _get_dispute_end(self):
        days = self.agreement_id.dispute_days or 0
        return self.contract_id._get_today() + timedelta(days=days)

    def _prepare_lines(self, targets):
        return [Command.clear()] + [
            Command.create(self.env["kor.sla.report.line"]._prepare_values(target, sequence))
            for sequence, target in enumerate(targets)
        ]
