from werkzeug.exceptions import RequestEntityTooLarge

from odoo.exceptions import UserError
from odoo.http import request

ROUTE = {"type": "http", "auth": "public", "methods": ["POST"], "csrf": False, "save_session": False}


class EndpointError(Exception):
    """Say with a status of HTTP why a whole request is refused."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Endpoint:
    """Take what machines post with a key of their own, which is all that opens it: no user has one."""

    body_megabytes = 1

    def _respond(self, take, status):
        """Answer what `take` returns, with the status where anything of it was of use."""
        try:
            answer = take()
        except EndpointError as error:
            return self._refuse(error.status, str(error))
        except UserError as error:
            return self._refuse(400, str(error))
        # Where nothing at all was of use, a client that looks at the status only has to notice.
        refused = answer["rejected"] and not answer["accepted"] and not answer["duplicate"]
        return request.make_json_response(answer, status=400 if refused else status)

    def _refuse(self, status, message):
        headers = [("WWW-Authenticate", "Bearer")] if status == 401 else []
        return request.make_json_response({"error": message}, headers=headers, status=status)

    def _get_bearer_key(self):
        """Return the key that came as a bearer token, None where none did."""
        scheme, _space, token = (request.httprequest.headers.get("Authorization") or "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def _read_body(self):
        http, limit = request.httprequest, self.body_megabytes * 1024 * 1024
        too_large = f"The body is too large: send at most {self.body_megabytes} MB at once."
        if (http.content_length or 0) > limit:
            raise EndpointError(413, too_large)
        http.max_content_length = limit
        try:
            return self._get_data(http)
        except RequestEntityTooLarge:
            raise EndpointError(413, too_large) from None

    def _get_data(self, http):
        return http.get_data()
