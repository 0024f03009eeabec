import re

from odoo.tests import HttpCase, new_test_user, tagged

from .webhook_common import WebhookCase


@tagged("post_install", "-at_install")
class TestWebhookPortal(WebhookCase, HttpCase):
    """The customer's pages of webhooks."""

    def setUp(self):
        super().setUp()
        self.webhook = self._create_webhook(name="Hooks")
        self.page = f"/my/integrations/{self.webhook.id}"
        self.authenticate("ada_harbour", "ada_harbour")

    def _post(self, path, **data):
        page = self.url_open("/my/security").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
        return self.url_open(f"{self.page}{path}", data={"csrf_token": token, **data})

    def test_customer_reads_replays_and_changes(self):
        delivery = self._emit()
        self._deliver()
        self.assertIn(delivery.key, self.url_open(f"{self.page}/deliveries/{delivery.id}").text)
        listed = self.url_open(f"{self.page}/deliveries?state=delivered").text
        self.assertIn(f"/deliveries/{delivery.id}", listed)
        # What is in the address is never shown as text.
        self.assertNotIn("evil", self.url_open(f"{self.page}/deliveries?state=<b>evil</b>").text)
        self._post(f"/deliveries/{delivery.id}/replay")
        self.env.invalidate_all()
        self.assertEqual((delivery.state, delivery.replays), ("pending", 1))
        answer = self._post("/secret")
        self.assertIn(self.webhook.reveal_secret(), answer.text)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn("whsec_", self.url_open(self.page).text)
        self._post("/webhook", url=self.webhook.webhook_url, events="invoice.posted")
        self.assertEqual(self.webhook.event_type_ids.mapped("code"), ["invoice.posted"])
        refused = self._post("/webhook", url="http://169.254.169.254/")
        self.assertIn("Nothing is sent to", refused.text)
        self.assertEqual(self.webhook.webhook_url, self.receiver.url)
        self.assertIn("contract.renewed", self.url_open("/my/integrations/events").text)

    def test_strangers_read_and_change_nothing(self):
        delivery = self._emit()
        self._deliver()
        stranger = self._create_customer("Stranger")
        new_test_user(self.env, "webhook_stranger", "base.group_portal", partner_id=stranger.id)
        self.authenticate("webhook_stranger", "webhook_stranger")
        for path in ("", "/deliveries", f"/deliveries/{delivery.id}"):
            with self.subTest(path):
                answer = self.url_open(f"{self.page}{path}")
                self.assertTrue(answer.url.endswith("/my/integrations"))
                self.assertNotIn("Hooks", answer.text)
        for path in ("/secret", "/replay", "/webhook", f"/deliveries/{delivery.id}/replay"):
            with self.subTest(path):
                self.assertNotIn("whsec_", self._post(path, url="https://example.com").text)
        self.env.invalidate_all()
        self.assertEqual((delivery.replays, self.webhook.webhook_url), (0, self.receiver.url))
