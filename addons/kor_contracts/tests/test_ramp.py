from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestRamp(ContractCase):
    """Steps that are agreed at signature become dated lines."""

    def _draft(self, *steps, **values):
        return self._draft_ramp(*steps, **{"term": "multi_year", **values})

    def test_prices_and_quantities_by_year(self):
        contract = self._draft(
            {"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13},
            {"line_id": "base", "kind": "price", "unit_price": 130, "month": 13},
            {"kind": "percent", "percent": 10, "month": 25},
        )
        contract.action_activate()
        days = ("2026-01-01", "2026-12-31", "2027-01-01", "2027-12-31", "2028-01-01")
        self.assertEqual(self._mrr(contract, *days), [150, 150, 330, 330, 363])
        self.assertEqual(
            sorted(map(str, contract.amendment_ids.mapped("date_effective"))), ["2027-01-01", "2028-01-01"]
        )
        self.assertEqual(set(contract.amendment_ids.mapped("state")), {"applied"})
        self.assertTrue(all(contract.amendment_ids.mapped("is_signature")))
        seats = self._get_line(contract, "Seats")
        self.assertEqual(seats[0]._get_chain().mapped("quantity"), [5, 20, 20])

    def test_free_months_at_the_start_and_later(self):
        contract = self._draft(
            {"kind": "free", "month": 1, "free_months": 2},
            {"line_id": "seats", "kind": "free", "month": 13, "free_months": 1},
        )
        contract.action_activate()
        days = ("2026-01-01", "2026-02-28", "2026-03-01", "2026-12-31", "2027-01-31", "2027-02-01")
        self.assertEqual(self._mrr(contract, *days), [0, 0, 150, 150, 100, 150])
        self.assertFalse(any(line._is_void() for line in contract.line_ids))

    def test_month_follows_the_first_day_also_at_month_ends(self):
        contract = self._draft({"kind": "free", "month": 2, "free_months": 1}, date_start="2026-01-31")
        self.assertEqual(
            (str(contract.step_ids.date_start), str(contract.step_ids.date_end)), ("2026-02-28", "2026-03-30")
        )

    def test_seats_that_are_added_later_stay_when_only_the_price_steps(self):
        contract = self._draft({"line_id": "seats", "kind": "price", "unit_price": 12, "month": 13})
        contract.action_activate()
        seats = self._get_line(contract, "Seats")[0]
        with freeze_time("2026-06-01"):
            self._amend(contract, "2026-06-01", {"kind": "quantity", "line": seats.id, "quantity": 8})
        self.assertEqual(self._mrr(contract, "2026-05-31", "2026-06-01", "2027-01-01"), [150, 180, 196])

    def test_quantity_that_was_agreed_for_later_holds_from_then(self):
        contract = self._draft({"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13})
        contract.action_activate()
        seats = self._get_line(contract, "Seats")[0]
        with freeze_time("2026-06-01"):
            self._amend(contract, "2026-06-01", {"kind": "quantity", "line": seats.id, "quantity": 8})
        with freeze_time("2026-07-01"):
            self._amend(contract, "2026-07-01", {"kind": "price", "percent": 50})
        self.assertEqual(self._mrr(contract, "2026-06-01", "2026-07-01", "2027-01-01"), [180, 270, 450])

    def test_price_rise_in_free_months_holds_after_them(self):
        contract = self._draft({"line_id": "base", "kind": "free", "month": 3, "free_months": 2})
        contract.action_activate()
        base = self._get_line(contract, "Base fee")[0]
        with freeze_time("2026-02-01"):
            self._amend(contract, "2026-02-01", {"kind": "price", "line": base.id, "unit_price": 120})
        self.assertEqual(
            self._mrr(contract, "2026-01-31", "2026-02-01", "2026-03-01", "2026-05-01"), [150, 170, 50, 170]
        )

    def test_new_plan_takes_the_steps_of_the_old_one_away(self):
        contract = self._create_contract()
        seats = self._get_line(contract, "Seats")
        contract.step_ids = [Command.create({"line_id": seats.id, "kind": "quantity", "quantity": 50, "month": 7})]
        contract.action_activate()
        # 10 % off 100 and 10 seats' price less 5: of 5 seats, then of 50.
        self.assertEqual(self._mrr(contract, "2026-06-30", "2026-07-01"), [130.5, 535.5])
        plan = self._create_plan(name="Other")
        with freeze_time("2026-04-01"):
            self._amend(contract, "2026-04-01", {"kind": "plan", "plan": plan.id})
        self.assertEqual(self._mrr(contract, "2026-03-31", "2026-04-01", "2026-07-01"), [130.5] * 3)

    def test_moved_billing_day_holds_for_later_steps_too(self):
        contract = self._draft({"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13})
        contract.action_activate()
        with freeze_time("2026-06-01"):
            self._amend(contract, "2026-06-01", {"kind": "billing_day", "day": 15})
        later = contract.line_ids.filtered(lambda line: str(line.date_start) >= "2026-06-01")
        self.assertEqual((len(later), set(later.mapped("anchor_day"))), (3, {0}))
        self.assertEqual(self._mrr(contract, "2026-06-01", "2027-01-01"), [150, 300])

    def test_discount_on_a_line_holds_through_its_steps(self):
        contract = self._draft({"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13})
        contract.action_activate()
        seats = self._get_line(contract, "Seats")[0]
        discount = {"kind": "discount", "line": seats.id, "discount_kind": "percent", "value": 50}
        with freeze_time("2026-06-01"):
            self._amend(contract, "2026-06-01", discount)
        self.assertEqual(self._mrr(contract, "2026-05-31", "2026-06-01", "2027-01-01"), [150, 125, 200])

    def test_pause_comes_back_to_the_steps(self):
        contract = self._draft({"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13})
        contract.action_activate()
        with freeze_time("2026-12-01"):
            self._amend(contract, "2026-12-01", {"kind": "pause", "date_end": "2027-01-31"})
        self.assertEqual(self._mrr(contract, "2026-11-30", "2026-12-31", "2027-01-31", "2027-02-01"), [150, 0, 0, 300])

    def test_removal_takes_later_steps_away(self):
        step = {"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13}
        contract = self._draft(step)
        contract.action_activate()
        seats = self._get_line(contract, "Seats")[0]
        with freeze_time("2026-06-01"):
            self._amend(contract, "2026-06-01", {"kind": "remove", "line": seats.id})
        self.assertEqual(self._mrr(contract, "2026-06-01", "2027-01-01"), [100, 100])

    def test_steps_are_handed_over(self):
        contract = self._draft({"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13})
        contract.action_activate()
        other = self._create_customer("Blue Fjord")
        with freeze_time("2026-06-01"):
            self._amend(contract, "2026-06-01", {"kind": "transfer", "partner": other.id})
        taken = contract.transferred_to_ids
        self.assertEqual(self._mrr(taken, "2026-06-01", "2027-01-01"), [150, 300])

    def test_draft_shows_its_steps_in_words_and_agreed_ones_are_fixed(self):
        contract = self._draft(
            {"line_id": "seats", "kind": "quantity", "quantity": 20},
            {"kind": "percent", "percent": -5, "month": 25},
        )
        self.assertEqual(contract.step_ids.mapped("summary"), ["Seats: quantity 20", "All recurring fees: -5 %"])
        contract.action_activate()
        with self.assert_refused("is agreed"):
            contract.step_ids[0].quantity = 30

    def test_impossible_steps_get_a_sentence(self):
        cases = [
            ({"line_id": "seats", "kind": "quantity", "month": 1}, "after the first day"),
            ({"line_id": "seats", "kind": "quantity", "month": 40}, "within the contract"),
            ({"kind": "quantity"}, "choose the line"),
            ({"line_id": "seats", "kind": "price"}, "above 0"),
            ({"kind": "percent", "percent": -100}, "above -100"),
            ({"kind": "free", "free_months": 0}, "1 free month"),
        ]
        for step, sentence in cases:
            with self.subTest(sentence), self.assert_refused(sentence, ValidationError):
                self._draft(step)

    def test_steps_stand_on_paper_and_on_the_customers_page(self):
        contract = self._draft({"line_id": "seats", "kind": "quantity", "quantity": 20}, termination_fee_kind="term",
                               termination_fee=50)  # fmt: skip
        contract.action_activate()
        report = self.env["ir.actions.report"]._render_qweb_html("kor_contracts.report_kor_contract", contract.ids)[0]
        page = self.env["ir.qweb"]._render("kor_contracts.kor_contract_portal_ramp", {"contract": contract})
        for text in (report.decode(), str(page)):
            self.assertIn("Seats: quantity 20", text)
            self.assertIn("50 % of the recurring fees left of the term", text)
