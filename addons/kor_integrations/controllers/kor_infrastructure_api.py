import json

from werkzeug.exceptions import RequestEntityTooLarge

from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from ..models.kor_infrastructure_intake_mixin import BATCH_LIMIT

BODY_LIMIT = 2 * 1024 * 1024


class EndpointError(Exception):
    """Say with a status of HTTP why a whole request is refused."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class KorInfrastructureApi(Controller):
    """What infrastructure posts to. Its own key is all that opens it: no user has one."""

    @route(
        "/kor/api/v1/infrastructure/readings",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def readings(self, **_kwargs):
        """Take the readings of the body: one, a list, or {"readings": [...]}."""
        try:
            infrastructure = self._get_infrastructure()
            answer = infrastructure._push(self._read_readings())
        except EndpointError as error:
            return self._refuse(error.status, str(error))
        except UserError as error:
            return self._refuse(400, str(error))
        # Where nothing at all was of use, a client that looks at the status only has to notice.
        refused = answer["rejected"] and not answer["accepted"] and not answer["duplicate"]
        return request.make_json_response(answer, status=400 if refused else 202)

    def _refuse(self, status, message):
        headers = [("WWW-Authenticate", "Bearer")] if status == 401 else []
        return request.make_json_response({"error": message}, headers=headers, status=status)

    def _get_infrastructure(self):
        scheme, _space, token = (request.httprequest.headers.get("Authorization") or "").partition(" ")
        key = token.strip() if scheme.lower() == "bearer" else ""
        infrastructure = request.env["kor.infrastructure"]._authenticate(key)
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

    def _read_body(self):
        http = request.httprequest
        too_large = "The body is too large: send at most 2 MB at once."
        if (http.content_length or 0) > BODY_LIMIT:
            raise EndpointError(413, too_large)
        http.max_content_length = BODY_LIMIT
        try:
            return http.get_data()
        except RequestEntityTooLarge:
            raise EndpointError(413, too_large) from None

    def _parse(self, body):
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise EndpointError(400, "The body is no JSON.") from None
