from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from ..models.kor_integration_api_mixin import KEYS_AT_MOST
from ..models.kor_integration_key_call_mixin import KeyRefused
from .common import IntegrationCase

NOW = "2026-06-15 12:00:00"


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestApiKeys(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(NOW):
            cls._set_zone("UTC")
            cls.integration = cls.env["kor.integration"].browse(
                cls.contract.create_integration(
                    {"kind": "api", "name": "ERP", "owner": cls.ada.id, "scopes": ["read:invoices", "write:usage"]}
                )
            )
            cls.integration.manage_integration("activate")
        cls.Key = cls.env["kor.integration.key"]
        cls.stranger = cls._create_customer("Fjord")
        cls.stranger_user = new_test_user(
            cls.env, "key_fjord", "base.group_portal", partner_id=cls.stranger.id, email="x@fjord.example"
        )

    def setUp(self):
        super().setUp()
        # Calls are counted in transactions of their own.
        self.enterContext(self.enter_registry_test_mode())

    @classmethod
    def _set_zone(cls, tz):
        # Below the guard of what is agreed.
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE kor_contract SET tz = %s WHERE id = %s", [tz, cls.contract.id])
        cls.contract.invalidate_recordset(["tz"])

    def _issue(self, **values):
        issued = self.integration.issue_key(values)
        return self.Key.browse(issued["id"]), issued["key"]

    def _assert_refused(self, plain, sentence, status=401):
        with self.assertRaisesRegex(KeyRefused, sentence) as refused:
            self.Key._open(plain)
        self.assertEqual(refused.exception.status, status)

    def test_key_is_told_once_and_kept_as_a_hash(self):
        issued = self.integration.issue_key({"name": "ERP", "scopes": ["read:invoices"], "expires": "2026-12-31"})
        key = self.Key.browse(issued["id"])
        self.assertEqual(issued["scopes"], ["read:invoices"])
        self.assertEqual(issued["expires"], "2027-01-01 00:00:00")
        self.assertTrue(issued["key"].startswith("kor_"))
        self.assertGreaterEqual(len(issued["key"]), 40)
        self.assertEqual(key.key_hint, f"…{issued['key'][-4:]}")
        self.env.flush_all()
        self.env.cr.execute("SELECT k::text FROM kor_integration_key k WHERE id = %s", [key.id])
        self.assertNotIn(issued["key"][4:-4], self.env.cr.fetchone()[0])
        self.assertEqual(self.Key._open(issued["key"]), key)
        log = self.integration._get_last_log()
        self.assertIn("issued", log.name)
        self.assertNotIn(issued["key"][:-4], f"{log.name}{log.detail}")

    def test_default_is_all_scopes_of_the_integration_for_as_long_as_may_be(self):
        key, _plain = self._issue()
        self.assertEqual(key.scope_ids, self.integration.scope_ids)
        self.assertEqual((key.date_expires, key.lifetime_days), (fields.Datetime.to_datetime("2027-06-16"), 365))

    def test_last_day_is_that_of_the_contract(self):
        self._set_zone("America/New_York")
        key, _plain = self._issue(expires="2026-06-15")
        self.assertEqual(key.date_expires, fields.Datetime.to_datetime("2026-06-16 04:00:00"))

    def test_unusable_wishes_say_what_would_be_right(self):
        for values, sentence in (
            (None, "given by its name"),
            ("ERP", "given by its name"),
            ([], "given by its name"),
            ({"scope": ["read:invoices"]}, "has no “scope”"),
            ({"name": 5}, "must be text"),
            ({"name": "x" * 101}, "longer than 100"),
            ({"scopes": "read:invoices"}, "must be a list"),
            ({"scopes": {"read:invoices": 1}}, "must be a list"),
            ({"scopes": [None]}, "must be a list"),
            ({"scopes": []}, "opens nothing; choose of: read:invoices, write:usage"),
            ({"expires": "tomorrow"}, "YYYY-MM-DD"),
            ({"expires": 20261231}, "YYYY-MM-DD"),
            ({"expires": ["2026-12-31"]}, "YYYY-MM-DD"),
            ({"expires": "2026-06-14"}, "from 2026-06-15 to 2027-06-15"),
            ({"expires": "2027-06-16"}, "from 2026-06-15 to 2027-06-15"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, sentence):
                self.integration.issue_key(values)
        self.assertFalse(self.integration.key_ids)

    def test_scopes_cannot_be_escalated(self):
        for codes, sentence in (
            (["read:tickets"], "cannot have “read:tickets”; there are: read:invoices, write:usage"),
            (["read:invoices", "admin"], "cannot have “admin”"),
            (["*"], "cannot have"),
        ):
            for user in (self.portal_user, self.manager, self.env.user):
                with self.subTest(codes=codes, user=user.login), self.assertRaisesRegex(UserError, sentence):
                    self.integration.with_user(user).issue_key({"scopes": codes})
        key, plain = self._issue(scopes=["read:invoices"])
        for user in (self.portal_user, self.manager):
            for values in ({"scope_ids": [Command.set(self.integration.scope_ids.ids)]}, {"key_hash": "x"}):
                with self.subTest(values=values, user=user.login), self.assertRaises(AccessError):
                    key.with_user(user).write(values)
        with self.assertRaisesRegex(KeyRefused, "needs the scope “write:usage”"):
            self.Key._open(plain)._check_scope("write:usage")

    def test_scope_that_the_contract_does_not_include_is_given_to_nobody(self):
        scope = self.env.ref("kor_integrations.scope_read_tickets")
        scope.feature_id = self.env["kor.feature"].create({"name": "Tickets by API", "code": "test_tickets_api"})
        for user in (self.portal_user, self.manager):
            with self.subTest(user=user.login), self.assertRaisesRegex(ValidationError, "needs “Tickets by API”"):
                self.integration.with_user(user).set_scopes(["read:tickets"])
            with self.assertRaisesRegex(ValidationError, "needs “Tickets by API”"):
                self.contract.with_user(user).create_integration({"kind": "api", "scopes": ["read:tickets"]})
        made = self.env["kor.integration"].browse(self.contract.create_integration({"kind": "api"}))
        self.assertNotIn(scope, made.scope_ids, "nor proposed")

    def test_key_loses_what_integration_and_contract_lose(self):
        key, plain = self._issue()
        self.assertEqual(self.integration.with_user(self.portal_user).set_scopes(["read:invoices"]), ["read:invoices"])
        self.assertEqual(key.scope_ids.mapped("code"), ["read:invoices"])
        self.integration.set_scopes(["read:invoices", "write:usage"])
        self.assertEqual(key.scope_ids.mapped("code"), ["read:invoices"], "it does not come back by itself")
        feature = self.env["kor.feature"].create({"name": "Papers", "code": "test_papers"})
        self.env.ref("kor_integrations.scope_read_invoices").feature_id = feature
        with self.assertRaisesRegex(KeyRefused, "needs the scope “read:invoices”"):
            self.Key._open(plain)._check_scope("read:invoices")

    def test_rotation_overlaps_and_no_longer(self):
        key, old = self._issue(expires="2026-09-30", scopes=["read:invoices"])
        issued = key.with_user(self.portal_user).rotate()
        successor = self.Key.browse(issued["id"])
        self.assertEqual(successor.predecessor_id, key)
        self.assertEqual((key.state, successor.state), ("replaced", "active"))
        self.assertEqual((issued["scopes"], successor.lifetime_days), (["read:invoices"], key.lifetime_days))
        for days, opens in ((0, True), (6.9, True), (7, False), (30, False)):
            with self.subTest(days=days), freeze_time(fields.Datetime.now() + timedelta(days=days)):
                self.env.invalidate_all()
                self.assertEqual(self.Key._open(issued["key"]), successor)
                if opens:
                    self.assertEqual(self.Key._open(old), key)
                else:
                    self._assert_refused(old, "has expired")

    def test_overlap_is_a_setting_and_never_makes_a_key_live_longer(self):
        self.env["ir.config_parameter"].set_param("kor_integrations.key_overlap_days", "30")
        key, _plain = self._issue(expires="2026-06-20")
        key.rotate()
        self.assertEqual(key.date_expires, fields.Datetime.to_datetime("2026-06-21"))
        self.env["ir.config_parameter"].set_param("kor_integrations.key_overlap_days", "0")
        other, plain = self._issue()
        other.rotate()
        self._assert_refused(plain, "has expired")

    def test_only_a_valid_key_is_rotated_and_once(self):
        key, _plain = self._issue()
        successor = self.Key.browse(key.rotate()["id"])
        with self.assertRaisesRegex(UserError, "is “Being replaced”: only a valid one"):
            key.rotate()
        successor.revoke()
        with self.assertRaisesRegex(UserError, "is “Revoked”"):
            successor.rotate()
        # The old one still holds, and what should have replaced it does not.
        self.assertTrue(key.rotate()["key"])
        late, _plain = self._issue(expires="2026-06-20")
        with freeze_time("2026-07-01"), self.assertRaisesRegex(UserError, "is “Expired”"):
            late.invalidate_recordset()
            late.rotate()

    def test_rotation_of_the_integration_tells_no_secret_and_the_key_is_collected_once(self):
        key, old = self._issue(name="ERP")
        self.assertEqual(self.integration.with_user(self.user).manage_integration("rotate"), "active")
        successor = key.successor_ids
        self.assertEqual((successor.state, successor.key_hint), ("waiting", False))
        self.assertEqual(self.Key._open(old), key)
        self.assertFalse(self.Key._find(""), "what has no secret yet is opened by none")
        mails = self.env["mail.mail"].search([("model", "=", "kor.integration"), ("recipient_ids", "in", self.ada.ids)])
        self.assertIn("ERP", mails.body_html)
        issued = successor.with_user(self.portal_user).collect_key()
        self.assertEqual(self.Key._open(issued["key"]), successor)
        for user in (self.portal_user, self.manager):
            with self.assertRaisesRegex(UserError, "was shown already"):
                successor.with_user(user).collect_key()
        self.assertEqual(self.Key._open(issued["key"]), successor, "and the one that was collected stays")
        with self.assertRaisesRegex(UserError, "cannot be collected"):
            key.collect_key()

    def test_waiting_key_that_was_revoked_is_not_collected(self):
        key, _plain = self._issue()
        self.integration.manage_integration("rotate")
        successor = key.successor_ids
        successor.revoke()
        with self.assertRaisesRegex(UserError, "cannot be collected"):
            successor.collect_key()

    def test_nothing_to_rotate_is_said(self):
        with self.assertRaisesRegex(UserError, "has no valid key"):
            self.integration.manage_integration("rotate")

    def test_refused_are_keys_of_what_does_not_run(self):
        key, plain = self._issue()
        state = lambda value: lambda: self.integration.sudo().write({"state": value})  # noqa: E731
        table = (
            (state("draft"), state("active"), "is “Draft”"),
            (state("paused"), state("active"), "is “Paused”"),
            (state("retired"), state("active"), "is “Retired”"),
            (lambda: self.contract._set_state("paused"), None, None),
            (lambda: self.contract._set_state("ended"), None, "neither active nor paused"),
        )
        for change, undo, sentence in table:
            with self.subTest(sentence=sentence):
                change()
                if sentence:
                    self._assert_refused(plain, sentence)
                else:
                    self.assertEqual(self.Key._open(plain), key)
                if undo:
                    undo()
                    self.assertEqual(self.Key._open(plain), key)

    def test_failing_integration_still_answers(self):
        key, plain = self._issue()
        self.integration.state = "failing"
        self.assertEqual(self.Key._open(plain), key)

    def test_contract_that_lost_api_access_opens_nothing(self):
        _key, plain = self._issue()
        self.env.cr.execute("DELETE FROM kor_contract_feature_rel WHERE contract_id = %s", [self.contract.id])
        self.contract.invalidate_recordset(["feature_ids"])
        self._assert_refused(plain, "does not include this any more")

    def test_revoked_expired_unknown_and_forged_keys_are_refused(self):
        key, plain = self._issue(expires="2026-06-20")
        self.assertIs(key.with_user(self.portal_user).revoke(), True)
        self._assert_refused(plain, "was revoked")
        self.assertIs(key.revoke(), True, "and again, without another word")
        self.assertEqual(len(self.integration.log_ids.filtered(lambda log: "revoked, by" in log.name)), 1)
        _other, late = self._issue(expires="2026-06-20")
        with freeze_time("2026-06-21 00:00:00"):
            self.env.invalidate_all()
            self._assert_refused(late, "has expired")
        for forged in ("", "kor_", "kor_" + "A" * 43, plain[:-1], plain + "A", plain.upper(), key.key_hint, None, 7):
            with self.subTest(forged=forged):
                self._assert_refused(forged, "is unknown")

    def test_hash_of_a_key_opens_nothing(self):
        key, _plain = self._issue()
        self._assert_refused(key.sudo().key_hash, "is unknown")

    def test_retiring_revokes_all_keys(self):
        keys = self._issue()[0] | self._issue()[0]
        self.integration.manage_integration("retire")
        self.assertEqual(keys.mapped("state"), ["revoked", "revoked"])
        with self.assertRaisesRegex(UserError, "is retired"):
            self.integration.issue_key({})

    def test_who_may_issue_rotate_and_revoke(self):
        closed = self.env["kor.integration"].browse(self.contract.create_integration({"kind": "api"}))
        closed.is_self_service = False
        people = {self.manager: (1, 1), self.user: (0, 0), self.portal_user: (1, 0), self.stranger_user: (0, 0)}
        for user, rights in people.items():
            for integration, allowed in zip((self.integration, closed), rights, strict=True):
                with self.subTest(user=user.login, closed=integration == closed):
                    key = self.Key.browse(integration.issue_key({})["id"])
                    calls = (
                        lambda one=integration, user=user: one.with_user(user).issue_key({}),
                        lambda one=key, user=user: one.with_user(user).rotate(),
                        lambda one=integration, user=user: one.with_user(user).set_scopes(["read:invoices"]),
                    )
                    for call in calls:
                        if allowed:
                            call()
                        else:
                            with self.assertRaises(AccessError):
                                call()
        key, _plain = self._issue()
        with self.assertRaises(AccessError):
            key.with_user(self.stranger_user).revoke()
        self.assertTrue(key.with_user(self.user).revoke(), "whoever may pause an integration may stop a stolen key")

    def test_customer_reads_own_keys_without_their_hash(self):
        key, _plain = self._issue()
        self.assertEqual(key.with_user(self.portal_user).read(["name", "key_hint"])[0]["name"], key.name)
        for user in (self.portal_user, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                key.with_user(user).read(["key_hash"])
        with self.assertRaises(AccessError):
            key.with_user(self.stranger_user).read(["name"])
        self.assertFalse(self.Key.with_user(self.stranger_user).search([]))
        with self.assertRaises(AccessError):
            self.Key.with_user(self.portal_user).search([("key_hash", "like", "a%")])

    def test_there_is_an_end_to_keys(self):
        for _number in range(KEYS_AT_MOST):
            key, _plain = self._issue()
        with self.assertRaisesRegex(UserError, "revoke one first"):
            self._issue()
        key.revoke()
        self._issue()

    def test_other_kinds_have_no_keys(self):
        hook = self._create_integration(kind="data_sync")
        for call in (hook.issue_key, hook.set_scopes):
            with self.assertRaisesRegex(UserError, "is no API integration"):
                call([])

    def test_owner_is_warned_once_of_a_key_that_expires(self):
        self._issue(expires="2026-06-25", name="Warehouse")
        self._issue(expires="2026-12-31", name="Later")
        replaced, _plain = self._issue(expires="2026-12-31", name="Replaced")
        replaced.rotate()
        domain = [("model", "=", "kor.integration"), ("recipient_ids", "in", self.ada.ids)]
        for _run in range(2):
            self.Key._cron_warn_expiring()
        mail = self.env["mail.mail"].search(domain)
        self.assertEqual(len(mail), 1)
        self.assertIn("Warehouse", mail.body_html)
        self.assertNotIn("Later", mail.body_html)
        self.assertNotIn("Replaced", mail.body_html)

    def test_test_says_what_is_missing(self):
        def test():
            self.integration.manage_integration("test")
            return self.integration._get_last_log().name

        self.assertIn("There is no valid key", test())
        key, _plain = self._issue()
        self.assertIn("none was used yet", test())
        key.date_last_used = NOW
        self.assertIn("last used 2026-06-15 12:00:00", test())

    def test_staff_see_a_key_in_a_window_once(self):
        wizard = self.env["kor.integration.key.issue"].with_user(self.manager)
        action = self.integration.with_user(self.manager).action_issue_key()
        wizard = wizard.with_context(**action["context"]).create({"name": "ERP"})
        self.assertEqual(wizard.scope_ids, self.integration.scope_ids)
        shown = wizard.action_issue()["context"]
        key = self.Key._open(shown["default_key"])
        self.assertEqual(shown["default_scopes"], "read:invoices, write:usage")
        rotated = key.with_user(self.manager).action_rotate()["context"]["default_key"]
        self.assertEqual(self.Key._open(rotated).predecessor_id, key)
        fields_ = self.env["kor.integration.key.shown"].with_context(**action["context"], **shown).default_get(["key"])
        self.assertEqual(fields_["key"], shown["default_key"])
