from datetime import UTC

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.intake import IntakeError, find_agreement, find_measure
from ..engine.outcome import Outcome
from ..engine.readings import choose, contradiction, label_of, place_hour, read_hour
from .kor_usage_count_mixin import begin_read_committed
from .kor_usage_event import BATCH_LIMIT


class KorUsageReading(models.Model):
    """Hold what another system has summed up of an hour, in its highest revision. Nobody writes it but `ingest`."""

    _name = "kor.usage.reading"
    _inherit = ["kor.usage.reading.count.mixin", "kor.usage.dimension.mixin", "kor.input.mixin"]
    _description = "Usage Reading"
    _log_access = False
    _order = "hour desc, id desc"
    _rec_name = "metric_id"

    contract_id = fields.Many2one("kor.contract", required=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    metric_id = fields.Many2one("kor.metric", required=True, ondelete="restrict")
    hour = fields.Datetime(
        required=True, default=lambda self: self._default_hour(), help="Its beginning; a full hour in UTC."
    )
    day = fields.Date(required=True, readonly=True, help="The contract's day in which the hour begins.")
    second = fields.Float(
        digits=0, required=True, readonly=True, aggregator=False, help="Seconds since midnight of the day."
    )
    dimension = fields.Char(
        string="Dimension (JSON)",
        required=True,
        readonly=True,
        default="",
        help="The properties by which the metric keeps use apart.",
    )
    source = fields.Char(default="", help="Which of several systems reports its part of the hour; parts add up.")
    revision = fields.Integer(
        required=True, aggregator=False, help="The highest revision of an hour counts: raise it to replace a reading."
    )
    quantity = fields.Float(digits=0, required=True, help="What the hour comes to by the aggregation of the metric.")
    events = fields.Integer(required=True, default=1, help="How many events it was summed up from.")
    properties = fields.Json()

    _reading_unique = models.UniqueIndex("(contract_id, metric_id, hour, dimension, source)")

    def _default_hour(self):
        return fields.Datetime.now().replace(minute=0, second=0)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Count readings that come from a screen or an import, as `ingest` does."""
        self._check_plain_input(vals_list)
        readings = [self._prepare_plain_reading(vals) for vals in vals_list]
        outcome, chosen = self._ingest(readings, self.env["kor.usage.event"]._get_reporting_domain())
        if outcome.rejected:
            reasons = [f"{refused['id']}: {refused['reason']}" for refused in outcome.as_dict()["rejected"][:10]]
            raise UserError("\n".join(reasons))
        return self.browse(self._find_created(chosen))

    @api.model
    def ingest(self, readings):
        """Count readings of whole hours; of each hour the highest revision counts.

        :param readings: a list of up to 10,000 readings, each `{contract, metric, hour, quantity, revision}`, and where
            needed `events`, `properties` and `source`
        :return: `{"accepted": n, "duplicate": n, "rejected": [{"index", "id", "reason"}]}`; the id is made of contract,
            metric and hour
        """
        domain = self.env["kor.usage.event"]._get_reporting_domain()
        readings = [readings] if isinstance(readings, dict) else readings
        if not isinstance(readings, list | tuple):
            raise UserError(self.env._("Send the readings as a list of objects."))
        if len(readings) > BATCH_LIMIT:
            raise UserError(
                self.env._(
                    "These are %(count)s readings: send at most %(limit)s at once.",
                    count=len(readings),
                    limit=BATCH_LIMIT,
                )
            )
        return self._ingest(readings, domain)[0].as_dict()

    @api.model
    def _ingest_apart(self, readings):
        """Ingest in a transaction in which posts at the same time wait for each other, as for events."""
        begin_read_committed(self.env.cr)
        return self.ingest(readings)

    @api.model
    def _ingest(self, readings, domain):
        """Return the outcome, and by position the keys of the readings that were not refused."""
        outcome, reports = Outcome(), []
        for position, reading in enumerate(readings):
            try:
                reports.append((position, read_hour(reading)))
            except IntakeError as error:
                outcome.refuse(position, label_of(reading), error)
        labels = {position: label_of(readings[position]) for position, _reading in reports}
        entries = self._place(reports, labels, domain, outcome)
        chosen, repeated, contradicting = choose(entries)
        outcome.duplicate += len(repeated)
        refused = {entry.position: contradiction(entry) for entry in contradicting}
        if chosen:
            refused |= self._count_chosen(chosen, outcome)
        for position, reason in refused.items():
            outcome.refuse(position, labels[position], reason)
        return outcome, {entry.position: entry.key for entry in entries}

    @api.model
    def _place(self, reports, labels, domain, outcome):
        """Return the entries of reports, refuse those that name what is not there or cannot be."""
        events = self.env["kor.usage.event"]
        agreements = events._find_agreements({reading.report.contract for _position, reading in reports}, domain)
        measures = events._get_measures()
        now = events._get_now()
        entries = []
        for position, reading in reports:
            try:
                agreement = find_agreement(agreements, reading.report)
                measure = find_measure(measures, reading.report)
                entries.append(place_hour(position, reading, agreement, measure, now))
            except IntakeError as error:
                outcome.refuse(position, labels[position], error)
        return entries

    @api.model
    def _count_chosen(self, chosen, outcome):
        """Count entries by their keys, and return by position why some are refused."""
        entries = list(chosen.values())
        counted = self._count(entries)
        refused = {}
        for entry in entries:
            if entry.position in counted.contradicting:
                refused[entry.position] = contradiction(entry)
            elif entry.position in counted.condensed:
                refused[entry.position] = (
                    f"The events of {entry.day} are not kept any more: a level of that day cannot be changed."
                )
        outcome.accepted += len(counted.accepted)
        outcome.duplicate += len(entries) - len(counted.accepted) - len(refused)
        if counted.contract_ids:
            self._note_changed_use(counted.contract_ids, counted.first_day)
        return refused

    @api.model
    def _note_changed_use(self, contract_ids, day):
        """Let other addons know that readings have changed the use of contracts. Extensible.

        :param day: the first day of which use has changed
        """

    @api.model
    def _prepare_plain_reading(self, vals):
        """Return the plain reading that values of fields stand for."""
        metric = self.env["kor.metric"].sudo().browse(vals.get("metric_id") or ())  # a reporter may not read metrics
        return {
            "contract": vals.get("contract_id"),
            "metric": metric.code or None,
            "hour": self._prepare_plain_hour(vals.get("hour") or self._default_hour()),
            "quantity": vals.get("quantity"),
            "events": vals.get("events"),
            "revision": vals.get("revision", 0),
            "properties": vals.get("properties") or None,
            "source": vals.get("source") or None,
        }

    @api.model
    def _prepare_plain_hour(self, value):
        try:
            return fields.Datetime.to_datetime(value).replace(tzinfo=UTC).isoformat()
        except (TypeError, ValueError):
            return str(value)

    @api.model
    def _find_created(self, keys):
        """Return the ids of the readings with these keys, in the order of their positions."""
        contract_ids, hours = ({key[part] for key in keys.values()} for part in (0, 2))
        named = [("contract_id", "in", contract_ids), ("hour", "in", hours)]
        readings = self.sudo().search(named)  # what has just been counted
        found = {(one.contract_id.id, one.metric_id.id, one.hour, one.dimension, one.source): one for one in readings}
        return [found[keys[position]].id for position in sorted(keys)]
