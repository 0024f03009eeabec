import json
from urllib.parse import unquote

from werkzeug.exceptions import RequestEntityTooLarge

from odoo.exceptions import AccessError, UserError
from odoo.http import Controller, request, route

from ..models.kor_usage_event import BATCH_LIMIT

BODY_LIMIT = 10 * 1024 * 1024


class EndpointError(Exception):
    """Say with a status of HTTP why a whole request is refused."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class KorUsageApi(Controller):
    @route("/kor/api/v1/usage", type="http", auth="bearer", methods=["POST"], csrf=False, save_session=False)
    def ingest(self, **_kwargs):
        """Count the events of the body: one, a list, {"events": [...]} or CloudEvents of any mode."""
        return self._ingest("kor.usage.event", "event")

    @route("/kor/api/v1/usage/readings", type="http", auth="bearer", methods=["POST"], csrf=False, save_session=False)
    def ingest_readings(self, **_kwargs):
        """Count the readings of the body: one, a list, or {"readings": [...]}."""
        return self._ingest("kor.usage.reading", "reading")

    def _ingest(self, model, name):
        """Let the model count what the body has of these, and answer."""
        try:
            answer = request.env[model]._ingest_apart(self._read_reports(name))
        except EndpointError as error:
            return self._refuse(error.status, str(error))
        except AccessError as error:
            return self._refuse(403, str(error))
        except UserError as error:
            return self._refuse(400, str(error))
        # Where nothing at all was of use, a client that looks at the status only has to notice.
        refused = answer["rejected"] and not answer["accepted"] and not answer["duplicate"]
        return request.make_json_response(answer, status=400 if refused else 202)

    def _refuse(self, status, message):
        return request.make_json_response({"error": message}, status=status)

    def _read_reports(self, name):
        """Return the events or readings of the request as a list, or raise EndpointError."""
        reports = self._parse(self._read_body())
        if isinstance(reports, dict) and f"{name}s" in reports:
            reports = reports[f"{name}s"]
        elif isinstance(reports, dict):
            reports = [self._unwrap_binary(reports) if name == "event" else reports]
        if not isinstance(reports, list):
            raise EndpointError(400, f'This is no {name}: send an object, a list of objects or {{"{name}s": [...]}}.')
        if not reports:
            raise EndpointError(400, f"There is no {name} in the body.")
        if len(reports) > BATCH_LIMIT:
            raise EndpointError(413, f"These are {len(reports):,} {name}s: send at most {BATCH_LIMIT:,} at once.")
        return reports

    def _read_body(self):
        http = request.httprequest
        http.max_content_length = BODY_LIMIT
        too_large = "The body is too large: send at most 10 MB at once."
        if (http.content_length or 0) > BODY_LIMIT:
            raise EndpointError(413, too_large)
        try:
            body = http.get_data()
        except RequestEntityTooLarge:
            raise EndpointError(413, too_large) from None
        if not body and http.form:
            raise EndpointError(400, "The body came as a form: send it with “Content-Type: application/json”.")
        return body

    def _parse(self, body):
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else error
            raise EndpointError(400, f"The body is no JSON: {reason}.") from None

    def _unwrap_binary(self, data):
        """Return the CloudEvent whose attributes came as headers and whose data is the body."""
        prefix = "ce-"
        attributes = {
            name.lower().removeprefix(prefix): unquote(value, errors="replace")
            for name, value in request.httprequest.headers.items()
            if name.lower().startswith(prefix)
        }
        return {**attributes, "data": data} if "specversion" in attributes else data
