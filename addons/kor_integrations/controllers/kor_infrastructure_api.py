import json

from odoo.http import Controller, request, route

from odoo.addons.kor_sla.controllers.endpoint import ROUTE, Endpoint, EndpointError

from ..models.kor_infrastructure_intake_mixin import BATCH_LIMIT


class KorInfrastructureApi(Endpoint, Controller):
    """What infrastructure posts to."""

    body_megabytes = 2

    @route("/kor/api/v1/infrastructure/readings", **ROUTE)
    def readings(self, **_kwargs):
        """Take the readings of the body: one, a list, or {"readings": [...]}."""
        return self._respond(lambda: self._get_infrastructure()._push(self._read_readings()), 202)

    def _get_infrastructure(self):
        infrastructure = request.env["kor.infrastructure"]._authenticate(self._get_bearer_key())
        if not infrastructure:
            raise EndpointError(401, "The key is none of running infrastructure: send “Authorization: Bearer KEY”.")
        return infrastructure

    def _read_readings(self):
        readings = self._parse(self._read_body())
        if isinstance(readings, dict):
            readings = readings.get("readings", [readings])
        if not isinstance(readings, list):
            raise EndpointError(400, 'These are no readings: send an object, a list or {"readings": [...]}.')
        if not readings:
            raise EndpointError(400, "There is no reading in the body.")
        if len(readings) > BATCH_LIMIT:
            raise EndpointError(413, f"These are {len(readings):,} readings: send at most {BATCH_LIMIT:,} at once.")
        return readings

    def _parse(self, body):
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise EndpointError(400, "The body is no JSON.") from None
