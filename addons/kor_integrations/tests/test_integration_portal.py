import re

from odoo.tests import HttpCase, new_test_user, tagged

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestIntegrationPortal(IntegrationCase, HttpCase):
    """The customer's own integrations in the portal, and nobody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._create_customer("Fjord")
        new_test_user(cls.env, "portal_fjord", "base.group_portal", partner_id=cls.stranger.id, email="x@fjord.example")
        cls.integration = cls.env["kor.integration"].browse(
            cls.contract.create_integration(
                {"kind": "api", "name": "ERP <b>1</b>", "owner": cls.ada.id, "scopes": ["read:invoices", "read:sla"]}
            )
        )
        cls.integration.manage_integration("activate")
        cls.integration.note = "<p>Difficult people</p>"

    def setUp(self):
        super().setUp()
        self.env.flush_all()
        self.url = f"/my/integrations/{self.integration.id}"

    def _log_in(self, login="ada_harbour"):
        self.authenticate(login, login)

    def _post(self, path, **data):
        page = self.url_open("/my").text
        token = re.search(r'csrf_token: "([^"]+)"', page).group(1)
        response = self.url_open(path, data={"csrf_token": token, **data})
        self.env.invalidate_all()
        return response

    def _get_shown_key(self, response):
        found = re.search(r'kor_key_text"[^>]* value="([^"]+)"', response.text)
        return found and found.group(1)

    def _open(self, plain):
        return self.env["kor.integration.key"]._open(plain)

    def test_list_and_page_show_what_is_the_customers(self):
        self._log_in()
        page = self.url_open("/my/integrations").text
        self.assertIn("ERP &lt;b&gt;1&lt;/b&gt;", page)
        page = self.url_open(self.url).text
        for text in ("ERP &lt;b&gt;1", self.contract.name, "Active", "Activated, by", "No key yet", "600"):
            with self.subTest(text):
                self.assertIn(text, page)
        self.assertNotIn("Difficult people", page)

    def test_stranger_sees_and_moves_nothing(self):
        key = self.env["kor.integration.key"].browse(self.integration.issue_key({})["id"])
        self.env.flush_all()
        self._log_in("portal_fjord")
        self.assertNotIn("ERP", self.url_open("/my/integrations").text)
        for path in ("", "/pause", "/rotate", "/retire", "/keys", "/scopes", f"/keys/{key.id}/revoke"):
            with self.subTest(path):
                response = self._post(f"{self.url}{path}", name="x", scopes="read:invoices") if path else None
                response = response or self.url_open(self.url)
                self.assertNotIn("ERP", response.text)
                self.assertTrue(response.url.endswith("/my/integrations"))
        response = self._post("/my/integrations/new", contract=self.contract.id, kind="api", name="Mine")
        self.assertIn("None of your contracts", response.text)
        self.assertEqual((self.integration.state, len(self.integration.key_ids), key.state), ("active", 1, "active"))
        self.assertEqual(self.contract.integration_count, 1)

    def test_key_is_shown_once_and_by_no_address(self):
        self._log_in()
        response = self._post(f"{self.url}/keys", name="ERP", scopes="read:invoices", expires="")
        plain = self._get_shown_key(response)
        key = self._open(plain)
        self.assertEqual(
            (key.name, key.scope_ids.mapped("code"), key.user_id), ("ERP", ["read:invoices"], self.portal_user)
        )
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertNotIn(plain[4:-4], response.url)
        page = self.url_open(self.url).text
        self.assertNotIn(plain[:-4], page)
        self.assertIn(key.key_hint, page)

    def test_rotation_shows_the_successor_and_collection_what_waits(self):
        key = self.env["kor.integration.key"].browse(self.integration.issue_key({"name": "ERP"})["id"])
        self.env.flush_all()
        self._log_in()
        successor = self._open(self._get_shown_key(self._post(f"{self.url}/keys/{key.id}/rotate")))
        self.assertEqual(successor.predecessor_id, key)
        self.assertIsNone(self._get_shown_key(self._post(f"{self.url}/keys/{key.id}/rotate")))
        page = self._post(f"{self.url}/rotate").text
        waiting = successor.successor_ids
        self.assertIn("To collect", page)
        shown = self._get_shown_key(self._post(f"{self.url}/keys/{waiting.id}/collect"))
        self.assertEqual(self._open(shown), waiting)
        again = self._post(f"{self.url}/keys/{waiting.id}/collect")
        self.assertIsNone(self._get_shown_key(again))
        self.assertIn("was shown already", again.text)
        self._post(f"{self.url}/keys/{waiting.id}/revoke")
        self.assertEqual(waiting.state, "revoked")

    def test_actions_move_and_what_cannot_be_is_said_once(self):
        self._log_in()
        for action, state in (("pause", "paused"), ("resume", "active"), ("pause", "paused"), ("retire", "retired")):
            with self.subTest(action):
                self._post(f"{self.url}/{action}")
                self.assertEqual(self.integration.state, state)
        response = self._post(f"{self.url}/resume")
        self.assertIn("is for integrations in these states", response.text)
        self.assertNotIn("?", response.url)
        self.assertNotIn("is for integrations in these states", self.url_open(self.url).text)

    def test_test_says_what_came_of_it(self):
        self._log_in()
        self.assertIn("There is no valid key", self._post(f"{self.url}/test").text)

    def test_what_we_look_after_is_shown_without_buttons(self):
        self.integration.is_self_service = False
        key = self.env["kor.integration.key"].browse(self.integration.issue_key({})["id"])
        self.env.flush_all()
        self._log_in()
        page = self.url_open(self.url).text
        self.assertIn("We look after this integration", page)
        for part in ("kor_do_", "kor_key_form", "kor_key_revoke", "kor_scope_form"):
            self.assertNotIn(part, page)
        for path in ("pause", "keys", "scopes", f"keys/{key.id}/revoke", f"keys/{key.id}/rotate"):
            with self.subTest(path):
                self.assertIn("is managed by us", self._post(f"{self.url}/{path}", name="x").text)
        self.assertEqual((self.integration.state, self.integration.key_ids, key.state), ("active", key, "active"))

    def test_posts_of_other_sites_do_nothing(self):
        self._log_in()
        for path in ("pause", "retire", "keys", "scopes"):
            with self.subTest(path):
                response = self.url_open(f"{self.url}/{path}", data={"csrf_token": "forged", "name": "x"})
                self.assertEqual(response.status_code, 400)
                self.assertEqual(self.url_open(f"{self.url}/{path}").status_code, 405)
        self.env.invalidate_all()
        self.assertEqual((self.integration.state, len(self.integration.key_ids)), ("active", 0))

    def test_scopes_are_not_escalated_by_a_form(self):
        scope = self.env.ref("kor_integrations.scope_read_tickets")
        scope.feature_id = self.env["kor.feature"].create({"name": "Tickets by API", "code": "test_tickets_api"})
        self.env.flush_all()
        self._log_in()
        self.assertNotIn("read:tickets", self.url_open(self.url).text)
        for path, part in (("keys", "cannot have “read:tickets”"), ("scopes", "needs “Tickets by API”")):
            with self.subTest(path):
                self.assertIn(part, self._post(f"{self.url}/{path}", name="x", scopes="read:tickets").text)
        self.assertEqual(self.integration.scope_ids.mapped("code"), ["read:invoices", "read:sla"])
        self._post(f"{self.url}/scopes", scopes=["read:sla", "write:usage"])
        self.assertEqual(self.integration.scope_ids.mapped("code"), ["write:usage", "read:sla"])

    def test_key_without_a_scope_is_refused(self):
        self._log_in()
        self.assertIn("opens nothing; choose of", self._post(f"{self.url}/keys", name="x").text)

    def test_new_one_of_the_own_contract(self):
        self._log_in()
        page = self.url_open("/my/integrations/new").text
        self.assertEqual(re.findall(r'data-kind="(\w+)"', page), ["api", "webhook", "sso"])
        given = {"contract": self.contract.id, "kind": "api", "name": "Warehouse"}
        page = self._post("/my/integrations/new", **given, scopes="read:invoices")
        made = self.contract.integration_ids - self.integration
        self.assertTrue(page.url.endswith(f"/my/integrations/{made.id}"))
        self.assertRecordValues(
            made, [{"name": "Warehouse", "state": "active", "owner_id": self.ada.id, "user_id": False}]
        )
        self.assertEqual(made.scope_ids.mapped("code"), ["read:invoices"])

    def test_bad_form_says_what_is_wrong_and_keeps_what_was_written(self):
        self._log_in()
        given = {"contract": self.contract.id, "kind": "api", "name": "Keep me"}
        page = self._post("/my/integrations/new", **given, scopes="read:everything").text
        self.assertIn("cannot have “read:everything”", page)
        self.assertIn("Keep me", page)
        for values in ({"kind": "connector"}, {"kind": "fax"}, {"contract": "1' OR 1"}, {"contract": 0}):
            with self.subTest(values=values):
                page = self._post("/my/integrations/new", **{**given, **values}).text
                self.assertIn("What do you want to connect?", page)
                self.assertNotIn("1' OR", page)
        self.assertEqual(self.contract.integration_count, 1)

    def test_counter_and_customers_without_integrations(self):
        self._log_in()
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["kor_integration_count"]})
        self.assertEqual(counters["kor_integration_count"], 1)
        self._create_contract(self.stranger, self.env.ref("kor_enterprise_tiers.tier_starter"))
        self.env.flush_all()
        self._log_in("portal_fjord")
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["kor_integration_count"]})
        self.assertEqual(counters["kor_integration_count"], 0)
        self.assertIn("part of a higher tier", self.url_open("/my/integrations").text)

    def test_customer_connects_rotates_and_pauses_in_the_browser(self):
        self.integration.sudo()._enter("retired")
        self.start_tour("/my", "kor_integration_portal_tour", login="ada_harbour")
        made = self.contract.integration_ids - self.integration
        self.assertEqual((made.name, made.state), ("Warehouse", "paused"))
        self.assertEqual(made.key_ids.mapped("state"), ["active", "replaced"])
