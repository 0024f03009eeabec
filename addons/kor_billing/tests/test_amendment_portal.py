import base64

from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import KorBillingCommon

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
@freeze_time("2026-01-11 12:00:00")
class TestAmendmentPortal(KorBillingCommon, HttpCase):
    """Customers ask for changes of their own contracts, see what they cost, and sign."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        seats = {"charge_type": "per_unit", "metric_id": cls.users.id, "quantity": 10, "unit_price": 31}
        cls.own = cls._make_contract({**seats, "name": "Own seats"})
        cls.other = cls._make_contract({**seats, "name": "Their seats"}, partner_id=cls.other_customer.id)
        cls.user = new_test_user(
            cls.env, "amend_portal", "base.group_portal", password="amend_portal",
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)],
        )  # fmt: skip
        cls.user.partner_id.parent_id = cls.customer
        for contract in (cls.own, cls.other):
            contract.generate_invoice("2026-01-01", "2026-01-31")

    def setUp(self):
        super().setUp()
        self.authenticate("amend_portal", "amend_portal")

    def _ask(self, contract, **values):
        choice = {"kind": "quantity", "line": contract.line_ids[0].id, "quantity": 15, "date": "2026-01-11", **values}
        query = "&".join(f"{name}={value}" for name, value in choice.items())
        return self.url_open(f"/my/contracts/{contract.id}/change?{query}", allow_redirects=False)

    def _read(self, response):
        text = html.fromstring(response.content).text_content().replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")
        return " ".join(text.split())

    def _get_sign_url(self, response):
        """Return the address that the page's signature form calls."""
        text = response.text.replace("&#34;", '"').replace("&quot;", '"').replace("&amp;", "&")
        return text.split('"callUrl": "')[1].split('"')[0]

    def _sign(self, url, name="Ada", signature=PIXEL):
        return self.make_jsonrpc_request(url, {"name": name, "signature": signature})

    def _offer(self, contract):
        change = {"kind": "quantity", "line": contract.line_ids[0].id, "quantity": 20}
        amendment = self.env["kor.contract.amendment"].browse(contract.amend("2026-01-11", [change]))
        amendment.action_offer()
        return amendment

    def test_preview_has_the_numbers_that_are_billed_and_nothing_internal(self):
        response = self._ask(self.own)
        text = self._read(response)
        self.assertIn("02/01/2026 $ 310.00 $ 465.00", text)
        for part in (
            "$ 310.00",
            "$ 465.00",
            "Given back: Own seats",
            "21 of 31 days",
            "$ -210.00",
            "$ 315.00",
            "$ 105.00",
        ):
            with self.subTest(part):
                self.assertIn(part, text)
        for part in ("MRR", "ARR", "Total contract value"):
            self.assertNotIn(part, text)
        self.assertFalse(self.own.amendment_ids)

    def test_signed_request_waits_for_staff_and_is_billed_as_shown(self):
        answer = self._sign(self._get_sign_url(self._ask(self.own, note="Please")))
        self.assertTrue(answer["force_refresh"])
        amendment = self.own.amendment_ids
        self.assertEqual((amendment.state, amendment.agreed_by, amendment.request_note), ("requested", "Ada", "Please"))
        self.assertEqual(amendment.requested_by_id, self.user.partner_id)
        self.assertIn("You have asked for this.", self.url_open(f"/my/contracts/{self.own.id}").text)
        self.assertIn("waits for our answer", self._read(self._ask(self.own)))
        amendment.action_accept()
        moves = self._bill(self.own, "2026-01-01", "2026-01-31")
        self.assertEqual(sorted(moves.mapped("amount_untaxed")), [210, 315])
        self.assertIn("It holds since 01/11/2026.", self.url_open(f"/my/contracts/{self.own.id}").text)

    def test_more_seats_hold_at_once_with_self_service(self):
        self.company.kor_portal_self_service = True
        self._sign(self._get_sign_url(self._ask(self.own)))
        self.assertEqual((self.own.amendment_ids.state, self.own.mrr), ("applied", 465))

    def test_what_has_changed_since_it_was_seen_is_not_signed(self):
        url = self._get_sign_url(self._ask(self.own))
        for wrong in (url.replace("quantity=15", "quantity=16"), url.split("&seen")[0], url + "%C3%A9"):
            with self.subTest(wrong):
                self.assertIn("has changed", self._sign(wrong)["error"])
        self.assertFalse(self.own.amendment_ids)

    def test_request_without_a_readable_signature_is_refused_whole(self):
        url = self._get_sign_url(self._ask(self.own))
        for name, signature in (
            ("", PIXEL),
            ("Ada", ""),
            ("Ada", None),
            ("Ada", {"a": 1}),
            (["Ada"], PIXEL),
            ("Ada", "no image"),
            ("Ada", "%%%"),
            ("Ada", base64.b64encode(b"<svg/>").decode()),
        ):
            with self.subTest(name=name, signature=signature), mute_logger("odoo.tools.image"):
                self.assertTrue(self._sign(url, name, signature)["error"])
        self.own.invalidate_recordset()
        self.assertFalse(self.own.amendment_ids)

    def test_bad_choice_is_answered_on_the_page(self):
        for values, sentence in (({"quantity": 5}, "more than that"), ({"kind": "price"}, "cannot be asked for"),
                                 ({"line": self.other.line_ids.id}, "Choose of what")):  # fmt: skip
            with self.subTest(values):
                self.assertIn(sentence, self._read(self._ask(self.own, **values)))

    def test_contracts_of_others_stay_closed(self):
        amendment = self._offer(self.other)
        token = self.other._portal_ensure_token()
        for path in ("change", f"change?access_token={token}", f"amendments/{amendment.id}"):
            with self.subTest(path):
                response = self.url_open(f"/my/contracts/{self.other.id}/{path}", allow_redirects=False)
                self.assertEqual((response.status_code, response.headers["Location"][-3:]), (303, "/my"))
        own_url = self._get_sign_url(self._ask(self.own))
        for url in (own_url.replace(f"/{self.own.id}/", f"/{self.other.id}/"),
                    f"/my/contracts/{self.other.id}/amendments/{amendment.id}/sign",
                    f"/my/contracts/{self.own.id}/amendments/{amendment.id}/sign"):  # fmt: skip
            with self.subTest(url):
                self.assertIn("not yours", self._sign(url)["error"])
        self.assertEqual(
            (amendment.state, self.other.amendment_ids, self.own.amendment_ids.ids), ("offered", amendment, [])
        )

    def test_staff_and_visitors_do_not_sign_for_customers(self):
        url = self._get_sign_url(self._ask(self.own))
        self.authenticate(None, None)
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self._sign(url)
        self.biller.password = "kor_biller-kor_biller"
        self.authenticate("kor_biller", "kor_biller-kor_biller")
        self.assertIn("not yours", self._sign(url)["error"])

    def test_offer_is_looked_at_and_signed_once(self):
        amendment = self._offer(self.own)
        page = self.url_open(f"/my/contracts/{self.own.id}/amendments/{amendment.id}")
        self.assertIn("$ 620.00", self._read(page))
        url = self._get_sign_url(page)
        self.assertIn("has changed", self._sign(url.split("?")[0])["error"])
        self.assertTrue(self._sign(url)["force_refresh"])
        self.assertEqual((amendment.state, amendment.agreed_how, self.own.mrr), ("applied", "signature", 620))
        self.assertIn("is in the state", self._sign(url)["error"])

    def test_decline_needs_the_page_s_token(self):
        amendment = self._offer(self.own)
        url = f"/my/contracts/{self.own.id}/amendments/{amendment.id}/decline"
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url, data={"reason": "No"}).status_code, 400)
        self.assertEqual(amendment.state, "offered")
        page = self.url_open(f"/my/contracts/{self.own.id}/amendments/{amendment.id}").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        self.url_open(url, data={"reason": "Too dear", "csrf_token": token})
        self.assertEqual(amendment.state, "declined")
        self.assertIn("Too dear", "".join(amendment.message_ids.mapped("body")))

    def test_drafts_and_notes_of_staff_stay_inside(self):
        change = {"kind": "price", "percent": 7}
        amendment_id = self.own.amend("2026-01-11", [change], "They can pay more.")
        self.assertNotIn("+7", self.url_open(f"/my/contracts/{self.own.id}").text)
        response = self.url_open(f"/my/contracts/{self.own.id}/amendments/{amendment_id}", allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.env["kor.contract.amendment"].browse(amendment_id).action_offer()
        page = self.url_open(f"/my/contracts/{self.own.id}/amendments/{amendment_id}").text
        self.assertIn("+7", page)
        self.assertNotIn("They can pay more.", page)
        params = {"model": "kor.contract.amendment", "method": "read", "args": [[amendment_id], ["note"]], "kwargs": {}}
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self.make_jsonrpc_request("/web/dataset/call_kw/kor.contract.amendment/read", params)

    def test_cancellation_respects_the_notice(self):
        first = self.own._get_first_cancel_day()
        self.assertEqual(str(first), "2026-02-10")
        self.assertIn("Choose a last day", self._read(self._ask(self.own, kind="cancel", last_day="2026-02-09")))
        self._sign(self._get_sign_url(self._ask(self.own, kind="cancel", last_day="2026-02-10")))
        amendment = self.own.amendment_ids
        amendment.action_accept()
        self.assertEqual((amendment.state, str(amendment.date_effective)), ("agreed", "2026-02-11"))
        with freeze_time("2026-02-11 12:00:00"):
            self.env["kor.contract"]._cron_update_states()
        self.assertEqual((self.own.state, str(self.own.date_cancelled)), ("cancelled", "2026-02-10"))
