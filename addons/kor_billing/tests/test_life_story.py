import random
from datetime import date, timedelta

from odoo.tests import freeze_time, tagged

from .common import KorBillingCommon

# What the five years come to, by hand.
BASE_FEE = [
    150.00,  # 17 to 31 March 2021: 15 of 31 days of 310
    9 * 310,  # the rest of 2021
    9 * 400,  # January to September 2022
    2 * 380,  # October and November, corrected from 400 in March 2023; then a pause of two months
    6 * 380,  # February to July 2023
    343.87,  # August: 15 of 31 days of 380, 16 of 310
    6 * 310,  # September 2023 to February 2024
    317.50,  # March: 16 of 31 days of 310, 15 of 325.50
    22 * 325.50,  # April 2024 to January 2026
    232.50,  # February 2026: 20 of 28 days
]
SEAT_FEE = [
    96.77,  # March 2021: 15 of 31 days of 200
    14 * 200,  # April 2021 to May 2022
    266.67,  # June: 10 of 30 days of 200, 20 of 300
    2 * 300,  # July and August
    280.00,  # September: 20 of 30 days of 300, 10 of 240
    2 * 240,  # October and November
    13 * 240,  # February 2023 to February 2024
    245.81,  # March: 16 of 31 days of 240, 15 of 252
    22 * 252,  # April 2024 to January 2026
    180.00,  # February 2026: 20 of 28 days
]


@tagged("post_install", "-at_install")
class TestLifeStory(KorBillingCommon):
    """Contracts through their years: whatever happens when, the books end with what is owed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.base = {"name": "Base fee", "unit_price": 310}
        cls.seats = {
            "name": "Seats", "charge_type": "per_unit", "metric_id": cls.users.id, "quantity": 10, "unit_price": 20,
        }  # fmt: skip

    def _bill_due(self, contract):
        return contract._bill(contract._get_current_window())

    def _sum(self, contract, name):
        items = contract.billing_item_ids.filtered(lambda item: item.state == "booked" and item.name == name)
        return round(sum(items.mapped("amount")), 2)

    def test_five_years(self):
        with freeze_time("2021-03-17"):
            contract = self._make_contract(self.base, self.seats, date_start="2021-03-17", anchor_day=1)
        base, seats = contract.line_ids
        story = [
            # day of entry, day from which it holds, what changes
            ("2022-01-01", "2022-01-01", {"kind": "price", "line": base.id, "unit_price": 400}),
            ("2022-06-11", "2022-06-11", {"kind": "quantity", "line": seats.id, "quantity": 15}),
            ("2022-09-21", "2022-09-21", {"kind": "quantity", "line": seats.id, "quantity": 12}),
            ("2022-12-01", "2022-12-01", {"kind": "pause", "date_end": "2023-01-31"}),
            ("2023-03-10", "2022-10-01", {"kind": "price", "line": base.id, "unit_price": 380}),
            ("2023-03-10", "2023-02-01", {"kind": "price", "line": base.id, "unit_price": 380}),
            ("2023-08-16", "2023-08-16", {"kind": "price", "line": base.id, "unit_price": 310}),
            ("2024-03-17", "2024-03-17", {"kind": "price", "percent": 5}),
            ("2026-02-05", "2026-02-21", {"kind": "cancel"}),
        ]
        self._tell(contract, story)
        self.assertEqual(contract.state, "cancelled")
        self.assertEqual(self._sum(contract, "Base fee"), round(sum(BASE_FEE), 2))
        self.assertEqual(self._sum(contract, "Seats"), round(sum(SEAT_FEE), 2))
        signed = sum(contract.invoice_ids.mapped("amount_untaxed_signed"))
        self.assertAlmostEqual(signed, sum(BASE_FEE) + sum(SEAT_FEE), 2)
        self.assertTrue(all(move.amount_total >= 0 for move in contract.invoice_ids))

    def _tell(self, contract, story):
        """Bill each quarter, and let happen what is entered by then."""
        for number in range(20):
            day = date(2021, 4, 1) + timedelta(days=92 * number)
            with freeze_time(day):
                while story and story[0][0] <= str(day):
                    entered, holds_from, change = story.pop(0)
                    with freeze_time(max(entered, holds_from)):
                        self._amend(contract, holds_from, change)
                        self._bill_due(contract)
                self._bill_due(contract)
        with freeze_time("2026-03-05"):
            for _entered, holds_from, change in story:
                self._amend(contract, holds_from, change)
            self._bill_due(contract)
            self.assertFalse(self._bill_due(contract))

    def test_any_order_and_any_billing_in_between_end_as_billed_once(self):
        for seed in range(4):
            with self.subTest(seed=seed):
                billed_often, billed_once = (self._live(seed, often) for often in (True, False))
                self.assertEqual(billed_often, billed_once)

    def _live(self, seed, often):
        """Return what is booked in the end of a contract with random amendments, by line and period."""
        chance = random.Random(seed)
        with freeze_time("2026-01-01"):
            contract = self._make_contract(self.base, self.seats, date_start="2026-01-01", anchor_day=12)
        base, seats = contract.line_ids
        with freeze_time("2026-08-20"):
            for _number in range(6):
                day = str(date(2026, 1, 2) + timedelta(days=chance.randrange(200)))
                change = chance.choice(
                    [
                        {"kind": "quantity", "line": seats.id, "quantity": chance.randrange(1, 30)},
                        {"kind": "price", "line": base.id, "unit_price": chance.randrange(100, 900)},
                        {"kind": "price", "percent": chance.choice([-10, 7, 15])},
                    ]
                )
                self._amend(contract, day, change, credit=chance.choice(["prorated", "prorated", "none"]))
                window_end = date(2026, 1, 20) + timedelta(days=chance.randrange(200))
                if often:
                    self._bill(contract, "2026-01-01", str(window_end))
            self._bill(contract, "2026-01-01", "2026-08-20")
            self.assertFalse(contract.generate_invoice("2026-01-01", "2026-08-20"))
        lines = contract.line_ids.sorted("id").ids
        booked = {}
        for item in contract.billing_item_ids.filtered(lambda one: one.state == "booked"):
            key = (lines.index(item.contract_line_id.id), item.period_start)
            booked[key] = round(booked.get(key, 0) + item.amount, 2)
        return {key: amount for key, amount in booked.items() if amount}
