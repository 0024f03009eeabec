from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import ContractCase

STATES = ("draft", "active", "paused", "ended", "cancelled")
ALLOWED = {
    ("draft", "active"),
    ("draft", "cancelled"),
    ("active", "paused"),
    ("active", "ended"),
    ("active", "cancelled"),
    ("paused", "active"),
    ("paused", "ended"),
    ("paused", "cancelled"),
}
AGREED = {
    "name": "X-1",
    "plan_id": False,
    "term": "monthly",
    "term_months": 24,
    "date_start": "2026-02-01",
    "date_end": "2026-06-30",
    "date_end_effective": "2026-06-30",
    "anchor_day": 15,
    "tz": "Asia/Tokyo",
    "feature_ids": [Command.clear()],
    "support_level_id": False,
    "uptime_target": 1,
    "spend_cap": 9,
    "spend_cap_months": 3,
    "renewal_uplift_kind": "percent",
    "renewal_uplift": 3,
    "price_index_id": False,
    "index_floor": 1,
    "index_cap": 9,
    "index_base_month": "2026-01-01",
    "minimum_months": 3,
    "date_minimum_end": "2026-03-31",
    "termination_fee_kind": "amount",
    "termination_fee": 9,
    "mrr": 1,
    "arr": 1,
}


@tagged("post_install", "-at_install")
class TestContractLifecycle(ContractCase):
    def _run_cron(self, contract, moment):
        with freeze_time(moment):
            self.env["kor.contract"]._cron_update_states()
        return contract.state

    def test_every_move_is_allowed_or_refused(self):
        contract = self._create_contract({})
        for source in STATES:
            for target in STATES:
                contract._write_agreed({"state": source})
                with self.subTest(source=source, target=target):
                    if source == target or (source, target) in ALLOWED:
                        if target != "draft":
                            contract._set_state(target)
                            self.assertEqual(contract.state, target)
                    elif target != "draft":
                        with self.assert_refused("and cannot become"):
                            contract._set_state(target)
                        self.assertEqual(contract.state, source)

    def test_state_and_its_dates_are_written_by_actions_only(self):
        draft, agreed = self._create_contract({}), self._create_contract({}, activate=True)
        for values in (
            {"state": "ended"},
            {"state": "draft"},
            {"date_activated": "2020-01-01 00:00:00"},
            {"date_cancelled": "2026-02-01"},
        ):
            for contract in (draft, agreed):
                with self.subTest(values, state=contract.state), self.assert_refused("by its actions"):
                    contract.write(values)

    def test_activating_twice_is_no_error_and_keeps_the_moment(self):
        contract = self._create_contract({})
        with freeze_time("2026-01-05 10:00:00"):
            self.assertIs(contract.action_activate(), True)
        with freeze_time("2026-02-05 10:00:00"):
            contract.action_activate()
            contract._set_state("paused")
            contract.action_activate()
        self.assertRecordValues(
            contract, [{"state": "active", "date_activated": fields.Datetime.to_datetime("2026-01-05 10:00:00")}]
        )

    def test_contract_that_is_over_is_not_activated_again(self):
        for state in ("ended", "cancelled"):
            contract = self._create_contract({}, activate=True)
            contract._write_agreed({"state": state})
            with self.subTest(state), self.assert_refused("cannot become “Active”"):
                contract.action_activate()

    def test_draft_is_cancelled_at_once(self):
        contract = self._create_contract({}, date_start="2030-01-01")
        contract.action_cancel()
        self.assertEqual(contract.state, "cancelled")

    @freeze_time("2026-03-10 12:00:00")
    def test_cancelling_without_a_date_ends_it_today(self):
        contract = self._create_contract({}, activate=True)
        self.assertIs(contract.action_cancel(), True)
        expected = {"state": "cancelled", "date_cancelled": fields.Date.to_date("2026-03-10")}
        self.assertRecordValues(contract, [expected])
        contract.action_cancel("2026-03-09")
        self.assertRecordValues(contract, [expected])

    def test_cancelled_for_later_it_stays_active_until_that_day_is_over(self):
        contract = self._create_contract({}, activate=True)
        with freeze_time("2026-03-10 12:00:00"):
            contract.action_cancel("2026-03-31")
            self.assertRecordValues(contract, [{"state": "active", "date_end_effective": contract.date_cancelled}])
        self.assertEqual(self._run_cron(contract, "2026-03-31 23:59:59"), "active")
        self.assertEqual(self._run_cron(contract, "2026-04-01 00:00:00"), "cancelled")
        self.assertEqual(str(contract.date_cancelled), "2026-03-31")

    @freeze_time("2026-03-10 12:00:00")
    def test_day_of_cancellation_can_be_moved_until_it_comes(self):
        contract = self._create_contract({}, activate=True)
        contract.action_cancel("2026-03-31")
        contract.action_cancel("2026-05-31")
        self.assertEqual(str(contract.date_end_effective), "2026-05-31")
        self.assertEqual(contract.state, "active")

    @freeze_time("2026-03-10 12:00:00")
    def test_days_that_cannot_be_are_refused(self):
        contract = self._create_contract({}, activate=True, term="annual")
        cases = [
            ("Choose a day within", "2025-12-31"),
            ("Choose a day within", "2027-01-01"),
            ("YYYY-MM-DD", "31.03.2026"),
            ("YYYY-MM-DD", "2026-02-30"),
            ("YYYY-MM-DD", ""),
            ("YYYY-MM-DD", 20260331),
            ("YYYY-MM-DD", ["2026-03-31"]),
        ]
        for sentence, day in cases:
            with self.subTest(day), self.assert_refused(sentence):
                contract.action_cancel(day)
        self.assertRecordValues(contract, [{"state": "active", "date_cancelled": False}])

    def test_ended_contract_is_not_cancelled(self):
        contract = self._create_contract({}, activate=True, term="annual")
        self._run_cron(contract, "2027-01-01 12:00:00")
        with self.assert_refused("cannot become “Cancelled”"):
            contract.action_cancel("2026-06-30")

    def test_contract_ends_when_its_last_day_is_over(self):
        contract = self._create_contract({}, activate=True, term="annual")
        paused = self._create_contract({}, activate=True, term="annual")
        paused._set_state("paused")
        draft = self._create_contract({}, term="annual")
        self.assertEqual(self._run_cron(contract, "2026-12-31 23:59:59"), "active")
        self.assertEqual(self._run_cron(contract, "2027-01-01 00:00:00"), "ended")
        self.assertEqual((paused.state, draft.state), ("ended", "draft"))

    def test_days_end_in_the_time_zone_of_the_contract(self):
        for tz, before, after in (
            ("Pacific/Kiritimati", "2026-12-31 09:59:59", "2026-12-31 10:00:00"),
            ("Asia/Tokyo", "2026-12-31 14:59:59", "2026-12-31 15:00:00"),
            ("America/New_York", "2027-01-01 04:59:59", "2027-01-01 05:00:00"),
            ("Pacific/Midway", "2027-01-01 10:59:59", "2027-01-01 11:00:00"),
        ):
            contract = self._create_contract({}, activate=True, term="annual", tz=tz)
            with self.subTest(tz):
                self.assertEqual(self._run_cron(contract, before), "active")
                self.assertEqual(self._run_cron(contract, after), "ended")

    def test_automatic_renewal_adds_terms_until_today_is_covered(self):
        cases = [
            ("annual", "2026-01-01", None, "2027-01-01", "2027-12-31"),
            ("annual", "2026-01-31", None, "2027-01-31", "2028-01-30"),
            ("annual", "2024-02-29", None, "2025-02-28", "2026-02-27"),
            ("annual", "2024-02-29", None, "2027-03-01", "2028-02-28"),
            ("annual", "2024-02-29", None, "2028-02-29", "2029-02-27"),
            ("multi_year", "2020-06-01", None, "2026-06-01", "2029-05-31"),
            ("annual", "2026-01-10", "2026-12-31", "2027-01-01", "2027-12-31"),
            ("custom", "2026-01-31", "2026-02-27", "2026-02-28", "2026-03-30"),
            ("custom", "2026-01-31", "2026-02-27", "2026-04-15", "2026-04-29"),
            ("custom", "2026-01-01", "2026-03-31", "2026-07-01", "2026-09-30"),
            ("custom", "2026-01-01", "2026-03-15", "2026-03-16", "2026-05-15"),
        ]
        for term, start, end, day, expected in cases:
            values = {"date_end": end} if end else {}
            contract = self._create_contract({}, term=term, date_start=start, auto_renew=True, activate=True, **values)
            with self.subTest(term=term, start=start, end=end, day=day):
                self.assertEqual(self._run_cron(contract, f"{day} 12:00:00"), "active")
                self.assertEqual(str(contract.date_end), expected)
                self.assertIn("Renewed automatically", contract.message_ids[0].body)

    def test_renewal_happens_once(self):
        contract = self._create_contract({}, term="annual", auto_renew=True, activate=True)
        for _time in range(2):
            self._run_cron(contract, "2027-01-01 12:00:00")
        self.assertEqual(str(contract.date_end), "2027-12-31")
        self.assertEqual(str(contract.date_end_effective), "2027-12-31")
        self.assertEqual(str(contract.date_notice), "2027-12-01")

    def test_cancelled_contract_is_not_renewed(self):
        contract = self._create_contract({}, term="annual", auto_renew=True, activate=True)
        with freeze_time("2026-06-01 12:00:00"):
            contract.action_cancel("2026-12-31")
        self.assertEqual(self._run_cron(contract, "2027-01-01 12:00:00"), "cancelled")
        self.assertEqual(str(contract.date_end), "2026-12-31")

    def test_scheduled_action_runs_the_moves(self):
        contract = self._create_contract({}, activate=True, term="annual", date_start="2020-01-01")
        with self.enter_registry_test_mode():
            cron = self.env.ref("kor_contracts.ir_cron_kor_contract_states")
            self.assertIs(cron.method_direct_trigger(), True)
        contract.invalidate_recordset()
        self.assertEqual(contract.state, "ended")

    def test_agreed_terms_are_frozen(self):
        contract = self._create_contract(activate=True)
        other = self._create_customer("Blue Fjord")
        cases = {
            **AGREED,
            "partner_id": other.id,
            "company_id": self.env["res.company"].create({"name": "Elsewhere"}).id,
            "currency_id": self.env.company.currency_id.id,
            "tier_id": self.tier.parent_id.id,
        }
        for name, value in cases.items():
            with self.subTest(name), self.assert_refused("is agreed"):
                contract.write({name: value})
        # What other addons freeze is theirs to test.
        own = {name for name in contract._get_frozen_fields() if "kor_contracts" in contract._fields[name]._modules}
        self.assertEqual(set(cases) ^ own, set())

    def test_what_is_no_term_can_be_written_later(self):
        contract = self._create_contract(activate=True)
        values = {"client_order_ref": "PO-2", "auto_renew": True, "notice_days": 60, "user_id": False}
        contract.write(values)
        self.assertRecordValues(contract, [values])

    def test_agreed_parts_are_frozen(self):
        contract = self._create_contract(activate=True)
        storage = self._get_line(contract, "Storage")
        parts = {
            "line": (contract.line_ids[0], {"unit_price": 1}),
            "end of a line": (contract.line_ids[0], {"date_end": "2026-02-01"}),
            "price tier": (storage.price_tier_ids[1], {"unit_price": 1}),
            "discount": (contract.discount_ids, {"value": 99}),
            "discount of a line": (self._get_line(contract, "Seats").discount_ids, {"value": 99}),
            "limit": (contract.limit_ids[0], {"quantity": 1}),
            "clause": (contract.clause_ids, {"body": "<p>Everybody calls.</p>"}),
        }
        # What a second one of the kind needs to differ in.
        others = {
            "price tier": {"up_to": 20},
            "limit": {"metric_id": self._create_metric("Calls", "test_calls", "sum").id},
        }
        for name, (part, values) in parts.items():
            with self.subTest(f"write a {name}"), self.assert_refused("is agreed"):
                part.write(values)
            with self.subTest(f"delete a {name}"), self.assert_refused("is agreed"):
                part.unlink()
            with self.subTest(f"add a {name}"), self.assert_refused("is agreed"):
                part.copy(others.get(name, {}))

    def test_parts_are_not_changed_through_the_contract(self):
        contract = self._create_contract(activate=True)
        for values in (
            {"line_ids": [self._line()]},
            {"line_ids": [Command.update(contract.line_ids[0].id, {"quantity": 9})]},
            {"line_ids": [Command.clear()]},
            {"discount_ids": [Command.create({"name": "Friend", "value": 50})]},
            {"limit_ids": [Command.delete(contract.limit_ids[0].id)]},
            {"clause_ids": [Command.create({"name": "New", "body": "<p>New</p>"})]},
        ):
            with self.subTest(values), self.assert_refused("is agreed"):
                contract.write(values)

    def test_order_of_agreed_lines_can_be_changed(self):
        contract = self._create_contract(activate=True)
        contract.line_ids[0].sequence = 99
        self.assertEqual(contract.line_ids.sorted()[-1].name, "Base fee")
