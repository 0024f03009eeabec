from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AccountCase


@tagged("post_install", "-at_install")
class TestSignals(AccountCase):
    """What calls for action is noted once while it lasts, with what following it would bring in a year."""

    def _detect(self, accounts=None):
        self.env.flush_all()
        return self.env["kor.signal"]._detect(accounts or self.account)

    def _signals(self, kind, account=None):
        domain = [("account_id", "=", (account or self.account).id), ("kind", "=", kind)]
        return self.env["kor.signal"].search(domain)

    def _alert(self, threshold, used, limit=1000, metric=None):
        month = self.today.replace(day=1)
        return (
            self.env["kor.usage.alert"]
            .sudo()
            .create(
                {
                    "contract_id": self.contract.id,
                    "metric_id": (metric or self.calls).id,
                    "threshold": threshold,
                    "period_start": month,
                    "period_end": month + relativedelta(months=1, days=-1),
                    "used": used,
                    "quantity": limit,
                }
            )
        )

    def _make_seats(self, quantity=20, price=10):
        """Return a contract that holds seats of which all are taken."""
        line = {"charge_type": "per_unit", "metric_id": self.users.id, "quantity": quantity, "unit_price": price}
        contract = self._make_contract({**line, "name": "Users"}, date_start=self.first_day)
        self._use(self.users, 2, 0, quantity, contract=contract)
        return contract

    def test_limit_that_is_near_is_noted_once_by_its_highest_threshold(self):
        self._alert(80, 820)
        self._alert(90, 910)
        self._detect()
        self._detect()
        signal = self._signals("limit_near")
        self.assertEqual(len(signal), 1)
        self.assertEqual(signal.key, "api_calls")
        self.assertIn("90 %", signal.name)
        self.assertIn("910", signal.reason)

    def test_limit_is_over_with_its_month_and_comes_again_with_the_next(self):
        alert = self._alert(80, 820)
        self._detect()
        first = self._signals("limit_near")
        before = self.today.replace(day=1) - timedelta(days=1)
        alert.write({"period_start": before.replace(day=1), "period_end": before})
        self._detect()
        self.assertEqual(first.state, "over")
        self.assertTrue(first.date_over)
        self._alert(80, 800)
        self._detect()
        self.assertEqual(len(self._signals("limit_near")), 2)

    def test_full_seats_are_worth_a_tenth_more_of_them_for_a_year(self):
        contract = self._make_seats(quantity=20, price=10)
        self._detect()
        signal = self._signals("seats_full")
        self.assertEqual(signal.contract_id, contract)
        # 2 more seats at 10 a month: 20 × 12.
        self.assertEqual(signal.amount, 240)
        self.assertEqual(signal.explanation["extra"], 2)
        self.assertIn("20.00", signal.explanation_text)

    def test_seats_beyond_those_held_are_all_offered(self):
        contract = self._make_seats(quantity=20, price=10)
        self._use(self.users, 0, -1, 27, contract=contract)
        self._detect()
        # 27 in use, 20 held: 7 more at 10 a month, × 12.
        self.assertEqual(self._signals("seats_full").amount, 840)

    def test_discount_of_the_contract_is_taken_off_more_seats(self):
        contract = self._make_contract(
            {
                "charge_type": "per_unit", "metric_id": self.users.id, "quantity": 20, "unit_price": 10, "name": "Users"
            },
            date_start=self.first_day,
            discount_ids=[Command.create({"name": "Partner", "value": 25})],
        )  # fmt: skip
        self._use(self.users, 2, 0, 20, contract=contract)
        self._detect()
        # 2 seats at 10, less 25 %: 15 a month, × 12.
        self.assertEqual(self._signals("seats_full").amount, 180)

    def test_late_and_blocked_onboarding_is_a_signal_until_it_goes_on(self):
        onboarding = self._start_onboarding(self.contract)
        for state, expected in (("on_track", []), ("late", ["new"]), ("blocked", ["new"]), ("done", ["over"])):
            onboarding._note({"state": state, "reason": "Training is blocked: no room; Much else"})
            self._detect()
            with self.subTest(state=state):
                self.assertEqual(self._signals("onboarding_late").mapped("state"), expected)
        self.assertEqual(self._signals("onboarding_late").reason, "Training is blocked: no room.")

    def test_free_seats_and_old_reports_are_no_signal(self):
        line = {
            "charge_type": "per_unit",
            "metric_id": self.users.id,
            "quantity": 20,
            "unit_price": 10,
            "name": "Users",
        }
        free = self._make_contract(line, date_start=self.first_day)
        self._use(self.users, 2, 0, 19, contract=free)
        old = self._make_contract(line, date_start=self.first_day)
        self._use(self.users, 42, 40, 20, contract=old)
        self._detect()
        self.assertFalse(self._signals("seats_full"))

    def test_next_plan_is_worth_what_recurs_on_it_beyond_what_recurs_now(self):
        higher = self._make_higher_plan(price=250)
        self._alert(90, 910)
        self._detect()
        signal = self._signals("limit_near")
        self.assertEqual(signal.plan_id, higher)
        # 250 a month in place of 100, × 12.
        self.assertEqual(signal.amount, 1800)
        self.assertEqual((signal.explanation["mrr_now"], signal.explanation["mrr_then"]), (100, 250))

    def _make_higher_plan(self, price):
        tiers = self.env["kor.tier"]
        self.env["kor.plan"].search([]).is_public = False
        tier = tiers.create(
            {
                "name": "Above",
                "code": "test_above",
                "sequence": max(tiers.search([]).mapped("sequence")) + 1,
                "feature_ids": [Command.set(self._get_feature().ids)],
            }
        )
        return self.env["kor.plan"].create(
            {
                "name": "Above monthly",
                "tier_id": tier.id,
                "currency_id": self.currency.id,
                "term": "monthly",
                "is_public": True,
                "charge_ids": [Command.create({"product_id": self.product.id, "name": "Fee", "unit_price": price})],
            }
        )

    def _get_feature(self):
        if not hasattr(self, "feature"):
            values = {"name": "Teleport", "code": "test_teleport", "category": "services"}
            self.feature = self.env["kor.feature"].create(values)
        return self.feature

    def test_tickets_that_ask_for_a_feature_are_one_signal_until_they_are_closed(self):
        plan = self._make_higher_plan(price=130)
        tag = self.env["project.tags"].create(
            {"name": "Wants it", "kor_asks_feature": True, "kor_feature_id": self.feature.id}
        )
        tickets = self._make_ticket(tag_ids=[Command.set(tag.ids)])
        tickets += self._make_ticket(tag_ids=[Command.set(tag.ids)])
        self._detect()
        signal = self._signals("feature_asked")
        self.assertEqual((len(signal), signal.key), (1, "test_teleport"))
        self.assertEqual(signal.plan_id, plan)
        # (130 − 100) × 12.
        self.assertEqual(signal.amount, 360)
        tickets.state = "1_done"
        self._detect()
        self.assertEqual(signal.state, "over")

    def test_ticket_for_a_feature_that_the_contract_has_is_no_signal(self):
        feature = self._get_feature()
        self.env.cr.execute(
            "INSERT INTO kor_contract_feature_rel (contract_id, feature_id) VALUES (%s, %s)",
            (self.contract.id, feature.id),
        )
        tag = self.env["project.tags"].create(
            {"name": "Wants it", "kor_asks_feature": True, "kor_feature_id": feature.id}
        )
        self._make_ticket(tag_ids=[Command.set(tag.ids)])
        self._detect()
        self.assertFalse(self._signals("feature_asked"))

    def test_request_of_the_portal_for_more_seats_is_worth_those(self):
        contract = self._make_seats(quantity=20, price=10)
        line = contract.line_ids[:1]
        amendment = self.env["kor.contract.amendment"].create(
            {
                "contract_id": contract.id,
                "date_effective": self.today,
                "change_ids": [Command.create({"kind": "quantity", "line_id": line.id, "quantity": 35})],
            }
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE kor_contract_amendment SET state = 'requested' WHERE id = %s", (amendment.id,))
        self._detect()
        # 15 more at 10 a month, × 12.
        self.assertEqual(self._signals("feature_asked").amount, 1800)

    def test_risks_are_read_from_health_and_clocks(self):
        self.env["kor.health.snapshot"].sudo().create(
            {
                "account_id": self.account.id,
                "date": self.today,
                "band": "at_risk",
                "score": 31,
                "coverage": 100,
                "components": [{"component": "usage", "weight": 30, "reading": -45.0, "score": 10}],
            }
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE kor_account SET health_band = 'at_risk', health_score = 31 WHERE id = %s",
                            (self.account.id,))  # fmt: skip
        self.account.invalidate_recordset()
        self._make_clocks(self._make_ticket(), (5, True), (40, True), (3, False))
        self._detect()
        self.assertIn("45 %", self._signals("usage_falls").reason)
        self.assertIn("31 of 100", self._signals("at_risk").reason)
        # The one of 40 days ago is too old.
        self.assertIn(": 1.", self._signals("sla_breached").reason)
        self.assertFalse(self._signals("at_risk").is_upsell)

    def test_late_onboarding_is_a_signal_until_it_is_not(self):
        onboarding = self.env["kor.onboarding"].sudo().search([("contract_id", "=", self.contract.id)])
        onboarding = onboarding or self.env["kor.onboarding"].sudo().browse(self.contract.start_onboarding())
        for state, signal_state in (("late", "new"), ("on_track", "over")):
            self.env.flush_all()
            self.env.cr.execute("UPDATE kor_onboarding SET state = %s WHERE id = %s", (state, onboarding.id))
            self._detect()
            self.assertEqual(self._signals("onboarding_late").state, signal_state)

    def test_small_fall_is_no_signal(self):
        self.env["kor.health.snapshot"].sudo().create(
            {
                "account_id": self.account.id,
                "date": self.today,
                "band": "healthy",
                "components": [{"component": "usage", "weight": 30, "reading": -19.0, "score": 60}],
            }
        )
        self._detect()
        self.assertFalse(self._signals("usage_falls"))

    def test_signal_becomes_one_opportunity_with_its_amount(self):
        self._make_seats()
        self._detect()
        signal = self._signals("seats_full")
        self.account.user_id = self.env.user
        action = signal.action_convert()
        lead = self.env["crm.lead"].browse(action["res_id"])
        self.assertRecordValues(
            lead,
            [
                {
                    "partner_id": self.customer.id,
                    "expected_revenue": 240,
                    "user_id": self.env.user.id,
                    "kor_tier_id": self.tier.id,
                    "kor_users": 22,
                }
            ],
        )
        self.assertEqual(signal.state, "converted")
        with self.assertRaisesRegex(UserError, "is an opportunity already"):
            signal.action_convert()

    def test_two_limits_that_one_plan_raises_are_one_sale(self):
        self._make_higher_plan(price=250)
        self._alert(90, 910)
        self._alert(80, 82, limit=100, metric=self.storage)
        self._detect()
        signals = self._signals("limit_near")
        self.assertEqual(signals.mapped("amount"), [1800, 1800])
        signals[0].action_convert()
        signals[1].action_convert()
        self.assertEqual(len(signals.lead_id), 1)
        self.assertEqual(signals.lead_id.expected_revenue, 1800)

    def test_signal_that_comes_again_goes_with_the_opportunity_that_is_open(self):
        alert = self._alert(80, 820)
        self._detect()
        first = self._signals("limit_near")
        first.action_convert()
        alert.unlink()
        self._detect()
        self.assertEqual(first.state, "converted")
        self.assertTrue(first.date_over)
        self._alert(90, 900)
        self._detect()
        again = self._signals("limit_near") - first
        self.assertEqual((again.state, again.lead_id), ("converted", first.lead_id))

    def test_dismissed_signal_does_not_come_again_while_it_lasts(self):
        self._alert(80, 820)
        self._detect()
        signal = self._signals("limit_near")
        with self.assertRaisesRegex(UserError, "Say in a sentence"):
            signal.dismiss(" ")
        signal.dismiss("They move data this month only.")
        self._detect()
        self.assertEqual(self._signals("limit_near"), signal)
        with self.assertRaisesRegex(UserError, "over or was dismissed"):
            signal.action_convert()

    def test_risk_is_nothing_to_sell(self):
        self._make_clocks(self._make_ticket(), (5, True))
        self._detect()
        with self.assertRaisesRegex(UserError, "nothing to sell"):
            self._signals("sla_breached").action_convert()

    def test_cheaper_tier_is_noted_from_the_advice_once_a_week(self):
        self.account._advise()
        self.assertFalse(self._signals("tier_cheaper"))
        told = {
            "contract": self.contract.name, "cheaper": True, "tier": "x", "plan": "Above monthly",
            "plan_id": self._make_higher_plan(price=90).id, "date_from": "2026-01-01", "date_to": "2026-03-31",
            "current": 400.0, "next": 270.0, "saving": 130.0, "saving_monthly": 43.33, "currency": self.currency.name,
            "lines": [],
        }  # fmt: skip
        self.patch(type(self.contract), "tier_advice", lambda contract: told)
        self.account._advise()
        self.account._advise()
        signal = self._signals("tier_cheaper")
        self.assertEqual(len(signal), 1)
        # 90 a month in place of 100: what recurs falls by 10 a month.
        self.assertEqual(signal.amount, -120)
        self.assertEqual(self.account.date_advised, self.today)
        self.assertNotIn(self.account.id, self.env["kor.account"]._find_unfollowed("date_advised", 7))

    def test_signals_of_a_customer_that_left_are_over(self):
        self._alert(80, 820)
        self._detect()
        self.account.sudo().active = False
        self.env.flush_all()
        self.env["kor.signal"]._end_of_left()
        self.assertEqual(self._signals("limit_near").state, "over")
