from datetime import timedelta
from unittest.mock import Mock, patch

from odoo import fields
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.base.models import res_users

from ..models import res_users_apikeys
from .test_api import make_key


@tagged("post_install", "-at_install")
class TestApiKeys(TransactionCase):
    def setUp(self):
        super().setUp()
        self.enterContext(patch.dict(res_users_apikeys._proven, clear=True))
        self.user = new_test_user(self.env, "reporter", "kor_usage.group_kor_usage_reporter")
        self.key = make_key(self.user)
        self.row = self.env["res.users.apikeys"].sudo().search([("user_id", "=", self.user.id)])

    def _check(self, key=None, scope="rpc"):
        return self.env["res.users.apikeys"]._check_credentials(scope=scope, key=key or self.key)

    def test_key_is_hashed_slowly_once(self):
        with patch.object(res_users, "KEY_CRYPT_CONTEXT", Mock(wraps=res_users.KEY_CRYPT_CONTEXT)) as slow:
            self.assertEqual([self._check() for _time in range(3)], [self.user.id] * 3)
        self.assertEqual(slow.verify.call_count, 1)

    def test_proven_key_is_refused_as_soon_as_it_may_not_be_used(self):
        self.assertEqual(self._check(), self.user.id)
        for label, change, undo in (
            ("user archived", lambda: self.user.write({"active": False}), lambda: self.user.write({"active": True})),
            ("expired", lambda: self._expire(-1), lambda: self._expire(1)),
            ("deleted", lambda: self.row.unlink(), None),
        ):
            with self.subTest(label):
                change()
                self.env.flush_all()
                self.assertFalse(self._check())
                if undo:
                    undo()
                    self.env.flush_all()
                    self.assertEqual(self._check(), self.user.id)

    def _expire(self, hours):
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = %s WHERE id = %s",
            [fields.Datetime.now() + timedelta(hours=hours), self.row.id],
        )

    def test_proven_key_opens_nothing_for_others(self):
        self.assertEqual(self._check(), self.user.id)
        for label, key in (("same beginning", self.key[:8] + "0" * 32), ("shorter", self.key[:-1])):
            with self.subTest(label):
                self.assertFalse(self._check(key))

    def test_key_of_one_scope_is_not_proven_for_another(self):
        keys = self.env["res.users.apikeys"].with_user(self.user)
        key = keys._generate("usage", "usage", fields.Datetime.now() + timedelta(hours=1))
        self.assertEqual(
            [self._check(key, scope) for scope in ("usage", "rpc", "usage")], [self.user.id, None, self.user.id]
        )
