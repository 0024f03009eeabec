from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 12:00:00")
class TestContractMrr(ContractCase):
    def _off(self, value, kind="percent", **values):
        return Command.create({"name": "Off", "kind": kind, "value": value, **values})

    def test_plan_comes_to_its_recurring_charges_less_discounts(self):
        contract = self._create_contract()
        # Seats less the amount off them, then 10 % off the whole; storage and set-up do not count.
        self.assertEqual(contract.line_ids.mapped("monthly_amount"), [90, 40.5, 0, 0])
        self.assertRecordValues(contract, [{"mrr": 130.5, "arr": 1566}])

    def test_each_period_is_divided_by_its_months(self):
        contract = self._create_contract({}, {"billing_months": 3}, {"billing_months": 12, "unit_price": 1200})
        self.assertAlmostEqual(contract.mrr, 100 + 33.33 + 100)

    def test_prices_that_are_not_plain(self):
        seats = {"charge_type": "per_unit", "metric_id": self.seats.id}
        tiers = [Command.create({"up_to": 10, "unit_price": 2}), Command.create({"up_to": 0, "unit_price": 1})]
        for name, line, expected in [
            ("minimum", {**seats, "unit_price": 1, "quantity": 3, "minimum_amount": 20}, 20),
            ("minimum of a quarter", {"unit_price": 1, "minimum_amount": 30, "billing_months": 3}, 10),
            ("included", {**seats, "unit_price": 2, "quantity": 8, "included_quantity": 5}, 6),
            ("graduated", {**seats, "price_model": "graduated", "price_tier_ids": tiers, "quantity": 12}, 22),
            ("usage", {**seats, "charge_type": "usage", "quantity": 8}, 0),
            ("one time", {"charge_type": "one_time"}, 0),
            ("not begun", {"date_start": "2026-06-16"}, 0),
            ("begins today", {"date_start": "2026-06-15"}, 100),
            ("ends today", {"date_end": "2026-06-15"}, 100),
            ("over", {"date_end": "2026-06-14"}, 0),
        ]:
            with self.subTest(name):
                self.assertEqual(self._create_contract(line).mrr, expected)

    def test_discounts_on_the_whole_follow_their_order(self):
        for name, discounts, expected in [
            ("percent, then amount", [self._off(10, sequence=1), self._off(20, "amount", sequence=2)], 160),
            ("amount, then percent", [self._off(20, "amount", sequence=1), self._off(10, sequence=2)], 162),
            ("more than there is", [self._off(500, "amount")], 0),
            ("begun", [self._off(10, date_start="2026-06-01")], 180),
            ("not begun", [self._off(10, date_start="2026-06-02")], 200),
            ("last period", [self._off(10, date_end="2026-06-01")], 180),
            ("run out", [self._off(10, date_end="2026-05-31")], 200),
            ("sixth period of six", [self._off(10, "amount", periods=6)], 190),
            ("five periods only", [self._off(10, "amount", periods=5)], 200),
        ]:
            with self.subTest(name):
                self.assertEqual(self._create_contract({}, {}, discount_ids=discounts).mrr, expected)

    def test_amount_off_comes_off_each_period_and_never_off_another(self):
        contract = self._create_contract(
            {"unit_price": 10}, {"billing_months": 12, "unit_price": 1200}, discount_ids=[self._off(60, "amount")]
        )
        # Nothing is left of 10 a month; 60 of 1,200 is 5 a month.
        self.assertEqual(contract.mrr, 95)

    def test_discount_of_a_line_comes_before_those_of_the_whole(self):
        line = {"discount_ids": [self._off(10, "amount", sequence=20)]}
        contract = self._create_contract(line, discount_ids=[self._off(50, sequence=1)])
        self.assertEqual(contract.mrr, 45)
        self.assertEqual(contract.line_ids.monthly_amount, 45)

    def test_periods_are_counted_from_the_anchor_day(self):
        line = {"discount_ids": [self._off(10, periods=1)]}
        with freeze_time("2026-02-27 12:00:00"):
            self.assertEqual(self._create_contract(line, date_start="2026-01-31").mrr, 90)
        with freeze_time("2026-02-28 12:00:00"):
            self.assertEqual(self._create_contract(line, date_start="2026-01-31").mrr, 100)

    def test_change_of_any_term_of_a_draft_counts(self):
        contract = self._create_contract(
            {"name": "Base"},
            {
                "name": "Seats",
                "charge_type": "per_unit",
                "metric_id": self.seats.id,
                "price_model": "graduated",
                "quantity": 10,
                "price_tier_ids": [Command.create({"up_to": 0, "unit_price": 1})],
            },
            discount_ids=[self._off(10)],
        )
        base, seats = contract.line_ids
        for record, values, expected in [
            (seats.price_tier_ids, {"unit_price": 2}, 108),
            (seats.price_tier_ids, {"flat_amount": 10}, 117),
            (base, {"date_end": "2026-05-31"}, 27),
            (base, {"date_end": False}, 117),
            (base, {"date_start": "2026-07-01"}, 27),
            (contract.discount_ids, {"date_end": "2026-01-31"}, 30),
            (contract, {"date_start": "2026-07-01"}, 130),
        ]:
            record.write(values)
            with self.subTest(values):
                self.assertAlmostEqual(contract.mrr, expected)

    def test_contract_to_come_shows_what_it_will_be_and_one_that_is_over_nothing(self):
        contract = self._create_contract({}, date_start="2026-09-01", activate=True)
        self.assertEqual(contract.mrr, 100)
        contract = self._create_contract({}, activate=True)
        contract.action_cancel("2026-06-20")
        self.assertEqual(contract.mrr, 100)
        with freeze_time("2026-06-21 12:00:00"):
            self.env["kor.contract"]._cron_update_states()
        self.assertRecordValues(contract, [{"state": "cancelled", "mrr": 0, "arr": 0}])

    def test_time_that_passes_counts_once_the_scheduled_action_has_run(self):
        contract = self._create_contract(
            {},
            {"unit_price": 10, "date_start": "2026-08-01"},
            {"unit_price": 5, "date_end": "2026-09-30"},
            {"unit_price": 20, "discount_ids": [self._off(50, date_end="2026-10-31")]},
            discount_ids=[self._off(1, "amount", periods=12)],
            activate=True,
        )
        self.assertEqual(contract.mrr, 114)
        for day, expected in (
            ("2026-08-01", 124),
            ("2026-10-01", 119),
            ("2026-11-01", 129),
            ("2027-01-01", 130),
        ):
            with freeze_time(f"{day} 12:00:00"):
                self.env["kor.contract"]._cron_update_states()
                self.env.flush_all()
            self.env.invalidate_all()
            with self.subTest(day):
                self.assertEqual(contract.mrr, expected)

    def test_price_without_tiers_yet_does_not_disturb_the_form(self):
        contract = self._create_contract({})
        with Form(contract.line_ids) as line:
            line.price_model = "graduated"
            self.assertEqual(line.monthly_amount, 0)
            line.price_model = "standard"
        self.assertEqual(contract.mrr, 100)
