"""Where files go: the SFTP server of a customer, or an HTTPS address of theirs."""

import base64
import hashlib
from urllib.parse import quote

from . import guarded_http, sftp
from .guarded_http import Failed

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8; header=present", "jsonl": "application/jsonl; charset=utf-8"}


class SftpTarget:
    """Files on an SFTP server; connected when the first one is there to be sent or taken."""

    def __init__(self, access, folder=""):
        self._access, self._folder = access, folder
        self._connection = None
        self.is_down = False

    @property
    def connection(self):
        if self._connection is None:
            try:
                self._connection = sftp.Connection(self._access)
            except (Failed, guarded_http.Refused):
                self.is_down = True
                raise
        return self._connection

    def put(self, name, content):
        self.connection.put(self._folder, name, content)

    def close(self):
        if self._connection:
            self._connection.close()
            self._connection = None


class HttpsTarget:
    """Files as requests, each with its digest: the same file again has the same name and the same key."""

    is_down = False

    def __init__(self, url, method, token, allow_private=""):
        self._url, self._method, self._token, self._allow_private = url, method, token, allow_private

    def put(self, name, content):
        url = self._url
        if self._method == "PUT":
            path, mark, query = url.partition("?")
            url = f"{path.rstrip('/')}/{quote(name)}{mark}{query}"
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {
            **self._get_headers(),
            "Content-Type": CONTENT_TYPES[name.rpartition(".")[2]],
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Digest": f"sha-256=:{digest}:",
            "Idempotency-Key": f'"{name}"',
        }
        answer = guarded_http.request(
            self._method, url, data=content, headers=headers, timeout=(10, 120), allow_private=self._allow_private
        )
        if not 200 <= answer.status < 300:
            raise Failed(f"The address answered {answer.status} to {name}{_hint(answer.status)}")

    def try_out(self):
        """Return the status of a question that changes nothing; raise Failed where files would fail as well."""
        answer = guarded_http.request("HEAD", self._url, headers=self._get_headers(), allow_private=self._allow_private)
        if answer.status in (401, 403) or answer.status >= 500 and answer.status != 501:
            raise Failed(f"The address answered {answer.status}{_hint(answer.status)}")
        return answer.status

    def close(self):
        """Nothing is kept open."""

    def _get_headers(self):
        return {"User-Agent": "KOR-Enterprise", **({"Authorization": f"Bearer {self._token}"} if self._token else {})}


def _hint(status):
    if status in (401, 403):
        return ": check the token."
    if status in (404, 405):
        return ": check the address and whether it takes this method."
    if 300 <= status < 400:
        return ": redirects are not followed, give the address itself."
    return "; it should answer 200, 201 or 204."
