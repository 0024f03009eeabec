from datetime import UTC
from typing import NamedTuple

from odoo import fields, models

from odoo.addons.kor_usage.engine.intake import IntakeError, dimension_of

# What is ingested at once; below the limit of the ingestion itself.
BATCH = 5000


class Fed(NamedTuple):
    """State what became of rows: how many count or replace others, how many were known, and which were refused."""

    accepted: int
    unchanged: int
    rejected: list


class KorIntegrationFeedMixin(models.AbstractModel):
    """Bring what another system says of whole hours to readings of the contract: the difference only.

    What is known already is not sent again, and what differs is sent in the next revision: so the same file or the
    same query can come any number of times, and late data correct what was there.
    """

    _name = "kor.integration.feed.mixin"
    _description = "Readings from Integrations"

    def _feed_readings(self, source, rows):
        """Count rows as readings of the contract.

        :param source: by which the readings of one system are kept apart from those of others
        :param rows: {label, metric, hour (naive, in UTC), quantity (Decimal), properties (optional)} each
        :return: Fed, with (label, reason) for each row refused
        """
        self.ensure_one()
        readings, rejected, unchanged = [], [], 0
        held = self._get_held_readings(source, rows)
        for row in rows:
            known = held.get(self._get_reading_key(row))
            if known and float(row["quantity"]) == known[1]:
                unchanged += 1
                continue
            readings.append((row["label"], self._prepare_reading(source, row, known[0] + 1 if known else 0)))
        model = self.env["kor.usage.reading"].sudo()  # the integration reports for its own contract only
        accepted = 0
        for start in range(0, len(readings), BATCH):
            batch = readings[start : start + BATCH]
            outcome = model.ingest([reading for _label, reading in batch])
            accepted += outcome["accepted"]
            unchanged += outcome["duplicate"]
            rejected += [(batch[refused["index"]][0], refused["reason"]) for refused in outcome["rejected"]]
        return Fed(accepted, unchanged, rejected)

    def _prepare_reading(self, source, row, revision):
        return {
            "contract": self.contract_id.id,
            "metric": row["metric"],
            "hour": row["hour"].replace(tzinfo=UTC).isoformat(),
            "quantity": format(row["quantity"], "f"),
            "revision": revision,
            "source": source,
            "properties": row.get("properties") or None,
        }

    def _get_held_readings(self, source, rows):
        """Return what is known of the hours of rows: {(metric, hour, dimension): (revision, quantity)}."""
        if not rows:
            return {}
        hours = [row["hour"] for row in rows]
        found = (
            self.env["kor.usage.reading"]
            .sudo()  # those of the integration's own contract
            .search_fetch(
                [
                    ("contract_id", "=", self.contract_id.id),
                    ("source", "=", source),
                    ("metric_id.code", "in", list({row["metric"] for row in rows})),
                    ("hour", ">=", fields.Datetime.to_string(min(hours))),
                    ("hour", "<=", fields.Datetime.to_string(max(hours))),
                ],
                ["metric_id", "hour", "dimension", "revision", "quantity"],
                order="id",
            )
        )
        return {(one.metric_id.code, one.hour, one.dimension): (one.revision, one.quantity) for one in found}

    def _get_reading_key(self, row):
        measure = self.env["kor.metric"]._get_measures().get(row["metric"])
        try:
            dimension = dimension_of(row.get("properties") or {}, measure.dimension_keys) if measure else ""
        except IntakeError:
            dimension = ""  # refused with its reason when it is counted
        return row["metric"], row["hour"], dimension
