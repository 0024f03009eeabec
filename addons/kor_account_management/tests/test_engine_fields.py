import re
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import KOR, AccountCase

# What people write on an account, a signal and a renewal. All else is written by engines.
OWN = {
    "kor.account": {
        "user_id", "deputy_ids", "team_id", "color", "next_step", "next_step_date", "health_model_id",
    },
    "kor.signal": {"dismiss_reason"},
    "kor.renewal": {"probability_manual", "category", "is_category_manual", "note"},
}  # fmt: skip
CORRESPONDENCE = ("mail.thread", "mail.activity.mixin")


@tagged("post_install", "-at_install")
class TestEngineFields(AccountCase):
    """Nobody makes a customer healthy, a signal dear or a renewal sure by writing it, administrators neither."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "kor_am_engine",
            f"base.group_user,{KOR}.group_kor_account_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.account.user_id = cls.manager
        contract = cls._make_contract(term="custom", date_start=cls.first_day, date_end=cls.today + timedelta(days=50))
        cls.env.flush_all()
        cls.env["kor.renewal"]._refresh(cls.account)
        cls.renewal = cls.env["kor.renewal"].search([("contract_id", "=", contract.id)])
        cls.signal = cls.env["kor.signal"].sudo().create(
            {"account_id": cls.account.id, "kind": "limit_near", "key": "x", "name": "Near", "amount": 99,
             "contract_id": contract.id}
        ).sudo(False)  # fmt: skip
        cls.records = {one._name: one for one in (cls.account, cls.signal, cls.renewal)}

    def _get_writable(self, model):
        """Return the fields of a model that users write, without those of messages and activities."""
        fields = self.env[model]._fields
        inherited = {name for mixin in CORRESPONDENCE for name in self.env[mixin]._fields}
        return {name for name, field in fields.items() if not field.readonly} - inherited

    def test_users_write_what_is_their_own_and_nothing_else(self):
        for model, own in OWN.items():
            with self.subTest(model=model):
                self.assertEqual(self._get_writable(model), own)

    def test_engine_fields_are_refused_with_a_sentence(self):
        table = {
            "kor.account": {
                "health_score": 99, "health_band": "healthy", "health_coverage": 100, "health_trend": 5, "mrr": 1,
                "contract_count": 9, "tier_id": self.tier.id, "date_renewal": "2030-01-01", "amount_due": 0,
                "date_contact": "2026-01-01 00:00:00", "ticket_count": 0, "partner_id": self.other_customer.id,
                "active": False,
            },
            "kor.signal": {
                "amount": 1e9, "state": "over", "lead_id": False, "kind": "seats_full", "account_id": self.account.id,
                "explanation": {}, "date_over": "2026-01-01 00:00:00", "name": "Far",
            },
            "kor.renewal": {
                "arr": 1, "probability": 100, "expected": 100, "weighted": 1, "state": "renewed", "basis": "agreed",
                "date": "2030-01-01", "has_activity": True, "account_id": self.account.id,
            },
        }  # fmt: skip
        administrator = self.env.user
        self.assertFalse(self.env.su)
        for model, values in table.items():
            for name, value in values.items():
                for user in (self.manager, administrator):
                    with self.subTest(model=model, field=name, user=user.login):
                        label = self.env[model]._fields[name].get_description(self.env, ["string"])["string"]
                        with self.assertRaisesRegex(AccessError, f"“{re.escape(label)}” of .* is not written by hand"):
                            self.records[model].with_user(user).write({name: value})

    def test_nobody_makes_signals_renewals_and_accounts_by_hand(self):
        for model, record in self.records.items():
            with self.subTest(model=model):
                with self.assertRaises(AccessError):
                    self.env[model].create({})
                with self.assertRaises(AccessError):
                    record.copy()

    def test_engine_fields_are_not_written_through_the_account(self):
        for values in ({"amount": 5}, {"state": "over"}):
            with self.subTest(values), self.assertRaises(AccessError):
                self.account.with_user(self.manager).write({"signal_ids": [Command.update(self.signal.id, values)]})
        self.assertEqual((self.signal.amount, self.signal.state), (99, "new"))

    def test_defaults_in_the_context_write_no_engine_field(self):
        mixin = self.env["kor.signal"].with_context(default_amount=5, default_dismiss_reason="Not now")
        self.assertTrue(mixin._is_engine_default("default_amount"))
        self.assertFalse(mixin._is_engine_default("default_dismiss_reason"))
        self.assertFalse(mixin._is_engine_default("lang"))

    def test_manager_still_works_on_them_by_hand(self):
        account, signal, renewal = (one.with_user(self.manager) for one in self.records.values())
        account.write({"next_step": "Call Ada", "next_step_date": self.today})
        renewal.write({"probability_manual": 40, "note": "They have a new boss."})
        self.assertRecordValues(renewal, [{"expected": 40, "category": "at_risk", "weighted": 480}])
        # As a card that is moved to another column.
        renewal.web_save({"category": "commit"}, {"category": {}})
        self.assertTrue(renewal.is_category_manual)
        renewal.action_use_computed()
        self.assertRecordValues(renewal, [{"expected": 80, "category": "best_case", "is_category_manual": False}])
        signal.dismiss_reason = "They move data this month only."
        signal.action_dismiss()
        self.assertEqual(signal.state, "dismissed")
        for record in (account, signal, renewal):
            self.assertTrue(record.message_post(body="Noted"))
        self.assertTrue(renewal.activity_schedule("mail.mail_activity_data_call", user_id=self.manager.id))

    def test_what_was_expected_of_a_decided_renewal_stays(self):
        self.renewal.sudo().state = "lost"
        with self.assertRaisesRegex(UserError, "is decided"):
            self.renewal.with_user(self.manager).category = "commit"
        self.renewal.with_user(self.manager).note = "They went to somebody cheaper."
