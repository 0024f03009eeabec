import base64
import hashlib

from odoo.tests import tagged

from .receiver import receiving
from .sync_common import WorkCase


@tagged("post_install", "-at_install")
class TestSyncHttps(WorkCase):
    def setUp(self):
        super().setUp()
        self.status = 201
        self.receiver = self.enterContext(receiving(self._answer))
        self._report({"2026-03-01": 10})

    def _answer(self, *_request):
        elsewhere = {"Location": "http://169.254.169.254/"} if 300 <= self.status < 400 else {}
        return self.status, elsewhere, b""

    def _create_sync(self, **spec):
        spec = {"transport": "https", "url": f"http://{self.receiver.host}/in?a=b", "datasets": ["usage_days"], **spec}
        sync = self._create_integration(kind="data_sync", **spec)
        sync.manage_integration("activate")
        return sync

    def test_files_come_with_their_name_digest_and_token(self):
        sync = self._run(self._create_sync(token="t0ken"))
        method, path, headers, content = self.receiver.requests[-1]
        name = "usage_days_000000000001-000000000001.csv"
        self.assertEqual((method, path), ("PUT", f"/in/{name}?a=b"))
        self.assertEqual(headers["Authorization"], "Bearer t0ken")
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        self.assertEqual(headers["Content-Digest"], f"sha-256=:{digest}:")
        self.assertEqual(headers["Idempotency-Key"], f'"{name}"')
        self.assertEqual(hashlib.sha256(content).hexdigest(), sync.sync_run_ids.sha256)
        self.assertEqual((sync.sync_run_ids.state, sync.health), ("done", "healthy"))

    def test_post_names_the_file_in_a_header(self):
        self._run(self._create_sync(method="POST", format="jsonl"))
        method, path, headers, _content = self.receiver.requests[-1]
        self.assertEqual((method, path), ("POST", "/in?a=b"))
        self.assertIn("usage_days_000000000001-000000000001.jsonl", headers["Content-Disposition"])

    def test_what_is_not_taken_is_tried_again_as_it_was(self):
        sync = self._create_sync()
        for status, words in ((401, "check the token"), (302, "redirects are not followed"), (500, "answered 500")):
            with self.subTest(status):
                self.status = status
                self._run(sync)
                self.assertIn(words, sync.last_error)
        self.status = 204
        self._run(sync)
        self.assertEqual(len({(path, content) for _method, path, _headers, content in self.receiver.requests}), 1)
        self.assertEqual((len(sync.sync_run_ids), sync.sync_run_ids.attempts), (1, 4))

    def test_test_changes_nothing_and_says_what_would_fail(self):
        sync = self._create_sync()
        for status, level in ((405, "info"), (403, "error"), (503, "error")):
            with self.subTest(status):
                self.status = status
                sync.manage_integration("test")
                self.assertEqual(sync._get_last_log().level, level)
        self.assertEqual({method for method, *_rest in self.receiver.requests}, {"HEAD"})

    def test_token_is_not_told_to_another_address(self):
        sync = self._create_sync(token="t0ken")
        sync.with_user(self.manager).sync_url = "https://other.example.com/in"
        self.assertFalse(sync.sudo().sync_token)
