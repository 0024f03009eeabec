from werkzeug.exceptions import RequestEntityTooLarge

from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from ..engine.payloads import load
from ..engine.signals import SignalError

BODY_LIMIT = 1024 * 1024
ROUTE = {"type": "http", "auth": "public", "methods": ["POST"], "csrf": False, "save_session": False}


class EndpointError(Exception):
    """Say with a status of HTTP why a whole message is refused."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class KorSlaMonitorApi(Controller):
    """What monitors post to. The key of the monitor is all that opens it: no user has one."""

    @route("/kor/api/v1/monitor/alertmanager", **ROUTE)
    def alertmanager(self, **_kwargs):
        """Take a message of Prometheus Alertmanager's webhook, version 4."""
        return self._answer("alertmanager")

    @route("/kor/api/v1/monitor/uptime-kuma", **ROUTE)
    def uptime_kuma(self, **_kwargs):
        """Take a message of Uptime Kuma's webhook, as JSON or as a form with “data”."""
        return self._answer("uptime_kuma")

    @route("/kor/api/v1/monitor/outages", **ROUTE)
    def outages(self, **_kwargs):
        """Take outages in our own form: one, a list, or {"outages": [...]}."""
        return self._answer("api")

    def _answer(self, kind):
        try:
            monitor = self._get_monitor(kind)
            answer = monitor._take_apart(load(self._read_body()))
        except EndpointError as error:
            return self._refuse(error.status, str(error))
        except (SignalError, UserError) as error:
            return self._refuse(400, str(error))
        # Where nothing at all was of use, a client that looks at the status only has to notice.
        refused = answer["rejected"] and not answer["accepted"] and not answer["duplicate"]
        return request.make_json_response(answer, status=400 if refused else 200)

    def _refuse(self, status, message):
        headers = [("WWW-Authenticate", "Bearer")] if status == 401 else []
        return request.make_json_response({"error": message}, headers=headers, status=status)

    def _get_monitor(self, kind):
        """Return the monitor whose key came as a bearer token, or as “key” in the address."""
        http = request.httprequest
        scheme, _space, token = (http.headers.get("Authorization") or "").partition(" ")
        key = token.strip() if scheme.lower() == "bearer" else http.args.get("key", "")
        monitor = request.env["kor.sla.monitor"]._authenticate(kind, key)
        if not monitor:
            raise EndpointError(
                401, "The key is none of an active monitor of this kind: send “Authorization: Bearer KEY” or ?key=KEY."
            )
        return monitor

    def _read_body(self):
        http = request.httprequest
        too_large = "The body is too large: send at most 1 MB at once."
        if (http.content_length or 0) > BODY_LIMIT:
            raise EndpointError(413, too_large)
        http.max_content_length = BODY_LIMIT
        try:
            if (http.mimetype or "").endswith(("form-data", "form-urlencoded")):
                data = http.form.get("data")
                if data is None:
                    raise EndpointError(400, "The body came as a form without “data”: send it as JSON.")
                return data
            return http.get_data()
        except RequestEntityTooLarge:
            raise EndpointError(413, too_large) from None
