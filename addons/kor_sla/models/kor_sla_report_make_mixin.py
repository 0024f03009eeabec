import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

from odoo.addons.kor_enterprise_tiers.tools import read_whole_number

_logger = logging.getLogger(__name__)
BATCH_SIZE = 100
# How long after its month a report stays a draft, so that facts can be completed.
DRAFT_DAYS = 3
DAY = timedelta(days=1)


class KorSlaReportMakeMixin(models.AbstractModel):
    """Make the monthly reports, freeze them, and make revisions where facts were corrected since."""

    _name = "kor.sla.report.make.mixin"
    _description = "Making of SLA Reports"

    @api.model
    def _cron_report(self):
        """Make the reports of the last month, freeze those whose time has come, and look at what has changed.

        In chunks that commit: what was cut off is simply continued.
        """
        cron, today = self.env["ir.cron"], fields.Date.context_today(self)
        month = fields.Date.start_of(fields.Date.start_of(today, "month") - DAY, "month")
        steps = (
            (lambda: self._get_contracts_to_report(month), lambda some: self._make(some, month)),
            (self._get_drafts_to_freeze, lambda some: some._freeze()),
            (self._get_stale, lambda some: some._look_again()),
            (self._get_reports_to_send, lambda some: some._send()),
        )
        cron._commit_progress(remaining=sum(len(find()) for find, _work in steps))
        for find, work in steps:
            found = find()
            for ids in split_every(BATCH_SIZE, found.ids):
                self._work_halves(found.browse(ids), work)
                if not cron._commit_progress(len(ids)):
                    return
                # What was reported is not read again; kept, it would grow with each chunk.
                self.env.invalidate_all()

    @api.model
    def _work_halves(self, records, work):
        """Do one step for records together; where one fails, halve them until it stands alone, and log it."""
        if not records:
            return
        try:
            with self.env.cr.savepoint():
                work(records)
            return
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if len(records) == 1:
                known = isinstance(error, UserError)
                _logger.log(
                    logging.INFO if known else logging.ERROR,
                    "%s is left out of the monthly reports: %s",
                    records.display_name,
                    error,
                    exc_info=None if known else error,
                )
                return
        middle = len(records) // 2
        for half in (records[:middle], records[middle:]):
            self._work_halves(half, work)

    @api.model
    def _get_contracts_to_report(self, month):
        """Return the contracts with an agreement in the month, whose month is over, and that have no report of it."""
        end = fields.Date.end_of(month, "month")
        domain = [
            ("date_activated", "!=", False),
            ("date_start", "<=", end),
            "|",
            ("date_end_effective", "=", False),
            ("date_end_effective", ">=", month),
            ("sla_agreement_ids", "any", [("date_start", "<=", end)]),
            ("id", "not in", self._search([("month", "=", month)]).subselect("contract_id")),
        ]
        found = self.env["kor.contract"].search(domain, order="id")
        # The month ends when it does where the agreement's days begin; later zones wait for the next job.
        return found.filtered(lambda contract: contract._get_today() > end)

    @api.model
    def _get_drafts_to_freeze(self):
        return self.search(
            [("state", "=", "draft"), ("date_freeze", "<=", fields.Date.context_today(self))], order="id"
        )

    @api.model
    def _get_stale(self):
        return self.search([("is_stale", "=", True), ("is_current", "=", True)], order="id")

    @api.model
    def _make(self, contracts, month):
        """Return draft reports of a month, one for each contract that was promised something in it."""
        end = fields.Date.end_of(month, "month")
        prepared = self._prepare_reports(contracts, month, end)
        freeze = end + timedelta(self._get_draft_days())
        return self.create(
            [
                {**values, "contract_id": contract.id, "month": month, "date_freeze": freeze}
                for contract, values in prepared.items()
            ]
        )

    @api.model
    def _get_draft_days(self):
        return read_whole_number(self.env, "kor_sla.report_draft_days", DRAFT_DAYS)

    @api.model
    def _prepare_reports(self, contracts, month, end):
        """Return by contract the values of its report, by the facts as they are now, in the customer's language."""
        result = {}
        for lang, some in contracts.grouped(lambda contract: contract.partner_id.lang).items():
            own = some.with_context(lang=lang)
            compliance = own._get_compliance(month, end)
            items = own._get_fee_items(month, end)
            kept = own._get_kept_shares(self.env["kor.billing.item"].sudo().union(*items.values()))  # see there
            for contract, targets in compliance.items():
                if targets:
                    result[contract] = self._prepare_report(contract, month, targets, items[contract], kept)
        return result

    @api.model
    def _prepare_report(self, contract, month, targets, items, kept):
        claims = contract._get_sla_claims(targets)
        settled = contract._settle_sla_month(claims, month, items, kept)
        agreement = self.env["kor.sla.agreement"].browse(targets[-1]["agreement"])
        uptime = [target for target in targets if target["kind"] == "uptime" and target["exact"]]
        missed = sum(not target["met"] for target in targets)
        return {
            "name": self.env._("%(contract)s, %(month)s", contract=contract.name, month=month.strftime("%Y-%m")),
            "agreement_id": agreement.id,
            "tier_id": (agreement.tier_id or contract.tier_id).id,
            "date_from": min(target["date_from"] for target in targets),
            "date_to": max(target["date_to"] for target in targets),
            "uptime": uptime[-1]["actual"] if uptime else 0.0,
            "uptime_target": uptime[-1]["target"] if uptime else 0.0,
            "down_seconds": sum(target["seconds"]["down"] for target in uptime),
            "target_count": sum(map(self.env["kor.sla.report.line"]._is_measured, targets)),
            "missed_count": missed,
            "is_met": not missed,
            "base_amount": settled["base"],
            "credit_amount": settled["total"],
            "figures": {"targets": targets, "claims": claims, "credits": settled},
            "line_ids": self._prepare_lines(targets),
        }

    def _refresh(self):
        """Bring drafts to the facts as they are now, and return them without those that have nothing to tell any more.

        By a contract that has ended earlier than was known, for instance, nothing was promised in the month.
        """
        for month, reports in self.grouped("month").items():
            end = fields.Date.end_of(month, "month")
            prepared = self._prepare_reports(reports.contract_id, month, end)
            for report in reports:
                if report.contract_id in prepared:
                    report._write_engine({**prepared[report.contract_id], "is_stale": False})
                else:
                    report.unlink()
        return self.exists()

    def _freeze(self):
        """Freeze drafts by the facts as they are now, and work out the credits; return the reports that are left."""
        drafts = self.filtered(lambda report: report.state == "draft")
        others = self - drafts
        running = drafts.filtered(lambda report: report.contract_id._get_today() <= report.date_to)
        if running:
            raise UserError(
                self.env._(
                    "The month of “%(report)s” is not over: it can be frozen after %(day)s.",
                    report=running[0].name,
                    day=running[0].date_to,
                )
            )
        drafts = drafts._refresh()
        for end, some in drafts.grouped(lambda report: report._get_dispute_end()).items():
            some._write_engine(
                {"state": "frozen", "date_frozen": fields.Datetime.now(), "date_dispute_end": end, "is_stale": False}
            )
        self.env["kor.sla.credit"].sudo()._sync(drafts)  # credits are written by their own engine only
        return others | drafts

    @api.model
    def _mark_stale(self, contracts, first=False, last=False):
        """Note that facts of contracts have changed: the next job compares what was reported of these days.

        :param contracts: the contracts, empty for all
        """
        domain = Domain("is_current", "=", True) & Domain("is_stale", "=", False)
        if contracts:
            domain &= Domain("contract_id", "in", contracts.ids)
        if first:
            domain &= Domain("date_to", ">=", first)
        if last:
            domain &= Domain("date_from", "<=", last)
        self.sudo().search(domain)._write_engine({"is_stale": True})  # a note of the engine, whoever changes facts

    def _look_again(self):
        """Compare reports with the facts: drafts follow them, frozen ones get a revision where something differs."""
        drafts = self.filtered(lambda report: report.state == "draft")
        drafts._refresh()
        (self - drafts)._correct()

    def _correct(self):
        """Return frozen revisions where the facts are not those of the reports any more."""
        if any(report.state == "draft" or not report.is_current for report in self):
            raise UserError(
                self.env._("Only the latest report of a month, once it is frozen, can be corrected by another one.")
            )
        self._write_engine({"is_stale": False})
        differing = {}
        for month, reports in self.grouped("month").items():
            prepared = self._prepare_reports(reports.contract_id, month, fields.Date.end_of(month, "month"))
            for report in reports:
                values = prepared.get(report.contract_id)
                if values and (difference := report._describe_difference(values)):
                    differing[report] = {**values, **report._prepare_revision(), "difference": difference}
        corrected = self.browse([report.id for report in differing])
        corrected._write_engine({"is_current": False})
        corrected.flush_recordset()
        revisions = self.create(list(differing.values()))
        revisions._freeze()
        for report, revision in zip(corrected, revisions, strict=True):
            report._note_corrected(revision)
        return revisions

    def _prepare_revision(self):
        return {
            "contract_id": self.contract_id.id,
            "month": self.month,
            "revision": self.revision + 1,
            "previous_id": self.id,
            "date_freeze": self.date_freeze,
        }

    def _note_corrected(self, revision):
        self.message_post(
            body=self.env._(
                "Corrected by %(report)s: %(difference)s",
                report=revision._get_html_link(),
                difference=revision.difference,
            )
        )

    def _describe_difference(self, values):
        """Return what differs, a sentence for each target; empty where nothing does."""
        before = {self._get_target_key(one): one for one in self.figures["targets"]}
        now = {self._get_target_key(one): one for one in values["figures"]["targets"]}
        line_model = self.env["kor.sla.report.line"]
        sentences = []
        for key in dict.fromkeys([*before, *now]):
            old, new = before.get(key), now.get(key)
            if self._get_outcome(old) == self._get_outcome(new):
                continue
            line = line_model.new(line_model._prepare_values(new or old, 0))
            sentences.append(
                self.env._(
                    "%(name)s: %(old)s, now %(new)s",
                    name=line.name,
                    old=self._describe_outcome(old),
                    new=self._describe_outcome(new),
                )
            )
        return "\n".join(sentences)

    @api.model
    def _get_target_key(self, target):
        return target["kind"], target["priority"], target["date_from"], target["date_to"]

    @api.model
    def _get_outcome(self, target):
        names = ("target", "exact", "met", "count", "missed")
        return target and (*(target[name] for name in names), round(target["actual"], 9))

    @api.model
    def _describe_outcome(self, target):
        if not target:
            return self.env._("not promised")
        line_model = self.env["kor.sla.report.line"]
        line = line_model.new(line_model._prepare_values(target, 0))
        values = {"actual": line.actual_text, "target": line.target_text, "missed": target["missed"]}
        if target["kind"] == "uptime":
            return self.env._("%(actual)s of %(target)s", **values)
        return self.env._("%(missed)s of %(count)s late", count=target["count"], **values)
