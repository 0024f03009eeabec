from collections import defaultdict
from decimal import Decimal

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.kor_sla.keys import find_by_key, make_key, prepare_key

from ..engine.infrastructure_readings import ReadingError, hour_of, read_reading

BATCH_LIMIT = 10_000
INSERT = """
    INSERT INTO kor_infrastructure_reading (resource_id, infrastructure_id, company_id, time, used)
    VALUES %s ON CONFLICT (resource_id, time) DO NOTHING RETURNING resource_id, time
"""
# Of each hour that is named, all readings.
HOURS = """
    SELECT r.resource_id, h.hour, r.time, r.used::text
      FROM unnest(%s::int[], %s::timestamp[]) AS h(resource_id, hour)
      JOIN kor_infrastructure_reading r
        ON r.resource_id = h.resource_id AND r.time >= h.hour AND r.time < h.hour + interval '1 hour'
"""


class KorInfrastructureIntakeMixin(models.AbstractModel):
    """Take readings from other systems, each fact once, and let usage and warnings follow."""

    _name = "kor.infrastructure.intake.mixin"
    _description = "Intake of Readings"

    key_hash = fields.Char(readonly=True, copy=False, groups="base.group_system", index="btree_not_null")
    key_hint = fields.Char(string="Key", readonly=True, copy=False, help="How its key ends.")
    date_reading = fields.Datetime(string="Last Reading", copy=False, help="When readings came last.")

    _key_unique = models.UniqueIndex("(key_hash) WHERE key_hash IS NOT NULL", "Another infrastructure has this key.")

    @api.model
    def _get_engine_fields(self):
        return super()._get_engine_fields() | {"key_hash", "key_hint", "date_reading"}

    def push_readings(self, readings):
        """Take readings of the resources of this infrastructure. What came before is taken once.

        :param readings: a list of up to 10,000 `{resource, used, time}`: the code or the id of the resource, a number
            in its unit, and a time such as 2026-03-01T12:00:00Z
        :return: `{"accepted": n, "duplicate": n, "rejected": [{"index", "reason"}], "usage": {"accepted", "duplicate",
            "rejected"}}`, the last one for the hours of metrics that the readings make
        """
        self.ensure_one()
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group("kor_integrations.group_kor_integration_user")):
            raise AccessError(self.env._("Only users of KOR Enterprise › Integrations push readings."))
        return self.sudo()._push(readings)  # readings are written by this only, whoever has sent them

    def _push(self, readings):
        self.ensure_one()
        readings = [readings] if isinstance(readings, dict) else readings
        if not isinstance(readings, list | tuple):
            raise UserError(self.env._("Send the readings as a list of objects with resource, used and time."))
        if len(readings) > BATCH_LIMIT:
            raise UserError(
                self.env._(
                    "These are %(count)s readings: send at most %(limit)s at once.",
                    count=len(readings),
                    limit=BATCH_LIMIT,
                )
            )
        now = fields.Datetime.now()
        self._wait_for_others(now)
        placed, rejected, repeated = self._place_readings(readings, now)
        stored, contradicting = self._store_readings(placed)
        rejected += [{"index": placed[key][0], "reason": reason} for key, reason in contradicting.items()]
        self._follow_readings({key: placed[key][1] for key in stored})
        return {
            "accepted": len(stored),
            "duplicate": repeated + len(placed) - len(stored) - len(contradicting),
            "rejected": sorted(rejected, key=lambda one: one["index"]),
            "usage": self._report_usage({(id_, hour_of(time)) for id_, time in placed}),
        }

    def _wait_for_others(self, now):
        """Note the contact, and so let who pushes at the same time come after this one."""
        # What an hour comes to is computed from all of its readings: one at a time.
        self.env.cr.execute(SQL("UPDATE kor_infrastructure SET date_reading = %s WHERE id = %s", now, self.id))
        self.invalidate_recordset(["date_reading"])

    def _place_readings(self, readings, now):
        """Return {(resource id, time): (index, used)}, what is rejected, and how many say the same again."""
        known = {}
        for resource in self.resource_ids:
            known |= {resource.id: resource, resource.code: resource}
        placed, rejected, repeated = {}, [], 0
        for index, plain in enumerate(readings):
            try:
                reading = read_reading(plain, now)
                resource = known.get(reading.resource)
                if resource is None:
                    codes = ", ".join(self.resource_ids.mapped("code")) or "–"
                    raise ReadingError(f"There is no resource “{reading.resource}”; there are: {codes}.")
                key = (resource.id, reading.time)
                if key in placed and placed[key][1] != reading.used:
                    raise ReadingError(_contradict(reading.time, placed[key][1]))
                repeated += key in placed
                placed.setdefault(key, (index, reading.used))
            except ReadingError as error:
                rejected.append({"index": index, "reason": str(error)})
        return placed, rejected, repeated

    def _store_readings(self, placed):
        """Store what is new; return its keys, and by key why readings are refused that contradict known ones."""
        if not placed:
            return set(), {}
        rows = [
            (id_, self.id, self.company_id.id, time, used) for (id_, time), (_index, used) in sorted(placed.items())
        ]
        stored = set(self.env.cr.execute_values(INSERT, rows, page_size=len(rows), fetch=True))
        left = sorted(set(placed) - stored)
        if not left:
            return stored, {}
        known = self.env.execute_query(
            SQL(
                """
                SELECT r.resource_id, r.time, r.used::text FROM kor_infrastructure_reading r
                  JOIN unnest(%s::int[], %s::timestamp[]) AS x(resource_id, time) USING (resource_id, time)
                """,
                [id_ for id_, _time in left],
                [time for _id, time in left],
            )
        )
        held = {(id_, time): Decimal(used) for id_, time, used in known}
        return stored, {key: _contradict(key[1], used) for key, used in held.items() if placed[key][1] != used}

    def _follow_readings(self, stored):
        """Let resources have what the latest of new readings say, and warnings follow."""
        latest = {}
        for (id_, time), used in stored.items():
            if id_ not in latest or time > latest[id_][0]:
                latest[id_] = (time, used)
        resources = self.env["kor.infrastructure.resource"].browse(sorted(latest))
        changed = resources.filtered(lambda one: not one.date_used or latest[one.id][0] >= one.date_used)
        for resource in changed:
            time, used = latest[resource.id]
            resource._as_engine().write({"date_used": time, "used": float(used)})
        if changed:
            changed._follow_warnings()
        self.env["kor.infrastructure.reading"].invalidate_model()

    def _report_usage(self, hours):
        """Report what hours come to in the metrics of their resources. It may be repeated.

        An hour's revision is how many readings it has: they only become more.

        :param hours: pairs of a resource id and the beginning of an hour
        """
        metered = {one.id: one for one in self.resource_ids if one.metric_id}
        wanted = sorted(pair for pair in hours if pair[0] in metered)
        if not wanted:
            return {"accepted": 0, "duplicate": 0, "rejected": []}
        columns = [id_ for id_, _hour in wanted], [hour for _id, hour in wanted]
        found = defaultdict(list)
        for id_, hour, time, used in self.env.execute_query(SQL(HOURS, *columns)):
            found[id_, hour].append((time, Decimal(used)))
        plain = [metered[id_]._prepare_usage(hour, readings) for (id_, hour), readings in sorted(found.items())]
        reporter = self.env["kor.usage.reading"].sudo()  # who sends readings may not report usage otherwise
        return reporter.ingest(plain)

    def _make_key(self):
        """Give the infrastructure a new key and return it: the one before does not open anything any more."""
        self.ensure_one()
        key = make_key("kori_")
        self._as_engine().write(prepare_key(key))
        return key

    @api.model
    def _authenticate(self, key):
        """Return the infrastructure with a key as superuser, an empty one where none has it."""
        found = find_by_key(self.sudo(), key)  # the key itself is what gives the right
        is_open = found and found.state != "retired"
        return found.with_user(SUPERUSER_ID) if is_open else found.browse()

    def action_make_key(self):
        """Give the infrastructure a new key for readings and show it once.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("kor_integrations.group_kor_integration_manager"):
            raise AccessError(self.env._("Only administrators of KOR Enterprise › Integrations make keys."))
        if self.state == "retired":
            raise UserError(self.env._("“%(name)s” is retired: it takes no readings.", name=self.name))
        key = self._make_key()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Key of %(name)s", name=self.name),
            "res_model": "kor.infrastructure.key",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_key": key,
                "default_url": f"{self.get_base_url()}/kor/api/v1/infrastructure/readings",
            },
        }


class KorInfrastructureKey(models.AbstractModel):
    """Show a key once; it is kept as a hash only."""

    _name = "kor.infrastructure.key"
    _description = "Key of Infrastructure"

    # The form has no record: what it shows comes from the context.
    id = fields.Id()
    key = fields.Char(readonly=True)
    url = fields.Char(readonly=True)


def _contradict(time, used):
    return (
        f"The reading of {time.isoformat()}Z says {used.normalize():f} already: what was read stays; send what is "
        "right with a later time."
    )
