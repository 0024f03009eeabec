import secrets
import time
from unittest.mock import patch

from odoo.exceptions import AccessDenied, AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..engine import oidc
from ..models.kor_integration_sso_flow_mixin import LoginRefused
from ..tools import guarded_http
from .oidc_common import make_key
from .sso_common import DOMAIN, SsoCase


@tagged("post_install", "-at_install")
class TestSsoEnd(SsoCase):
    """What ends, when, and for whom."""

    def setUp(self):
        super().setUp()
        self.ada_user = self._log_in()
        self.sid = secrets.token_hex(42)
        self._give_key()

    def _give_key(self):
        self.key = self.env["res.users.apikeys"].with_user(self.ada_user).sudo()._generate("rpc", "Test", False)
        self.token = self.ada_user._compute_session_token(self.sid)

    def _check_key(self):
        return self.env["res.users.apikeys"]._check_credentials(scope="rpc", key=self.key)

    def assert_over(self, text):
        self.env.flush_all()
        self.assertNotEqual(self.ada_user._compute_session_token(self.sid), self.token)
        self.assertFalse(self._check_key())
        self.assertIn(text, self._log_names())

    def assert_going_on(self):
        self.env.flush_all()
        self.assertEqual(self.ada_user._compute_session_token(self.sid), self.token)
        self.assertEqual(self._check_key(), self.ada_user.id)

    def test_pause_retire_contract_domain_and_issuer_end_sessions_and_keys(self):
        self.assert_going_on()
        for text, end, again in (
            ("paused", lambda: self.sso.manage_integration("pause"), lambda: self.sso.manage_integration("resume")),
            ("does not run", lambda: self.contract._set_state("paused"), lambda: self.contract._set_state("active")),
            ("domain is not verified", self.sso.sso_domain_ids.action_withdraw, self.sso.sso_domain_ids.action_confirm),
            ("domain is not verified", self._rename, self._name_back),
        ):
            with self.subTest(text=text):
                end()
                self.assert_over(text)
                with self.assertRaises(LoginRefused):
                    self._log_in()
                again()
                self.assertEqual(self._log_in(), self.ada_user)
                self._give_key()
        self.sso.sso_issuer = "https://new.harbour.example"
        self.assert_over("another issuer")
        self.assertFalse(self.ada_user.oauth_uid, "a subject means somebody else at another issuer")
        self.sso.manage_integration("retire")
        self.assertFalse(self.sso.sso_client_secret)
        self.assertFalse(self.sso._get_verified_domains(), "others may have the domain now")

    def _rename(self):
        self.sso.sso_domain_ids.with_user(self.user).name = "other.example"

    def _name_back(self):
        self.sso.sso_domain_ids.name = DOMAIN
        self.sso.sso_domain_ids.action_confirm()

    def test_a_deleted_domain_ends_them(self):
        self.sso.sso_domain_ids.with_user(self.user).unlink()
        self.assert_over("domain is not verified")

    def test_an_ended_contract_ends_them(self):
        self.contract._set_state("cancelled")
        self.assert_over("does not run")

    def test_deactivation_by_staff_ends_them(self):
        self.ada_user.with_user(self.env.ref("base.user_admin")).action_archive()
        self.assert_over("deactivated")
        self.assert_refused("deactivated")

    def test_the_customer_deactivates_its_people_only(self):
        boss = new_test_user(
            self.env,
            "boss@harbour.example",
            "base.group_portal",
            partner_id=self.env["res.partner"].create({"name": "Boss", "parent_id": self.customer.id}).id,
        )
        stranger = new_test_user(self.env, "stranger", "base.group_portal", partner_id=self._create_customer("Quay").id)
        staff = new_test_user(self.env, "staff@harbour.example", "base.group_user", email="staff@harbour.example")
        as_boss = self.sso.with_user(boss)
        for wrong in ("staff@harbour.example", "nobody@harbour.example", "stranger", "", None, 5, ["x"], {"a": 1}):
            with self.subTest(wrong=wrong), self.assertRaisesRegex(UserError, "no active portal user"):
                as_boss.deprovision(wrong)
        with self.assertRaises(AccessError):
            self.sso.with_user(stranger).deprovision("ada@harbour.example")
        self.sso.owner_id = self.ada
        with self.assertRaisesRegex(AccessError, self.ada.name[:3]):
            as_boss.deprovision("ada@harbour.example")
        self.sso.owner_id = boss.partner_id
        self.assert_going_on()
        self.assertEqual(as_boss.deprovision("Ada@harbour.example"), {"users": 1, "keys": 1})
        self.assertFalse(self.ada_user.active)
        self.assertTrue(staff.active)
        self.assert_over("deactivated by boss")

    def _logout_token(self, **more):
        claims = self.provider.claims(nonce=None, email=None, email_verified=None, name=None)
        return self.provider.sign({**claims, "events": {oidc.LOGOUT_EVENT: {}}, **more})

    def test_a_logout_token_ends_sessions_once_and_no_keys(self):
        for wrong in (
            "",
            "x.y.z",
            self.provider.sign(self.provider.claims(nonce="n")),
            self._logout_token(aud="other"),
            self._logout_token(iat=int(time.time()) - 3600),
            self.provider.sign(self.provider.claims(), key=make_key("thief")),
        ):
            with self.assertRaises(LoginRefused):
                self.sso._log_out(wrong)
        self.sso._log_out(self._logout_token(sub="somebody else"))
        self.assert_going_on()
        # Replayed: it was made long before this session began.
        self.env["res.users.log"].with_user(self.ada_user).sudo().create({})
        self.ada_user.invalidate_recordset()
        self.sso._log_out(self._logout_token(iat=int(time.time()) - 200))
        self.assert_going_on()
        self.sso._log_out(self._logout_token())
        self.env.flush_all()
        self.assertNotEqual(self.ada_user._compute_session_token(self.sid), self.token)
        self.assertIn("logged out at the provider", self._log_names())
        # A program of hers goes on, for she has gone home only.
        self.assertEqual(self._check_key(), self.ada_user.id)

    @mute_logger("odoo.addons.base.models.res_users")
    def test_without_passwords_only_these_people_lose_theirs(self):
        users = {"ada": self.ada_user}
        for name, groups, partner in (
            ("colleague@harbour.example", "base.group_portal", self.customer),
            ("contractor@elsewhere.example", "base.group_portal", self.customer),
            ("other@harbour.example", "base.group_portal", self._create_customer("Quay")),
            ("staff@harbour.example", "base.group_user", self.customer),
        ):
            contact = self.env["res.partner"].create({"name": name, "email": name, "parent_id": partner.id})
            users[name.split("@")[0]] = new_test_user(self.env, name, groups, partner_id=contact.id)
        for user in users.values():
            user.password = "Harbour-2026"
        self.assertEqual(self._who_logs_in(users), set(users))
        self.sso.configure_sso({"sso_only": True})
        self.assertEqual(self._who_logs_in(users), {"contractor", "other", "staff"})
        self.assertEqual(self._check_key(), self.ada_user.id, "keys are no passwords")
        with self.assertRaisesRegex(UserError, "no password here"):
            self.env["res.users"].reset_password("colleague@harbour.example")
        users["colleague"].partner_id.signup_prepare()
        token = users["colleague"].partner_id._generate_signup_token()
        with self.assertRaisesRegex(UserError, "no password here"):
            self.env["res.users"].signup({"password": "x"}, token)
        with self.assertRaisesRegex(UserError, "with their company"):
            self.env["res.users"].signup({"login": "ceo@harbour.example", "name": "x", "password": "x"})
        credential = {"type": "oauth_token", "login": self.ada_user.login, "token": self.ada_user.oauth_access_token}
        self.assertTrue(self.ada_user.with_user(self.ada_user)._check_credentials(credential, {"interactive": True}))
        self.sso.manage_integration("pause")
        self.assertEqual(self._who_logs_in(users), set(users), "paused, it keeps nobody out")

    def _who_logs_in(self, users):
        """Return the names of those whose password is taken on the log-in page and over RPC alike."""
        found = set()
        for name, user in users.items():
            credential = {"type": "password", "login": user.login, "password": "Harbour-2026"}
            taken = []
            for interactive in (True, False):
                try:
                    user.with_user(user)._check_credentials(credential, {"interactive": interactive})
                    taken.append(True)
                except AccessDenied:
                    taken.append(False)
            self.assertEqual(len(set(taken)), 1)
            if taken[0]:
                found.add(name)
        return found


@tagged("post_install", "-at_install")
class TestSsoDomain(SsoCase):
    def test_a_domain_is_proven_by_its_file(self):
        self.sso.configure_sso({"domains": [DOMAIN, "port.harbour.example"]})
        domain = self.sso.sso_domain_ids.filtered(lambda one: one.state == "open")
        as_ada = self.sso.with_user(self.portal_user)
        self.assertEqual(domain.name, "port.harbour.example")
        for status, body, good in (
            (404, domain.token, False),
            (200, "kor-verification=", False),
            (200, f"{domain.token}0", False),
            (200, "<html>ä</html>", False),
            (200, f"{domain.token}\r\n", True),
        ):
            answer = guarded_http.Answer(status, {}, body.encode(), 1)
            with patch.object(guarded_http, "request", return_value=answer) as request:
                found = as_ada.verify_domain("Port.Harbour.example")
            self.assertEqual(found["verified"], good, body)
            self.assertEqual(request.call_args.args[1], found["url"])
        self.assertEqual(found["url"], "https://port.harbour.example/.well-known/kor-verification.txt")
        self.assertEqual(domain.state, "verified")
        for wrong in ("quay.example", "", None, 5, ["port.harbour.example"]):
            with self.assertRaisesRegex(UserError, "no domain of"):
                as_ada.verify_domain(wrong)

    def test_a_domain_belongs_to_one_single_sign_on(self):
        contract = self._create_contract(self._create_customer("Quay"))
        theirs = self.env["kor.integration"].browse(
            contract.create_integration({"kind": "sso", "domains": [DOMAIN]}),
        )
        with self.assertRaisesRegex(UserError, "another single sign-on"):
            theirs.sso_domain_ids.action_confirm()
        self.sso.manage_integration("retire")
        theirs.sso_domain_ids.action_confirm()
        self.assertEqual(theirs._get_verified_domains(), {DOMAIN})

    def test_nobody_but_a_proof_verifies(self):
        domains = self.env["kor.integration.domain"]
        values = {"name": "new.example", "integration_id": self.sso.id}
        forged = {"default_state": "verified", "default_verified_by": "me", "default_token": ""}
        domain = domains.with_user(self.user).with_context(**forged).create(values)
        self.assertEqual((domain.state, domain.verified_by), ("open", False))
        self.assertGreater(len(domain.token), 40)
        native = self.env["auth.oauth.provider"].search([], limit=1)
        defaults = {**forged, "default_state": "active", "default_sso_provider_id": native.id}
        as_ada = self.contract.with_user(self.portal_user).with_context(**defaults)
        made = self.env["kor.integration"].browse(as_ada.create_integration({"kind": "sso", "domains": ["x.example"]}))
        self.assertEqual((made.state, made.sso_domain_ids.state), ("draft", "open"))
        self.assertFalse(made.sso_provider_id)
        as_staff = self.contract.with_user(self.manager).with_context(**defaults)
        self.assertEqual(
            self.env["kor.integration"].browse(as_staff.create_integration({"kind": "sso"})).state, "draft"
        )
        self.assertEqual(made.owner_id, self.ada, "who made it looks after it")
        for forbidden in ({"state": "verified"}, {"token": "x"}, {"verified_by": "me"}):
            with self.assertRaises(AccessError):
                domain.with_user(self.user).write(forbidden)
        with self.assertRaises(AccessError):
            domain.with_user(self.user).action_confirm()
        for right in ("read", "write", "create", "unlink"):
            self.assertEqual(domain.with_user(self.portal_user).has_access(right), right == "read")
        domain.with_user(self.manager).action_confirm()
        self.assertEqual(domain.verified_by, self.manager.name)
        domain.name = "newer.example"
        self.assertEqual(domain.state, "open", "what was proven was another one")

    def test_secrets_are_not_read(self):
        form = self.sso.with_user(self.manager)
        form.sso_secret_input = "second"
        self.assertEqual(self.sso.sudo().sso_client_secret, "second")
        self.assertTrue(form.sso_has_secret)
        self.assertFalse(form.sso_secret_input)
        for user in (self.manager, self.portal_user):
            for name in ("sso_client_secret", "sso_keys", "sso_document", "sso_provider_id"):
                with self.assertRaises(AccessError):
                    self.sso.with_user(user).read([name])
                with self.assertRaises(AccessError):
                    self.sso.with_user(user).write({name: False})
        self.assertNotIn("second", self._log_names() + str(self.sso.message_ids.mapped("body")))
        values = self.sso.with_user(self.portal_user)._get_sso_portal_values()
        self.assertNotIn("second", str(values))
        webhook = self.contract.create_integration({"kind": "api"})
        with self.assertRaisesRegex(ValidationError, "no single sign-on"):
            self.env["kor.integration.domain"].create({"name": "x.example", "integration_id": webhook})
        self.assertEqual(values["domains"][0]["name"], DOMAIN)
