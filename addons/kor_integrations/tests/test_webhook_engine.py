import base64
import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_integrations.engine import retry, signing

# The published case of the Standard Webhooks libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@tagged("post_install", "-at_install", "kor_engine")
class TestSigning(BaseCase):
    def test_published_case_gets_the_published_signature(self):
        self.assertEqual(signing.sign(SECRET, MESSAGE, TIMESTAMP, BODY), SIGNATURE)

    def test_secrets_that_are_none_are_refused(self):
        short = base64.b64encode(b"x" * 23).decode()
        for secret, words in (
            ("", "begins"),
            (None, "begins"),
            (SECRET.removeprefix("whsec_"), "begins"),
            ("whsec_not base64!", "base64"),
            (f"whsec_{short}", "23"),
            ("whsec_" + base64.b64encode(b"x" * 65).decode(), "65"),
        ):
            with self.subTest(secret), self.assertRaisesRegex(signing.SigningError, words):
                signing.sign(secret, MESSAGE, TIMESTAMP, BODY)

    def test_message_without_secret_or_with_an_id_that_splits_is_not_signed(self):
        with self.assertRaises(signing.SigningError):
            signing.make_headers([], MESSAGE, TIMESTAMP, BODY)
        for key in ("", "a.b"):
            with self.subTest(key), self.assertRaises(signing.SigningError):
                signing.sign(SECRET, key, TIMESTAMP, BODY)

    @settings(max_examples=40, deadline=None)
    @given(st.binary(min_size=24, max_size=64), st.binary(min_size=24, max_size=64), st.text(max_size=40))
    def test_receivers_library_takes_what_is_signed_by_either_secret(self, old, new, text):
        body = json.dumps({"text": text}, ensure_ascii=False).encode()
        now = int(datetime.now(UTC).timestamp())
        secrets = [signing.write_secret(new), signing.write_secret(old)]
        headers = signing.make_headers(secrets, "key-1", now, body)
        for secret in secrets:
            self.assertEqual(Webhook(secret).verify(body, headers), {"text": text})

    def test_receivers_library_refuses_what_is_forged_replayed_or_stale(self):
        now = int(datetime.now(UTC).timestamp())
        good = signing.make_headers([SECRET], "key-1", now, BODY)
        other = signing.write_secret(b"another secret of some length")
        Webhook(SECRET).verify(BODY, good)
        cases = {
            "another body": (BODY + b" ", good),
            "another id": (BODY, {**good, "webhook-id": "key-2"}),
            "another time": (BODY, {**good, "webhook-timestamp": str(now - 1)}),
            "another secret": (BODY, signing.make_headers([other], "key-1", now, BODY)),
            "no signature": (BODY, {**good, "webhook-signature": ""}),
            "another version": (BODY, {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,")}),
            "long ago": (BODY, signing.make_headers([SECRET], "key-1", now - 301, BODY)),
            "to come": (BODY, signing.make_headers([SECRET], "key-1", now + 301, BODY)),
        }
        for name, (body, headers) in cases.items():
            with self.subTest(name), self.assertRaises(WebhookVerificationError):
                Webhook(SECRET).verify(body, headers)


@tagged("post_install", "-at_install", "kor_engine")
class TestRetry(BaseCase):
    def test_schedule_is_the_published_one(self):
        hour = 3600
        published = [0, 5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]
        self.assertEqual(list(retry.SCHEDULE), published)
        waited = [retry.judge(attempts, 500).delay for attempts in range(1, 10)]
        self.assertEqual(waited, published[1:])
        self.assertEqual(retry.judge(10, 500), retry.Outcome("dead"))

    def test_status_decides(self):
        cases = [
            *((status, "delivered") for status in (200, 201, 202, 204, 299)),
            *((status, "retrying") for status in (0, 100, 301, 302, 307, 308, 400, 401, 404, 429, 500, 502, 503, 599)),
            (410, "dead"),
        ]
        for status, state in cases:
            with self.subTest(status):
                self.assertEqual(retry.judge(1, status).state, state)
        self.assertTrue(retry.judge(1, 410).is_gone)
        self.assertFalse(retry.judge(10, 500).is_gone)

    def test_receiver_that_asks_to_wait_is_waited_for_within_bounds(self):
        for status, asked, delay in (
            (429, 60, 60), (503, 60, 60), (429, 2, 5), (500, 60, 5), (429, None, 5), (503, 10**9, 24 * 3600),
        ):  # fmt: skip
            with self.subTest((status, asked)):
                self.assertEqual(retry.judge(1, status, retry_after=asked).delay, delay)

    @settings(max_examples=50)
    @given(st.integers(1, 9), st.floats(0, 1))
    def test_jitter_is_never_early_and_little_late(self, attempts, random):
        delay, published = retry.judge(attempts, 0, random).delay, retry.SCHEDULE[attempts]
        self.assertTrue(published <= delay <= published * (1 + retry.JITTER))

    def test_rests_grow_to_a_bound(self):
        rests = [retry.rest(failures) for failures in (0, 1, 2, 3, 7, 1000)]
        self.assertEqual(rests, [0, 5, 10, 20, 300, 300])

    def test_retry_after_is_read_as_number_and_as_date(self):
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        later = now + timedelta(seconds=90)
        for text, seconds in (
            ("120", 120), (" 7 ", 7), ("", None), (None, None), ("soon", None), ("-5", None), ("٣", None),
            (later.strftime("%a, %d %b %Y %H:%M:%S GMT"), 90), ("Sat, 28 Feb 2026 12:00:00 GMT", 0),
            ("9" * 400, 999999999),
        ):  # fmt: skip
            with self.subTest(text):
                self.assertEqual(retry.read_retry_after(text, now), seconds)
