from fractions import Fraction

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestRecognitionStory(KorRevenueCommon):
    """Three years of a bundle, with the arithmetic written out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calls = cls.env["kor.metric"].create(
            {"name": "Calls", "code": "story_calls", "unit": "call", "aggregation": "sum"}
        )
        cls.analytics = cls._make_product(cls.tax)
        cls.analytics.kor_standalone_price = 700

    def _sign(self):
        """Return a contract of three years: two months free, more seats in the second year, dearer in the third."""
        seats = {"charge_type": "per_unit", "metric_id": self.users.id, "quantity": 50, "unit_price": 20.0}
        contract = self._make_contract(
            {"name": "Platform", "unit_price": 1000.0},
            {"name": "Seats", **seats},
            {"name": "Set-up", "charge_type": "one_time", "unit_price": 6000.0},
            {
                "name": "Calls", "charge_type": "usage", "metric_id": self.calls.id, "unit_price": 0.1,
                "timing": "arrears", "quantity": 0,
            },
            term="custom",
            date_start="2026-01-01",
            date_end="2028-12-31",
            activate=False,
        )  # fmt: skip
        platform, seats = contract.line_ids[:2]
        self.env["kor.discount"].create(
            {"name": "Two months free", "kind": "percent", "value": 100, "periods": 2, "contract_line_id": platform.id}
        )
        contract.step_ids = [
            Command.create({"kind": "quantity", "line_id": seats.id, "month": 13, "quantity": 80}),
            Command.create({"kind": "price", "line_id": seats.id, "month": 25, "unit_price": 22}),
        ]
        contract.action_activate()
        return contract

    def _earned(self, contract, name, month):
        schedules = contract.revenue_schedule_ids.filtered(lambda one: one.name == name)
        items = schedules.item_ids.filtered(lambda item: str(item.month)[:7] == month)
        return round(sum(items.mapped("amount")), 2)

    def _use_calls(self, contract):
        event = {
            "id": "1", "contract": contract.name, "metric": "story_calls", "time": "2026-03-09T12:00:00Z",
            "quantity": 10_000,
        }  # fmt: skip
        with freeze_time("2026-03-10"):
            self.env["kor.usage.event"].sudo().ingest([event])

    def _close_on(self, contract, day):
        with freeze_time(day):
            contract._bill(contract._get_current_window())
            contract.recognize_revenue(day)

    def _close_months(self, contract):
        """Bill and recognise the first eighteen months, each on its 28th."""
        for year, months in ((2026, 12), (2027, 6)):
            for month in range(1, months + 1):
                with freeze_time(f"{year}-{month:02}-28"):
                    contract._bill(contract._get_current_window())
                    contract.recognize_revenue(f"{year}-{month:02}-{28 if month == 2 else 30}")
        with freeze_time("2027-06-30"):
            contract.recognize_revenue("2027-06-30")

    def _check_earned(self, contract, expected):
        for name, month, amount in expected:
            with self.subTest(name, month=month):
                self.assertEqual(self._earned(contract, name, month), round(float(amount), 2))

    def test_a_bundle_of_three_years(self):
        with freeze_time("2026-01-01"):
            contract = self._sign()
        # Charged: platform 34 of 36 months of 1,000; seats 12 × 50 × 20 + 12 × 80 × 20 + 12 × 80 × 22; set-up 6,000.
        price = 34_000 + 12_000 + 19_200 + 21_120 + 6_000
        self.assertEqual(contract.revenue_version_ids.price, price)
        # Alone: 36 months of 1,000; 12 × 50 × 20 + 24 × 80 × 20, for a ramp of prices is no ramp of what is delivered.
        alone = 36_000 + 12_000 + 38_400 + 6_000
        self.assertEqual(contract.revenue_version_ids.standalone, alone)
        self._use_calls(contract)
        self._close_months(contract)
        factor = Fraction(price, alone)  # 0.999134
        self._check_eighteen_months(contract, factor)
        after = self._add_analytics(contract, price, alone, factor)
        self._check_earned(
            contract,
            (("Platform", "2027-07", 1000 * after), ("Analytics", "2027-07", 700 * after),
             ("Seats", "2028-05", 1600 * after)),
        )  # fmt: skip
        with freeze_time("2029-01-02"):
            contract._bill(contract._get_current_window())
            contract.recognize_revenue("2029-01-31")
        self.assertEqual(self._balance(self.income), price + 9_000 + 1_000)
        self.assertEqual((self._balance(self.liability), self._balance(self.asset)), (0, 0))
        self.assertEqual(self._balance(self.unbilled), 0)

    def _check_eighteen_months(self, contract, factor):
        self._check_earned(
            contract,
            (("Set-up", "2026-01", 6000 * factor), ("Platform", "2026-01", 1000 * factor),
             ("Seats", "2026-12", 1000 * factor), ("Seats", "2027-01", 1600 * factor), ("Calls", "2026-03", 1000)),
        )  # fmt: skip
        # Two free months and a set-up that was charged at once: earned and billed are apart by
        # 18 months of what is not charged, less the part of the set-up and of the seats that is not earned.
        billed = 6_000 + 16_000 + 12 * 1_000 + 6 * 1_600 + 1_000
        earned = float(factor * (6_000 + 18_000 + 12_000 + 6 * 1_600)) + 1_000
        # Each month is rounded by itself.
        self.assertAlmostEqual(self._balance(self.liability) + self._balance(self.asset), billed - earned, delta=0.2)

    def _add_analytics(self, contract, price, alone, factor):
        """Sell analytics from July 2027 on for 500 a month, where 700 is its price alone; return the new factor.

        Not its standalone price: what is not earned yet is spread over what is not delivered yet.
        """
        added = {"kind": "add", "product": self.analytics.id, "name": "Analytics", "unit_price": 500.0}
        with freeze_time("2027-07-01"):
            self._amend(contract, "2027-07-01", added)
        version = contract.revenue_version_ids.sorted("number")[-1]
        self.assertEqual((version.treatment, version.price), ("prospective", price + 18 * 500))
        delivered = 18_000 + 12_000 + 6 * 1_600 + 6_000
        left = alone - delivered + 18 * 700
        for day in ("2027-07-31", "2028-12-31"):
            self._close_on(contract, day)
        return (price + 9_000 - factor * delivered) / left  # 0.938712
