from odoo import api, fields, models
from odoo.tools import formatLang

from .kor_sla_clock import KINDS
from .kor_sla_target import PRIORITIES


class KorSlaReportLine(models.Model):
    """One promise in a month: what was agreed, what it was, and what shows it."""

    _name = "kor.sla.report.line"
    _description = "Target in an SLA Report"
    _order = "report_id, sequence, id"

    report_id = fields.Many2one("kor.sla.report", required=True, index=True, ondelete="cascade")
    contract_id = fields.Many2one(related="report_id.contract_id", store=True, index=True)
    partner_id = fields.Many2one(related="report_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="report_id.company_id", store=True, index=True)
    month = fields.Date(related="report_id.month", store=True)
    is_current = fields.Boolean(related="report_id.is_current", store=True)
    state = fields.Selection(related="report_id.state", store=True, string="Status of the Report")
    sequence = fields.Integer()
    agreement_id = fields.Many2one("kor.sla.agreement", ondelete="restrict", index="btree_not_null")
    tier_id = fields.Many2one("kor.tier", index=True, help="When it was agreed.")
    kind = fields.Selection([("uptime", "Uptime"), *KINDS], required=True)
    priority = fields.Selection(PRIORITIES)
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    target = fields.Float(digits=(16, 6), aggregator=False, help="Per cent for uptime, minutes for times.")
    actual = fields.Float(digits=(16, 6), aggregator=False, help="Per cent for uptime, the longest minutes for times.")
    exact = fields.Char(help="The uptime unrounded, as a fraction: it decides, not what is shown.")
    is_met = fields.Boolean(string="Met")
    is_missed = fields.Integer(string="Missed Targets", help="1 where the target was missed, to count by.")
    count = fields.Integer(string="Measured", help="Outages, or times of tickets.")
    missed = fields.Integer(string="Late", help="Of those: what was late, or counts against the uptime.")
    met_share = fields.Float(string="Met (%)", digits=(16, 2), aggregator="avg")
    evidence = fields.Json(string="Facts", readonly=True)
    name = fields.Char(compute="_compute_name")
    target_text = fields.Char(string="Promised", compute="_compute_texts")
    actual_text = fields.Char(string="Was", compute="_compute_texts")
    evidence_html = fields.Html(string="Evidence", compute="_compute_evidence_html", sanitize=False)

    _newest_idx = models.Index("(month DESC, id)")

    @api.depends("kind", "priority")
    @api.depends_context("lang")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        priorities = dict(self._fields["priority"]._description_selection(self.env))
        for line in self:
            parts = (kinds.get(line.kind), priorities.get(line.priority))
            line.name = ", ".join(part for part in parts if part)

    @api.depends("target", "actual", "kind", "exact", "count")
    @api.depends_context("lang")
    def _compute_texts(self):
        for line in self:
            line.target_text = line._describe_value(line.target)
            is_measured = self._is_measured(line)
            line.actual_text = line._describe_value(line.actual) if is_measured else self.env._("nothing measured")

    @api.model
    def _is_measured(self, target):
        """Tell of a line, or a target as `_get_compliance` gives it, whether anything happened that it is about."""
        return bool(target["exact"] if target["kind"] == "uptime" else target["count"])

    @api.depends("evidence")
    @api.depends_context("lang")
    def _compute_evidence_html(self):
        for line in self:
            line.evidence_html = self.env["ir.qweb"]._render("kor_sla.report_evidence", {"line": line})

    def _describe_value(self, value):
        if self.kind == "uptime":
            return f"{self._format(value, 6)} %"
        # Fractions of a minute where they are, else as on the ticket: 90 min are 1 h 30 min.
        if value == int(value):
            return self.env["kor.sla.clock"]._describe_minutes(int(value))
        return self.env._("%(minutes)s min", minutes=self._format(value, 1))

    def _format(self, value, most):
        text = f"{value:.{most}f}".rstrip("0").rstrip(".")
        return formatLang(self.env, float(text), digits=len(text.partition(".")[2]))

    @api.model
    def _prepare_values(self, target, sequence):
        """Return the values of a line over a target, as `_get_compliance` gives it."""
        agreement = self.env["kor.sla.agreement"].browse(target["agreement"])
        count = target["count"]
        is_time = target["kind"] != "uptime"
        share = 100.0 * (count - target["missed"]) / count if is_time and count else 100.0 * target["met"]
        return {
            "sequence": sequence,
            "agreement_id": agreement.id,
            "tier_id": agreement.tier_id.id,
            "kind": target["kind"],
            "priority": target["priority"] or False,
            "date_from": target["date_from"],
            "date_to": target["date_to"],
            "target": target["target"],
            "actual": target["actual"],
            "exact": target["exact"],
            "is_met": target["met"],
            "is_missed": 0 if target["met"] else 1,
            "count": count,
            "missed": target["missed"],
            "met_share": share,
            "evidence": target["evidence"],
        }

    def action_open_evidence(self):
        """Open what shows it: the outages or the tickets.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("read")
        model = "kor.sla.outage" if self.kind == "uptime" else "project.task"
        ids = [one["id"] for one in self.evidence or []]
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": model,
            "domain": [("id", "in", ids)],
            "views": [(False, "list"), (False, "form")],
            "context": {"create": False},
        }
