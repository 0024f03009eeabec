import re

from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from .negotiation_common import NegotiationMixin


@tagged("post_install", "-at_install")
class TestNegotiationPortal(NegotiationMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self.negotiation = self._start().sudo()
        self.url = f"/my/negotiations/{self.negotiation.id}"

    def _log_in(self, user):
        self.authenticate(user.login, f"{user.login}-{user.login}")

    def _post(self, path, token="", **values):
        """Send a form as a browser without scripts does."""
        query = f"?access_token={token}" if token else ""
        return self.url_open(f"{self.url}/{path}{query}", data={"csrf_token": self._get_csrf(), **values})

    def _get_csrf(self):
        page = self.url_open("/my").text
        return re.search(r'csrf_token: "(\w+)"', page).group(1)

    def _get_form(self, **changes):
        """Return the form as the page fills it, with changes."""
        values = {
            f"line_{self.seat_line.id}_price_unit": "10",
            f"line_{self.seat_line.id}_quantity": "50",
            f"line_{self.seat_line.id}_discount": "0",
            "terms_term_months": "12",
            "sla_uptime_target": "99.5",
            "support_support_level": "",
        }
        return values | changes

    def test_page_shows_the_proposal_and_its_form(self):
        self._log_in(self.user_a)
        text = self.url_open(self.url).text
        for part in (
            self.negotiation.name,
            "Round 1",
            f'name="line_{self.seat_line.id}_price_unit"',
            "Accept and Sign",
        ):
            with self.subTest(part):
                self.assertIn(part, text)

    def test_customer_counters_by_line_and_area(self):
        self._log_in(self.user_a)
        changes = {
            f"line_{self.seat_line.id}_price_unit": "8.5",
            f"line_{self.seat_line.id}_reason": "Others ask for less",
            "sla_uptime_target": "99.9",
            "sla_reason": "We never sleep",
            "features_features": str(self.feature.id),
            "terms_text": "Pay by the quarter",
        }
        text = self._post("counter", **self._get_form(**changes)).text
        offers = self.negotiation.offer_ids.sorted("id")
        self.assertEqual(offers.mapped("area"), ["pricing", "terms", "sla", "features"])
        self.assertEqual(
            [offer.asked for offer in offers],
            [
                {"price_unit": 8.5},
                {"text": "Pay by the quarter"},
                {"uptime_target": 99.9},
                {"features": self.feature.ids},
            ],
        )
        self.assertEqual(offers[2].was, {"uptime_target": 99.5})
        self.assertEqual(offers.author_id, self.user_a.partner_id)
        self.assertEqual(self.negotiation.state, "waiting_us")
        for part in ("Others ask for less", "We never sleep", "Lighthouse", "Take back"):
            with self.subTest(part):
                self.assertIn(part, text)

    def test_refused_form_says_why_and_keeps_what_was_entered(self):
        self._log_in(self.user_a)
        price = f"line_{self.seat_line.id}_price_unit"
        text = self._post("counter", **self._get_form(**{price: "-3", "terms_reason": "Because"})).text
        self.assertIn("kor_problem", text)
        self.assertIn('value="-3"', text)
        self.assertIn("Nothing is asked", self._post("counter", **self._get_form()).text)
        self.assertFalse(self.negotiation.offer_ids)

    def test_other_customers_are_sent_home(self):
        self._ask_for_price(self.negotiation)
        self._log_in(self.user_b)
        self.assertNotIn(self.negotiation.name, self.url_open("/my/negotiations").text)
        with mute_logger("odoo.addons.base.models.ir_rule"):
            for path, values in (
                ("counter", self._get_form(terms_term_months="24")),
                ("withdraw", {"offer": self.negotiation.offer_ids.id}),
                ("accept", {"order": self.order.id}),
            ):
                with self.subTest(path):
                    response = self._post(path, **values)
                    self.assertTrue(response.url.endswith("/my"))
            self.assertTrue(self.url_open(self.url).url.endswith("/my"))
            self.assertTrue(self._post("counter", token="wrong", terms_term_months="24").url.endswith("/my"))
        self.assertEqual(self.negotiation.offer_ids.mapped("state"), ["open"])
        self.assertEqual(len(self.negotiation.offer_ids), 1)

    def test_form_without_its_csrf_token_is_refused(self):
        self._log_in(self.user_a)
        with mute_logger("odoo.http"):
            response = self.url_open(f"{self.url}/counter", data={"terms_term_months": "24"})
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self.negotiation.offer_ids)

    def test_link_with_the_token_opens_and_moves_without_a_login(self):
        token = self.negotiation._portal_ensure_token()
        self.authenticate(None, None)
        self.assertIn("Round 1", self.url_open(f"{self.url}?access_token={token}").text)
        self._post("counter", token=token, terms_term_months="24")
        self.assertRecordValues(
            self.negotiation.offer_ids, [{"asked": {"term_months": 24}, "author_id": self.company_a.id}]
        )

    def test_customer_takes_back(self):
        offer = self._ask_for_price(self.negotiation)
        self._log_in(self.user_a)
        self._post("withdraw", offer=offer.id)
        self.assertEqual((offer.state, self.negotiation.state), ("withdrawn", "waiting_them"))
        self.assertIn("Only counter-offers", self._post("withdraw", offer="x").text)

    def test_customer_accepts_our_counter_and_comes_to_its_signature(self):
        offer = self._ask_for_price(self.negotiation)
        negotiation = self.negotiation.with_user(self.seller)
        negotiation.answer([{"offer": offer.id, "decision": "counter", "price_unit": 9, "note": "In the middle."}])
        self._log_in(self.user_a)
        # Not sent yet: nothing of our answer is shown, and there is nothing to accept.
        text = self.url_open(self.url).text
        self.assertNotIn("In the middle.", text)
        self.assertNotIn("Accept and Sign", text)
        second = self.order.kor_next_id
        self._send(second)
        self.assertIn("In the middle.", self.url_open(self.url).text)
        self.assertIn("a newer proposal", self._post("accept", order=self.order.id).text)
        response = self._post("accept", order=second.id)
        self.assertIn(f"/my/orders/{second.id}", response.url)
        self.assertEqual((self.negotiation.state, self.negotiation.agreed_by_id), ("agreed", self.user_a.partner_id))

    def test_notes_margins_and_figures_are_never_shown(self):
        offer = self._ask_for_price(self.negotiation)
        negotiation = self.negotiation.with_user(self.seller)
        negotiation.note = "<p>NOTESECRET</p>"
        negotiation._message_log(body="LOGSECRET")
        negotiation.answer(
            [{"offer": offer.id, "decision": "counter", "price_unit": 9, "internal_note": "ANSWERSECRET"}]
        )
        self._send(self.order.kor_next_id)
        self._log_in(self.user_a)
        text = self.url_open(self.url).text
        chat = str(self.make_jsonrpc_request(
            "/mail/chatter_fetch", {"thread_model": "kor.negotiation", "thread_id": self.negotiation.id}
        ))  # fmt: skip
        self.assertIn("Counter-offer", chat)
        for secret in ("NOTESECRET", "LOGSECRET", "ANSWERSECRET", "Whale", "margin", "460.00", ">ARR<", ">MRR<"):
            with self.subTest(secret):
                self.assertNotIn(secret, text)
                self.assertNotIn(secret, chat)

    def test_superseded_and_expired_versions_cannot_be_countered_or_accepted(self):
        self._log_in(self.user_a)
        self.order.validity_date = "2020-01-31"
        self._assert_nothing_moves("expired")
        self.order.validity_date = False
        self.order._kor_make_version({})
        self._assert_nothing_moves("superseded")
        self.assertFalse(self.negotiation.offer_ids)
        self.assertEqual(self.negotiation.state, "waiting_them")

    def _assert_nothing_moves(self, sentence):
        for path, values in (
            ("counter", self._get_form(terms_term_months="24")),
            ("accept", {"order": self.order.id}),
        ):
            with self.subTest(f"{path} {sentence}"):
                self.assertIn(sentence, self._post(path, **values).text)

    def test_home_card_and_list_have_own_negotiations(self):
        lead, _order = self._create_deal(self.company_b)
        other = self._start(lead)
        self._log_in(self.user_a)
        self.assertIn("/my/negotiations", self.url_open("/my").text)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["kor_negotiation_count"]})
        self.assertEqual(counters["kor_negotiation_count"], 1)
        text = self.url_open("/my/negotiations").text
        self.assertIn(self.negotiation.name, text)
        self.assertNotIn(other.name, text)

    def test_negotiation_begins_from_the_proposal(self):
        lead, order = self._create_deal(self.company_a)
        self._log_in(self.user_a)
        page = self.url_open(order.get_portal_url())
        self.assertIn(f"/my/orders/{order.id}/negotiate", page.text)
        response = self.url_open(f"/my/orders/{order.id}/negotiate", data={"csrf_token": self._get_csrf()})
        self.assertIn(f"/my/negotiations/{lead.kor_negotiation_id.id}", response.url)
        self.assertEqual(lead.kor_negotiation_id.order_id, order)

    def test_customers_move_over_rpc_in_their_own_negotiation_only(self):
        self._log_in(self.user_a)
        offers = self._call("counter", [{"term_months": 24, "reason": "We plan ahead."}])
        self.assertEqual(offers, self.negotiation.offer_ids.ids)
        self.assertEqual(self._call("history")["rounds"][0]["offers"][0]["asked"], {"term_months": 24})
        self.assertIs(self._call("withdraw", offers), True)
        self._log_in(self.user_b)
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"):
            for method, arguments in (("counter", [[{"term_months": 36}]]), ("history", []), ("agree", [])):
                with self.subTest(method), self.assertRaisesRegex(JsonRpcException, "AccessError"):
                    self._call(method, *arguments)

    def _call(self, method, *arguments):
        params = {
            "model": "kor.negotiation",
            "method": method,
            "args": [self.negotiation.ids, *arguments],
            "kwargs": {},
        }
        return self.make_jsonrpc_request(f"/web/dataset/call_kw/kor.negotiation/{method}", params)
