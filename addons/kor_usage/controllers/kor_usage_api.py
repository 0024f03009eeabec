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
        try:
            answer = request.env["kor.usage.event"]._ingest_apart(self._read_events())
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

    def _read_events(self):
        """Return the events of the request as a list, or raise EndpointError."""
        events = self._parse(self._read_body())
        if isinstance(events, dict) and "events" in events:
            events = events["events"]
        elif isinstance(events, dict):
            events = [self._unwrap_binary(events)]
        if not isinstance(events, list):
            raise EndpointError(400, 'This is no event: send an object, a list of objects or {"events": [...]}.')
        if not events:
            raise EndpointError(400, "There is no event in the body.")
        if len(events) > BATCH_LIMIT:
            raise EndpointError(413, f"These are {len(events):,} events: send at most {BATCH_LIMIT:,} at once.")
        return events

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
