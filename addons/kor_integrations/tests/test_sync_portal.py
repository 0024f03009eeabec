import re

from odoo.tests import HttpCase, new_test_user, tagged

from .sync_common import SyncCase


@tagged("post_install", "-at_install")
class TestSyncPortal(SyncCase, HttpCase):
    """The customer sees what was sent and taken, and lets it run; nobody else's."""

    def setUp(self):
        super().setUp()
        self.stranger = new_test_user(
            self.env, "portal_inland", "base.group_portal", partner_id=self._create_customer("Inland").id
        )
        self._report({"2026-03-01": 10})
        self.server.write("in/<i>a.csv", "time,metric,quantity\n2026-03-01,users,5\n2026-03-02,<b>x,5\n")
        self.sync = self._run(self._create_sync("usage_days", "counts"))
        self.env.flush_all()
        self.url = f"/my/integrations/{self.sync.id}"

    def _post(self, path, **data):
        token = re.search(r'csrf_token: "([^"]+)"', self.url_open("/my").text).group(1)
        response = self.url_open(path, data={"csrf_token": token, **data})
        self.env.invalidate_all()
        return response

    def test_page_shows_files_and_lets_them_run(self):
        self.authenticate("ada_harbour", "ada_harbour")
        page = self.url_open(self.url).text
        for text in (
            "usage_days_000000000001-000000000001.csv",
            "&lt;i&gt;a.csv",
            "Every day at 4:00",
            "Lines not used: 1",
        ):
            with self.subTest(text):
                self.assertIn(text, page)
        self.assertNotIn("<b>x", page)
        before = self.sync.sync_date_next
        page = self._post(f"{self.url}/sync/run").text
        self.assertIn("It runs in a moment", page)
        self.assertLess(self.sync.sync_date_next, before)
        self._post(f"{self.url}/pause")
        self.assertEqual(self.sync.state, "paused")
        self.assertIn("not active", self._post(f"{self.url}/sync/run").text)

    def test_customer_confirms_the_key_that_was_read_and_no_other(self):
        key = f"ssh-ed25519 SHA256:{'B' * 43}"
        self.sync.sudo().write({"sync_host_key": False, "sync_host_key_seen": key})
        self.env.flush_all()
        self.authenticate("ada_harbour", "ada_harbour")
        self.assertIn(key, self.url_open(self.url).text)
        self.assertIn("compare it again", self._post(f"{self.url}/sync/confirm", shown="SHA256:other").text)
        self.assertFalse(self.sync.sync_host_key)
        self._post(f"{self.url}/sync/confirm", shown=key)
        self.assertEqual(self.sync.sync_host_key, key)

    def test_stranger_sees_and_moves_nothing(self):
        self.authenticate("portal_inland", "portal_inland")
        before = self.sync.sync_date_next
        for response in (self.url_open(self.url), self._post(f"{self.url}/sync/run"), self._post(f"{self.url}/pause")):
            self.assertNotIn("usage_days", response.text)
            self.assertTrue(response.url.endswith("/my/integrations"))
        self.assertEqual((self.sync.sync_date_next, self.sync.state), (before, "active"))
