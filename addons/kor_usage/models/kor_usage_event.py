from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine.intake import AREA, Agreement, IntakeError, find_agreement, find_measure, place, read_report
from ..engine.local_days import LocalDays
from ..engine.outcome import Outcome
from ..engine.plain import place_columns, read_columns
from .kor_usage_count_mixin import begin_read_committed
from .kor_usage_reversal_mixin import Reversal

BATCH_LIMIT = 10_000
AGREEMENT_FIELDS = ("company_id", "date_start", "date_end_effective", "tz")
REPORTER = "kor_usage.group_kor_usage_reporter"
DROP_DAYS = """
    WITH over AS (
        SELECT contract_id, metric_id, day FROM kor_usage_rollup
         WHERE company_id = %s AND has_events AND dimension = '' AND day < %s
         ORDER BY contract_id, metric_id, day LIMIT %s FOR UPDATE
    ), marked AS (
        UPDATE kor_usage_rollup r SET has_events = false, is_condensed = true
          FROM over WHERE (r.contract_id, r.metric_id, r.day) = (over.contract_id, over.metric_id, over.day)
    ), dropped AS (
        DELETE FROM kor_usage_event e
         USING over WHERE (e.contract_id, e.metric_id, e.day) = (over.contract_id, over.metric_id, over.day)
        RETURNING e.*
    )
    INSERT INTO kor_usage_dropped_key (id, partner_id, event_key, contract_id, metric_id, day, is_reversed)
    SELECT id, partner_id, event_key, contract_id, metric_id, day, is_reversed FROM dropped
"""
TABLE = """
    CREATE SEQUENCE IF NOT EXISTS kor_usage_event_id_seq;
    ALTER SEQUENCE kor_usage_event_id_seq CACHE 100;
    CREATE TABLE IF NOT EXISTS kor_usage_event (
        id bigint PRIMARY KEY,
        contract_id integer NOT NULL,
        partner_id integer NOT NULL,
        metric_id integer NOT NULL,
        company_id integer NOT NULL,
        event_key varchar COLLATE "C" NOT NULL,
        time timestamp NOT NULL,
        day date NOT NULL,
        second numeric NOT NULL,
        quantity numeric NOT NULL,
        value varchar,
        properties jsonb,
        dimension varchar NOT NULL,
        reverses varchar,
        is_reversed boolean NOT NULL
    );
    ALTER TABLE kor_usage_event ALTER id SET DEFAULT nextval('kor_usage_event_id_seq'),
                                ALTER is_reversed SET DEFAULT false;
    ALTER SEQUENCE kor_usage_event_id_seq OWNED BY kor_usage_event.id;
    SELECT setval('kor_usage_event_id_seq', max(id)) FROM kor_usage_event
    HAVING max(id) > (SELECT last_value FROM kor_usage_event_id_seq);
    CREATE UNIQUE INDEX IF NOT EXISTS kor_usage_event__key_unique ON kor_usage_event (partner_id, event_key);
    CREATE INDEX IF NOT EXISTS kor_usage_event__day_idx ON kor_usage_event (contract_id, metric_id, day)
"""


class KorUsageEvent(models.Model):
    """Hold single events as they were reported. Nobody writes them: `ingest` counts them, retention drops them."""

    _name = "kor.usage.event"
    _inherit = ["kor.usage.reversal.mixin", "kor.usage.dimension.mixin", "kor.input.mixin"]
    _description = "Usage Event"
    _auto = False
    _log_access = False
    _order = "id desc"
    _rec_name = "event_key"

    event_key = fields.Char(
        string="Event ID", required=True, help="Given by the system that reports; counts once for a customer."
    )
    contract_id = fields.Many2one("kor.contract", required=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    metric_id = fields.Many2one("kor.metric", required=True)
    time = fields.Datetime(required=True, default=fields.Datetime.now)
    day = fields.Date(readonly=True, help="In the contract's time zone.")
    second = fields.Float(digits=0, readonly=True, aggregator=False, help="Seconds since midnight of the day.")
    quantity = fields.Float(digits=0, default=1)
    value = fields.Char(help="What is counted once where a metric counts different values, such as a user's id.")
    properties = fields.Json()
    dimension = fields.Char(
        string="Dimension (JSON)", readonly=True, help="The properties by which the metric keeps use apart."
    )
    reverses = fields.Char(help="The id of the event that this one takes out.")
    is_reversed = fields.Boolean(string="Reversed", readonly=True)

    def init(self):
        # By hand: a foreign key on each of millions of rows costs more than the row; the rollups hold them. Keys are
        # compared byte by byte, as systems give them out in an order, which keeps new ones close to each other. Ids are
        # taken by the hundred: one by one takes a tenth of the time of a row.
        self.env.cr.execute(TABLE)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Count events that come from a screen or an import, as `ingest` does."""
        self._check_plain_input(vals_list)
        events = [self._prepare_plain_event(vals) for vals in vals_list]
        rejected = self.ingest(events)["rejected"]
        if rejected:
            reasons = [f"{refused['id'] or refused['index'] + 1}: {refused['reason']}" for refused in rejected[:10]]
            raise UserError("\n".join(reasons))
        self.env["kor.usage.rollup"].invalidate_model()
        return self.browse(self._find_created(events))

    @api.model
    def ingest(self, events):
        """Count usage events; each id of a customer counts once, for ever.

        :param events: a list of up to 10,000 events, each `{id, contract, metric, time, quantity, properties}` or a
            CloudEvent 1.0; `value` for metrics that count different values, `reverses` for corrections
        :return: `{"accepted": n, "duplicate": n, "rejected": [{"index", "id", "reason"}]}`
        """
        domain = self._get_reporting_domain()
        events = [events] if isinstance(events, dict) else events
        if not isinstance(events, list | tuple):
            raise UserError(self.env._("Send the events as a list of objects."))
        if len(events) > BATCH_LIMIT:
            raise UserError(
                self.env._(
                    "These are %(count)s events: send at most %(limit)s at once.", count=len(events), limit=BATCH_LIMIT
                )
            )
        return self._ingest(events, domain)

    @api.model
    def _ingest_apart(self, events):
        """Ingest in a transaction in which posts at the same time wait for each other."""
        begin_read_committed(self.env.cr)
        return self.ingest(events)

    @api.model
    def _get_reporting_domain(self):
        """Return the contracts for which the user may report use, or raise AccessError."""
        user = self.env.user
        if self.env.su:
            return []
        if user._is_portal():
            return [("partner_id", "child_of", user.commercial_partner_id.id)]
        if user.has_group(REPORTER):
            return [("company_id", "in", self.env.companies.ids)]
        raise AccessError(self.env._("You may not report usage: ask for the right “Usage › Reporter”."))

    @api.model
    def _ingest(self, events, domain):
        outcome, measures = Outcome(), self._get_measures()
        reversals = []
        entries = self._place_plain(events, domain, measures)
        if entries is None:
            reports = self._read_reports(events, outcome)
            agreements = self._find_agreements({report.contract for _position, report in reports}, domain)
            entries, reversals = self._place(reports, agreements, measures, outcome)
        entries = self._refuse_condensed(entries, outcome)
        outcome.accepted += len(fresh := self._count(entries))
        outcome.duplicate += len(entries) - len(fresh)
        if reversals:
            self._reverse(reversals, {measure.id: measure for measure in measures.values()}, outcome)
        return outcome.as_dict()

    @api.model
    def _place_plain(self, events, domain, measures):
        """Return the entries of plain events; None where they are to be read one by one."""
        columns = read_columns(events)
        if columns is None:
            return None
        agreements = self._find_agreements(set(columns.contracts), domain)
        return place_columns(columns, agreements, measures, self._get_now())

    @api.model
    def _read_reports(self, events, outcome):
        """Return the reports of events with their positions, and refuse what is none."""
        reports, known = [], {}
        for position, event in enumerate(events):
            try:
                reports.append((position, read_report(event, known)))
            except IntakeError as error:
                key = event.get("id") if isinstance(event, dict) else ""
                outcome.refuse(position, key if isinstance(key, str) else "", error)
        return reports

    @api.model
    def _get_now(self):
        return fields.Datetime.now().replace(tzinfo=UTC)

    @api.model
    def _place(self, reports, agreements, measures, outcome):
        """Return the entries to count and the reversals of reports, refuse those that name what is not there."""
        entries, reversals = [], []
        now = self._get_now()
        for position, report in reports:
            try:
                agreement = find_agreement(agreements, report)
                if report.reverses is not None:
                    reversals.append(Reversal(position, report, agreement))
                    continue
                entry = place(position, report, agreement, find_measure(measures, report), now)
            except IntakeError as error:
                outcome.refuse(position, report.key, error)
            else:
                if not outcome.is_repeated(entry.partner_id, entry.event_key):
                    entries.append(entry)
        return entries, reversals

    @api.model
    def _refuse_condensed(self, entries, outcome):
        """Refuse what would change the course of a day whose events have been dropped."""
        timed = {(entry.contract_id, entry.metric_id, entry.day) for entry in entries if entry.shape == AREA}
        if not timed:
            return entries
        gone = set(
            self.env.execute_query(
                SQL(
                    """
                    SELECT contract_id, metric_id, day FROM kor_usage_rollup
                     WHERE is_condensed AND dimension = ''
                       AND (contract_id, metric_id, day) IN (SELECT * FROM unnest(%s::int[], %s::int[], %s::date[]))
                    """,
                    *map(list, zip(*timed, strict=True)),
                )
            )
        )
        kept = []
        for entry in entries:
            if (entry.contract_id, entry.metric_id, entry.day) in gone and entry.shape == AREA:
                reason = f"The events of {entry.day} are not kept any more: its average cannot be changed."
                outcome.refuse(entry.position, entry.event_key, reason)
            else:
                kept.append(entry)
        return kept

    @api.model
    def _find_agreements(self, names, domain):
        """Return the agreed contracts by the numbers and ids that events name; an ambiguous number is left out."""
        ids = [name for name in names if isinstance(name, int) and 0 < name < 2**31]
        numbers = [name for name in names if isinstance(name, str)]
        named = ["|", ("id", "in", ids), ("name", "in", numbers), ("date_activated", "!=", False)]
        calendars, by_number, agreements = {}, {}, {}
        for *names, start, end, tz in self._read_contracts([*named, *domain]):
            days = calendars.setdefault(tz, LocalDays(tz or "UTC"))
            end = days.midnight(end + timedelta(days=1)) if end else None
            agreement = Agreement(*names, start=days.midnight(start), end=end, days=days)
            agreements[agreement.id] = agreement
            by_number.setdefault(agreement.name, []).append(agreement)
        return {**{number: found[0] for number, found in by_number.items() if len(found) == 1}, **agreements}

    @api.model
    def _read_contracts(self, domain):
        """Return what an agreement is made of, for each contract, in one query."""
        contracts = self.env["kor.contract"].sudo()  # a reporter may not read contracts; the domain says which
        contracts.flush_model(["partner_id", *AGREEMENT_FIELDS])
        contracts.partner_id.flush_model(["commercial_partner_id"])
        query = contracts._search(domain)
        partner = query.left_join(query.table, "partner_id", "res_partner", "id", "partner_id")
        names, terms = (
            [SQL.identifier(query.table, name) for name in part] for part in (("id", "name"), AGREEMENT_FIELDS)
        )
        return self.env.execute_query(query.select(*names, SQL.identifier(partner, "commercial_partner_id"), *terms))

    @api.model
    def _get_measures(self):
        """Return all metrics by their codes."""
        return self.env["kor.metric"]._get_measures()

    @api.model
    def _prepare_plain_event(self, vals):
        """Return the plain event that values of fields stand for."""
        metric = self.env["kor.metric"].sudo()  # a reporter may not read the catalogue
        metric = metric.browse(vals.get("metric_id") or ())
        return {
            "id": vals.get("event_key"),
            "contract": vals.get("contract_id"),
            "metric": metric.code or None,
            "time": self._prepare_plain_time(vals),
            "quantity": vals.get("quantity", None if vals.get("reverses") else 1),
            "value": vals.get("value") or None,
            "properties": vals.get("properties") or None,
            "reverses": vals.get("reverses") or None,
        }

    @api.model
    def _prepare_plain_time(self, vals):
        if vals.get("reverses"):
            return None
        try:
            moment = fields.Datetime.to_datetime(vals.get("time") or fields.Datetime.now())
        except (TypeError, ValueError):
            return str(vals["time"])
        return moment.replace(tzinfo=UTC).isoformat()

    @api.model
    def _find_created(self, events):
        """Return the ids of the events that have just been counted, or had been before, in their order."""
        contracts = self.env["kor.contract"].sudo().browse(event["contract"] for event in events)  # as counted
        keys = [
            (contract.partner_id.commercial_partner_id.id, str(event["id"]))
            for contract, event in zip(contracts, events, strict=True)
        ]
        found = self._find_keys(keys)
        return [found[key]["id"] for key in keys]

    @api.autovacuum
    def _gc_events(self):
        """Drop single events that are older than their company keeps them; what they add up to stays."""
        for company in self.env["res.company"].sudo().search([("kor_usage_retention_days", ">", 0)]):  # of all users
            before = fields.Date.today() - timedelta(days=company.kor_usage_retention_days)
            if dropped := self._drop_events(company, before):
                return dropped, 1
        return 0, 0

    @api.model
    def _drop_events(self, company, before, limit=100):
        """Drop the events of some days of a company before a day but for their keys; return how many were dropped.

        The rollups are locked first: whoever counts an event of such a day at this time comes before or after.
        """
        self.env.cr.execute("UPDATE kor_usage_retention SET ran_at = now()")
        self.env.cr.execute(
            SQL(
                DROP_DAYS,
                company.id,
                before,
                limit,
            )
        )
        self.invalidate_model()
        self.env["kor.usage.rollup"].invalidate_model()
        return self.env.cr.rowcount
