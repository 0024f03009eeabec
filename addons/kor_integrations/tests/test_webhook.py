import json
import socket
import time
from datetime import timedelta
from unittest.mock import patch

from cloudevents.http import from_http
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.kor_integrations.engine import retry
from odoo.addons.kor_integrations.tools import webhook_sender

from .receiver import receiving
from .webhook_common import WebhookCase


@tagged("post_install", "-at_install")
class TestWebhook(WebhookCase):
    def test_receivers_libraries_read_every_delivery(self):
        webhook = self._create_webhook()
        deliveries = self._emit(3)
        self._deliver()
        self.assertEqual(deliveries.mapped("state"), ["delivered"] * 3)
        self.assertEqual(len(self.receiver.requests), 3)
        for _method, _path, headers, body in self.receiver.requests:
            message = Webhook(webhook.reveal_secret()).verify(body, headers)
            event = from_http(headers, body)
            self.assertEqual(message["id"], headers["webhook-id"])
            self.assertEqual((event["specversion"], event["type"]), ("1.0", "com.kor.contract.amended.v1"))
            self.assertEqual(event["subject"], f"contracts/{self.contract.id}")
            self.assertEqual(event.data["contract"], self.contract.name)
        self.assertEqual(set(self._get_ids()), set(deliveries.mapped("key")))
        self.assertEqual((webhook.health, webhook.failure_count), ("healthy", 0))

    def _get_ids(self):
        return [key for key, _message in self._get_received()]

    def test_retries_keep_the_id_and_the_message_but_not_the_time(self):
        answers = iter([(500, {}, b"down"), (503, {}, b""), (204, {}, b"")])
        self.receiver.answer = lambda *_request: next(answers)
        webhook = self._create_webhook()
        delivery = self._emit()
        for attempt, state in ((1, "retrying"), (2, "retrying"), (3, "delivered")):
            self._make_due(delivery)
            with patch.object(webhook_sender.time, "time", return_value=1_700_000_000 + attempt):
                self._deliver()
            self.assertEqual((delivery.state, delivery.attempts), (state, attempt))
        keys, messages = zip(*self._get_received(), strict=True)
        self.assertEqual(set(keys), {delivery.key})
        self.assertEqual(messages[0], messages[2])
        stamps = [headers["webhook-timestamp"] for _m, _p, headers, _b in self.receiver.requests]
        self.assertEqual(stamps, ["1700000001", "1700000002", "1700000003"])
        self.assertEqual(webhook.failure_count, 0)

    def test_failures_are_written_down_and_tried_again_as_published(self):
        self.receiver.answer = lambda *_request: (500, {}, b"x" * 5000)
        self._create_webhook()
        delivery = self._emit()
        before = fields.Datetime.now()
        self._deliver()
        self.assertEqual((delivery.state, delivery.status), ("retrying", 500))
        self.assertIn("500", delivery.error)
        self.assertEqual(len(delivery.response), webhook_sender.ANSWER_BYTES)
        waits = (delivery.date_next - before).total_seconds()
        self.assertTrue(retry.SCHEDULE[1] <= waits <= retry.SCHEDULE[1] * 1.1 + 2, waits)

    def test_last_attempt_that_fails_ends_in_death_and_replay_revives(self):
        self.receiver.answer = lambda *_request: (500, {}, b"")
        webhook = self._create_webhook()
        delivery = self._emit()
        delivery.attempts = len(retry.SCHEDULE) - 1
        self._deliver()
        self.assertEqual((delivery.state, delivery.date_next), ("dead", False))
        self._deliver()
        self.assertEqual(len(self.receiver.requests), 1)
        self.receiver.answer = lambda *_request: (200, {}, b"")
        self.assertEqual(webhook.replay(), 1)
        self._deliver()
        self.assertEqual((delivery.state, delivery.attempts, delivery.replays), ("delivered", 1, 1))
        self.assertEqual(self._get_ids(), [delivery.key] * 2)
        self.assertEqual(webhook.replay(), 0)

    def test_all_of_a_time_span_are_sent_again(self):
        webhook = self._create_webhook()
        deliveries = self._emit(3)
        self._deliver()
        days = ["2026-02-27 23:59:59", "2026-02-28 12:00:00", "2026-03-01 00:00:00"]
        for delivery, day in zip(deliveries, days, strict=True):
            delivery.date = day
        for span, count in (
            (("2026-02-28", "2026-02-28"), 1),
            (("2026-02-27", ""), 3),
            (("", "2026-02-27 23:59:59"), 1),
            (("2026-03-02", "2026-03-09"), 0),
        ):
            with self.subTest(span):
                self.assertEqual(webhook.replay(*span), count)
        for wrong in ("today", "2026-13-01", 7, ["2026-01-01"], {"a": 1}):
            with self.subTest(wrong), self.assertRaisesRegex(UserError, "2026-01-31"):
                webhook.replay(wrong)

    def test_gone_end_point_is_switched_off_and_its_owner_told(self):
        self.receiver.answer = lambda *_request: (410, {}, b"")
        webhook = self._create_webhook(owner="ada@harbour.example")
        delivery = self._emit()
        self._deliver()
        self.assertEqual((delivery.state, webhook.state), ("dead", "paused"))
        mail = self.env["mail.mail"].search([("subject", "ilike", webhook.name)], order="id desc", limit=1)
        self.assertEqual(mail.recipient_ids, self.ada)
        self.assertIn("410", mail.body_html)
        waiting = self._emit()
        self._deliver()
        self.assertEqual((waiting.state, len(self.receiver.requests)), ("pending", 1))
        self.receiver.answer = lambda *_request: (200, {}, b"")
        webhook.manage_integration("resume")
        self._deliver()
        self.assertEqual(waiting.state, "delivered")

    def test_end_point_that_fails_for_days_is_switched_off(self):
        self.receiver.answer = lambda *_request: (500, {}, b"")
        webhook = self._create_webhook()
        delivery = self._emit()
        self._deliver()
        self.assertTrue(webhook.webhook_failing_since)
        for days, state in ((4, "active"), (5, "paused")):
            webhook.webhook_failing_since = fields.Datetime.now() - timedelta(days=days)
            self._make_due(delivery)
            self._deliver()
            self.assertEqual(webhook.state, state)
        self.assertIn("500", self._get_log(webhook).name)

    def test_receiver_that_asks_to_wait_is_left_alone_for_so_long(self):
        self.receiver.answer = lambda *_request: (429, {"Retry-After": "1800"}, b"")
        webhook = self._create_webhook()
        deliveries = self._emit(30)
        self._deliver()
        soon = fields.Datetime.now() + timedelta(seconds=1700)
        self.assertGreater(deliveries[0].date_next, soon)
        self.assertGreater(webhook.webhook_rest_until, soon)
        # Each of its lanes has tried once.
        self.assertLessEqual(len(self.receiver.requests), 4)
        self.assertEqual((deliveries[1].state, deliveries[1].attempts), ("pending", 0))

    def test_redirect_is_a_failure_and_is_not_followed(self):
        with receiving() as inner:
            self.receiver.answer = lambda *_request: (307, {"Location": inner.url}, b"")
            self._create_webhook()
            delivery = self._emit()
            self._deliver()
            self.assertEqual((delivery.state, delivery.status, inner.requests), ("retrying", 307, []))

    def test_slow_end_point_holds_up_nobody_else(self):
        slow = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(slow.close)
        host = f"127.0.0.1:{slow.getsockname()[1]}"
        self._allow(f"{self.receiver.host},{host}")
        self._create_webhook(url=f"http://{host}/")
        other = self._create_contract(self._create_customer("Quick"))
        self._create_webhook(other)
        stuck = self._emit(30)
        quick = self._emit(30, contract=other)
        received = []
        self.receiver.answer = lambda *_request: received.append(time.monotonic()) or (200, {}, b"")
        with patch.object(webhook_sender, "TIMEOUT", (0.5, 0.5)):
            started = time.monotonic()
            self._deliver()
        self.assertEqual(set(quick.mapped("state")), {"delivered"})
        self.assertLess(max(received) - started, 0.5)
        # Each of its lanes has tried once; the rest waits, and so does the end point.
        self.assertLessEqual(sum(stuck.mapped("attempts")), 4)
        self.assertIn("in time", stuck.filtered("attempts")[0].error)
        self.assertTrue(stuck.integration_id.webhook_rest_until)

    def test_both_secrets_sign_while_a_rotation_overlaps(self):
        webhook = self._create_webhook()
        old = webhook.reveal_secret()
        webhook.manage_integration("rotate")
        new = webhook.reveal_secret()
        self.assertNotEqual(old, new)
        self._emit()
        self._deliver()
        _method, _path, headers, body = self.receiver.requests[-1]
        for secret in (old, new):
            self.assertTrue(Webhook(secret).verify(body, headers))
        webhook.secret_ids.filtered("date_expires").date_expires = fields.Datetime.now() - timedelta(seconds=1)
        self._emit()
        self._deliver()
        _method, _path, headers, body = self.receiver.requests[-1]
        self.assertTrue(Webhook(new).verify(body, headers))
        with self.assertRaises(WebhookVerificationError):
            Webhook(old).verify(body, headers)

    def test_what_a_killed_worker_left_is_sent_under_the_same_id(self):
        self._create_webhook()
        deliveries = self._emit(5)
        self.env["kor.webhook.delivery"]._take()
        self.assertTrue(all(deliveries.mapped("is_sending")))
        self._deliver()
        self.assertEqual(set(deliveries.mapped("state")), {"delivered"})
        self.assertEqual(sorted(self._get_ids()), sorted(deliveries.mapped("key")))

    def test_only_what_was_chosen_is_told_and_only_of_the_contract(self):
        chosen = self._create_webhook(events=["invoice.posted"])
        everything = self._create_webhook()
        other = self._create_contract(self._create_customer("Elsewhere"))
        self._create_webhook(other)
        self.assertEqual(self._emit(code="contract.amended").integration_id, everything)
        self.assertEqual(self._emit(code="invoice.posted").integration_id, chosen | everything)
        chosen.set_webhook({"events": []})
        self.assertEqual(self._emit(code="contract.amended").integration_id, chosen | everything)
        everything.manage_integration("retire")
        self.assertEqual(self._emit(code="contract.amended").integration_id, chosen)

    def test_retired_webhook_sends_nothing_more(self):
        webhook = self._create_webhook()
        delivery = self._emit()
        webhook.manage_integration("retire")
        self._deliver()
        self.assertEqual((delivery.state, self.receiver.requests), ("cancelled", []))
        with self.assertRaisesRegex(UserError, "no webhook that sends"):
            webhook.replay()

    def test_test_event_is_sent_at_once_and_its_failure_is_said(self):
        webhook = self._create_webhook(activate=False)
        webhook.manage_integration("test")
        ((key, message),) = self._get_received()
        self.assertEqual(message["type"], "com.kor.webhook.test.v1")
        self.assertEqual(webhook.delivery_ids.key, key)
        self.assertEqual(webhook.delivery_ids.state, "delivered")
        self.assertIn("204", self._get_log(webhook).name)
        self.receiver.answer = lambda *_request: (500, {}, b"")
        webhook.manage_integration("test")
        self.assertEqual((webhook.delivery_ids.sorted("id")[-1].state, self._get_log(webhook).level), ("dead", "error"))
        self._deliver()
        self.assertEqual(len(self.receiver.requests), 2)

    def test_customer_reads_plain_data_and_staffs_notes_stay_inside(self):
        webhook = self._create_webhook()
        webhook.note = "<p>Internal</p>"
        self._emit()
        self.contract.action_cancel()
        self._deliver()
        text = json.dumps(self._get_received())
        self.assertIn("contract.ended", text)
        self.assertNotIn("Internal", text)


@tagged("post_install", "-at_install")
class TestWebhookAttacks(WebhookCase):
    def test_private_addresses_are_refused_when_a_webhook_is_made_or_changed(self):
        webhook = self._create_webhook()
        for url in (
            "http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://0.0.0.0/",
            "https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
            "https://127.1/", "https://169.254.169.254/latest/", "https://10.0.0.1/", "https://192.168.1.1/",
            "https://172.16.0.1/", "https://100.64.0.1/", "https://user:pass@example.com/", "http://example.com/",
            "ftp://example.com/", "file:///etc/passwd", "https://example.com:22/", "https://localhost./",
        ):  # fmt: skip
            with self.subTest(url):
                with self.assertRaises(ValidationError):
                    self.contract.with_user(self.portal_user).create_integration({"kind": "webhook", "url": url})
                with self.assertRaises(ValidationError):
                    webhook.set_webhook({"url": url})
                with self.assertRaises(ValidationError):
                    webhook.webhook_url = url

    def test_name_that_leads_inside_later_is_refused_at_delivery(self):
        look_up = "odoo.addons.kor_integrations.tools.guarded_http.socket.getaddrinfo"
        outside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))]
        inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", self.receiver.server_port))]
        url = f"https://hooks.example:{self.receiver.server_port}/"
        with patch(look_up, lambda *_args, **_kwargs: outside):
            self._create_webhook(url=url)
        delivery = self._emit()
        self._allow("")
        with patch(look_up, lambda *_args, **_kwargs: inside):
            self._deliver()
        self.assertEqual((delivery.state, delivery.status, self.receiver.requests), ("retrying", 0, []))
        self.assertIn("private", delivery.error)

    def test_address_that_is_listed_no_more_is_refused_at_delivery(self):
        self._create_webhook()
        delivery = self._emit()
        self._allow("")
        self._deliver()
        self.assertEqual((delivery.state, self.receiver.requests), ("retrying", []))

    def test_others_neither_see_nor_move_webhooks(self):
        webhook = self._create_webhook()
        delivery = self._emit()
        stranger = self._create_customer("Stranger")
        user = self.portal_user.copy({"login": "stranger", "partner_id": stranger.id, "email": "s@stranger.example"})
        for name, call in {
            "replay": lambda: webhook.with_user(user).replay(),
            "replay one": lambda: delivery.with_user(user).replay(),
            "reveal": lambda: webhook.with_user(user).reveal_secret(),
            "change": lambda: webhook.with_user(user).set_webhook({"events": []}),
            "rotate": lambda: webhook.with_user(user).manage_integration("rotate"),
            "test": lambda: webhook.with_user(user).manage_integration("test"),
            "read": lambda: delivery.with_user(user).read(["payload"]),
            "read event": lambda: delivery.event_id.with_user(user).read(["data"]),
        }.items():
            with self.subTest(name), self.assertRaises(AccessError):
                call()
        self.assertFalse(self.env["kor.webhook.delivery"].with_user(user).search([]))
        self.assertFalse(self.env["kor.event"].with_user(user).search([]))

    def test_customer_manages_own_webhook_but_writes_no_delivery(self):
        webhook = self._create_webhook().with_user(self.portal_user)
        delivery = self._emit().with_user(self.portal_user)
        self.assertEqual(webhook.replay("2026-01-01"), 1)
        self.assertEqual(delivery.replay(), 1)
        self.assertTrue(webhook.reveal_secret().startswith("whsec_"))
        self.assertIn(self.portal_user.name, self._get_log(webhook).name)
        self.assertIn(self.contract.name, delivery.payload)
        for call in (
            lambda: delivery.write({"state": "delivered"}),
            lambda: delivery.event_id.write({"data": {}}),
            lambda: webhook.write({"webhook_url": "https://example.com"}),
            lambda: self.env["kor.webhook.secret"].with_user(self.portal_user).search([]),
            lambda: webhook.sudo().secret_ids.with_user(self.portal_user).read(["secret"]),
            lambda: webhook.sudo().secret_ids.with_user(self.manager).read(["secret"]),
        ):
            with self.assertRaises(AccessError):
                call()
        webhook.sudo().is_self_service = False
        with self.assertRaisesRegex(AccessError, "managed by us"):
            webhook.replay()

    def test_bad_input_is_answered_with_a_sentence(self):
        webhook = self._create_webhook()
        for spec in (
            {"kind": "webhook"},
            {"kind": "webhook", "url": 7},
            {"kind": "webhook", "url": "https://example.com/" + "x" * 3000},
            {"kind": "webhook", "url": self.receiver.url, "events": "invoice.posted"},
            {"kind": "webhook", "url": self.receiver.url, "events": ["invoice.shredded"]},
            {"kind": "webhook", "url": self.receiver.url, "events": [1]},
            {"kind": "webhook", "url": self.receiver.url, "secret": "mine"},
        ):
            with self.subTest(spec), self.assertRaises(UserError):
                self.contract.create_integration(spec)
        for values in (None, [], {"state": "active"}, {"url": ""}, {"url": None}, {"events": {}}, {"events": "x"}):
            with self.subTest(values), self.assertRaises(UserError):
                webhook.set_webhook(values)
