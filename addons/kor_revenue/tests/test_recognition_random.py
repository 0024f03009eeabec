import random
from datetime import date

from dateutil.relativedelta import relativedelta

from odoo.tests import freeze_time, tagged

from .common import KorRevenueCommon

START = date(2024, 1, 1)


@tagged("post_install", "-at_install")
class TestRandomLives(KorRevenueCommon):
    """Whatever is agreed, billed, given back and closed when: the books end with what was agreed."""

    def _draw_life(self, seed):
        """Return the lines of a contract and what happens to it, by month."""
        dice = random.Random(seed)
        lines = [
            {"unit_price": 1200.0, "billing_months": 12, "name": "Base", "timing": dice.choice(("advance", "arrears"))},
            {
                "charge_type": "per_unit", "metric_id": self.users.id, "quantity": dice.randint(3, 30),
                "unit_price": dice.choice((7.0, 9.99, 12.5)), "name": "Seats",
            },
            {"charge_type": "one_time", "unit_price": dice.choice((0.0, 333.33, 900.0)), "name": "Set-up"},
        ]  # fmt: skip
        values = {
            "term": "custom",
            "date_start": START + relativedelta(days=dice.choice((0, 9, 14))),
            "date_end": START + relativedelta(months=dice.choice((14, 24)), days=dice.choice((-1, 5))),
        }
        events = {}
        for _ in range(4):
            month = dice.randint(1, 13)
            kind = dice.choice(("quantity", "price", "percent", "add", "credit", "pause", "back"))
            events.setdefault(month, []).append((kind, dice.randint(1, 25), dice.choice((1, 4, 17))))
        if dice.random() < 0.4:
            events.setdefault(13, []).append(("cancel", 0, 20))
        closes = {month for month in range(30) if dice.random() < 0.6} | {29}
        treatments = [dice.choice((None, "prospective", "catch_up")) for _ in range(8)]
        return lines, values, events, closes, treatments

    def _live(self, seed, closes=None):
        """Let a contract live, and return it; the ledger is looked at after each close."""
        lines, values, events, drawn, _treatments = self._draw_life(seed)
        closes = drawn if closes is None else closes
        with freeze_time(START):
            contract = self._make_contract(*lines, **values)
        for month in range(30):
            day = START + relativedelta(months=month)
            with freeze_time(day):
                for kind, number, after in events.get(month, ()):
                    self._happen(contract, kind, number, day + relativedelta(days=after))
                if contract.state in ("active", "paused", "ended", "cancelled"):
                    contract._bill(contract._get_current_window())
                if month in closes:
                    # Until the end of the month before.
                    last = day - relativedelta(days=1)
                    if last >= contract.date_start:
                        contract.recognize_revenue(str(last))
                        self._check_position(contract, last)
        return contract

    def _happen(self, contract, kind, number, day):
        if contract.state != "active" or day > contract.date_end:
            return
        with freeze_time(day):
            base, seats = (
                contract.line_ids.filtered(lambda line, n=n: line.name == n)._at(day) for n in ("Base", "Seats")
            )
            if kind == "credit":
                self._credit(contract, number, day)
                return
            if not base or not seats:
                return
            change = {
                "quantity": {"kind": "quantity", "line": seats.id, "quantity": number},
                "price": {"kind": "price", "line": seats.id, "unit_price": number},
                "percent": {"kind": "price", "percent": number},
                "add": {"kind": "add", "product": self.product.id, "name": "Extra", "unit_price": number},
                "pause": {"kind": "pause", "date_end": str(day + relativedelta(days=number))},
                "back": {"kind": "quantity", "line": seats.id, "quantity": number},
                "cancel": {"kind": "cancel"},
            }[kind]
            if kind == "back":
                day = max(day - relativedelta(days=40), contract.date_start)
                if seats._at(day) != seats or seats.date_start > day:
                    return
            self._amend(contract, str(day), change)

    def _credit(self, contract, number, day):
        invoices = contract.invoice_ids.filtered(lambda one: one.move_type == "out_invoice" and one.amount_untaxed > 50)
        if move := invoices[:1]:
            refund = move._reverse_moves([{"invoice_date": day, "date": day}])
            refund.invoice_line_ids[1:].unlink()
            refund.invoice_line_ids.write({"price_unit": number, "quantity": 1})
            refund.action_post()

    def _check_position(self, contract, day):
        """Liability less asset is what was billed less what was recognised, at the close."""
        lines = (
            self.env["account.move.line"]
            .search([("company_id", "=", self.company.id), ("parent_state", "=", "posted"), ("date", "<=", day)])
            .filtered(lambda line: contract in (line.kor_contract_id, line.move_id.kor_contract_id))
        )
        accounts = self.liability | self.asset | self.unbilled
        position = -sum(lines.filtered(lambda line: line.account_id in accounts).mapped("balance"))
        billed = sum(
            lines.filtered(
                lambda line: line.account_id == self.liability and not line.move_id.kor_revenue_month
            ).mapped("credit")
        ) - sum(
            lines.filtered(
                lambda line: line.account_id == self.liability and not line.move_id.kor_revenue_month
            ).mapped("debit")
        )
        earned = sum(contract.revenue_schedule_ids.item_ids.filtered(lambda item: item.date <= day).mapped("amount"))
        self.assertAlmostEqual(position, billed - earned, 2)
        liability = -sum(lines.filtered(lambda line: line.account_id == self.liability).mapped("balance"))
        asset = sum(lines.filtered(lambda line: line.account_id == self.asset).mapped("balance"))
        self.assertGreaterEqual(round(liability, 2), 0)
        self.assertGreaterEqual(round(asset, 2), 0)
        self.assertFalse(round(liability, 2) and round(asset, 2))

    def _net(self, contract):
        """Return what was billed in all, by the ledger."""
        lines = contract.invoice_ids.filtered(lambda move: move.state == "posted").invoice_line_ids
        return round(-sum(lines.mapped("balance")), 2)

    def test_the_sum_recognised_is_what_was_charged(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                contract = self._live(seed)
                items = contract.revenue_schedule_ids.item_ids
                self.assertAlmostEqual(sum(items.mapped("amount")), self._net(contract), 2)
                self.assertEqual(self._balance(self.liability, contract), 0)
                self.assertEqual(self._balance(self.asset, contract), 0)

    def test_closing_each_month_ends_as_closing_once(self):
        for seed in range(5, 6):
            with self.subTest(seed=seed):
                each, once = self._live(seed, closes=set(range(30))), self._live(seed, closes={29})
                by_month = [
                    {
                        month: round(sum(items.mapped("amount")), 2)
                        for month, items in one.revenue_schedule_ids.item_ids.grouped(
                            lambda item: str(item.month)
                        ).items()
                    }
                    for one in (each, once)
                ]
                self.assertEqual(
                    {month: amount for month, amount in by_month[0].items() if amount},
                    {month: amount for month, amount in by_month[1].items() if amount},
                )
