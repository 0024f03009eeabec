from odoo.http import Controller, request, route

from ..engine.payloads import load
from ..engine.signals import SignalError
from .endpoint import ROUTE, Endpoint, EndpointError


class KorSlaMonitorApi(Endpoint, Controller):
    """What monitors post to."""

    @route("/kor/api/v1/monitor/alertmanager", **ROUTE)
    def alertmanager(self, **_kwargs):
        """Take a message of Prometheus Alertmanager's webhook, version 4."""
        return self._respond(lambda: self._take("alertmanager"), 200)

    @route("/kor/api/v1/monitor/uptime-kuma", **ROUTE)
    def uptime_kuma(self, **_kwargs):
        """Take a message of Uptime Kuma's webhook, as JSON or as a form with “data”."""
        return self._respond(lambda: self._take("uptime_kuma"), 200)

    @route("/kor/api/v1/monitor/outages", **ROUTE)
    def outages(self, **_kwargs):
        """Take outages in our own form: one, a list, or {"outages": [...]}."""
        return self._respond(lambda: self._take("api"), 200)

    def _take(self, kind):
        try:
            return self._get_monitor(kind)._take_apart(load(self._read_body()))
        except SignalError as error:
            raise EndpointError(400, str(error)) from error

    def _get_monitor(self, kind):
        """Return the monitor whose key came as a bearer token, or as “key” in the address."""
        key = self._get_bearer_key()
        key = request.httprequest.args.get("key", "") if key is None else key
        monitor = request.env["kor.sla.monitor"]._authenticate(kind, key)
        if not monitor:
            raise EndpointError(
                401, "The key is none of an active monitor of this kind: send “Authorization: Bearer KEY” or ?key=KEY."
            )
        return monitor

    def _get_data(self, http):
        if not (http.mimetype or "").endswith(("form-data", "form-urlencoded")):
            return super()._get_data(http)
        data = http.form.get("data")
        if data is None:
            raise EndpointError(400, "The body came as a form without “data”: send it as JSON.")
        return data
