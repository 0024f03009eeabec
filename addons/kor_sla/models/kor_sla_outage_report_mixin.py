from datetime import UTC

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError

from ..engine import payloads, signals


class KorSlaOutageReportMixin(models.AbstractModel):
    """Take outages from other systems over RPC."""

    _name = "kor.sla.outage.report.mixin"
    _description = "Reported Outages"

    @api.model
    def report(self, values):
        """Note an outage, or correct the one with the same key.

        :param values: `{service, key, state, start, end, title, weight}`: the code of the service, a text of your own
            by which the outage is known again, down, degraded, maintenance or unknown, and times such as
            2026-03-01T12:00:00Z; without an end it goes on
        :return: the id of the outage
        """
        self.check_access("create")
        try:
            report = payloads.read_outage(values)
        except signals.SignalError as error:
            raise UserError(str(error)) from None
        service = self.env["kor.sla.service"].search([("code", "=", report.service)])
        if not service:
            known = self.env["kor.sla.service"].search([], limit=10).mapped("code")
            raise UserError(
                self.env._(
                    "There is no service with the code “%(code)s”. There are: %(known)s.",
                    code=report.service,
                    known=", ".join(known) or "–",
                )
            )
        if report.state == payloads.STATES[-1]:
            raise UserError(self.env._("To take an outage back, exclude it with action_exclude(reason)."))
        return self._report(service, report).id

    @api.model
    def _report(self, service, report):
        values = self._prepare_reported(service, report)
        outage = self._find_reported(service, report.fingerprint)
        if not outage:
            try:
                with self.env.cr.savepoint():
                    return self.create({**values, "service_id": service.id, "key": report.fingerprint})
            except UniqueViolation:
                # Reported twice at the same time: the other one was first.
                outage = self._find_reported(service, report.fingerprint)
                if not outage:
                    # This transaction reads from before it: the call is tried again in a new one.
                    raise ConcurrencyError(self.env._("The outage is just being reported; try again.")) from None
        changed = {name: value for name, value in values.items() if outage[name] != value}
        if changed:
            outage.write(changed)
        return outage

    @api.model
    def _find_reported(self, service, key):
        return self.search([("service_id", "=", service.id), ("key", "=", key), ("monitor_id", "=", False)])

    @api.model
    def _prepare_reported(self, service, report):
        values = {
            "state": report.state,
            "date_start": self._to_plain_time(report.start),
            "date_end": self._to_plain_time(report.end) if report.end else False,
            "weight": 1.0 if report.weight is None else report.weight,
        }
        return {**values, "name": report.title or service._describe_outage(report.state)}

    @api.model
    def _to_plain_time(self, moment):
        return fields.Datetime.to_datetime(moment.astimezone(UTC).replace(tzinfo=None, microsecond=0))
