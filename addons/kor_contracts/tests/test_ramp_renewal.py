from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestRampRenewal(ContractCase):
    """Steps beyond the end of a contract that renews itself hold when the new term is there."""

    def _draft(self, *steps, **values):
        return self._draft_ramp(*steps, **{"term": "annual", "auto_renew": True, **values})

    def _sign(self, *steps, **values):
        contract = self._draft(*steps, **values)
        contract.action_activate()
        return contract

    def test_steps_wait_for_the_term_that_renews_itself(self):
        contract = self._sign(
            {"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13},
            {"kind": "percent", "percent": 10, "month": 25},
        )
        # The contract is not prolonged by what is planned for later.
        self.assertEqual((str(contract.date_end), contract.mrr), ("2026-12-31", 150))
        self.assertEqual(contract.term_ids.mapped("number"), [1])
        self._run_cron("2027-01-01 12:00:00")
        self.assertEqual((str(contract.date_end), contract.as_of("2027-01-01")["mrr"]), ("2027-12-31", 300))
        self._run_cron("2028-01-01 12:00:00")
        self.assertEqual(self._mrr(contract, "2026-12-31", "2027-12-31", "2028-01-01"), [150, 300, 330])
        self.assertEqual([round(term.mrr, 2) for term in contract.term_ids], [150, 300, 330])

    def test_uplift_raises_what_has_no_price_of_its_own_for_that_day(self):
        uplift = {"renewal_uplift_kind": "percent", "renewal_uplift": 10}
        cases = [
            # 150, raised by 10 %; the quantity steps at the old price raised.
            ({"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13}, (330, 330, 363)),
            # The step says 12 for 2027: 60 and 110; then both are raised.
            ({"line_id": "seats", "kind": "price", "unit_price": 12, "month": 13}, (170, 170, 187)),
            # In the middle of the term: 110 and 55, then 60, then 121 and 66.
            ({"line_id": "seats", "kind": "price", "unit_price": 12, "month": 19}, (165, 170, 187)),
            # In percent of the price that holds until then, which was raised: 165, then 181.50.
            ({"kind": "percent", "percent": 10, "month": 13}, (181.5, 181.5, 199.65)),
            ({"kind": "percent", "percent": 10, "month": 19}, (165, 181.5, 199.65)),
        ]
        for step, expected in cases:
            with self.subTest(step):
                contract = self._sign(step, **uplift)
                self._run_cron("2027-01-01 12:00:00")
                self._run_cron("2028-01-01 12:00:00")
                self.assertEqual(self._mrr(contract, "2027-01-01", "2027-07-01", "2028-01-01"), list(expected))

    def test_price_that_is_agreed_later_is_what_steps_in_percent_are_of(self):
        contract = self._sign({"kind": "percent", "percent": 10, "month": 13})
        base = self._get_line(contract, "Base fee")[0]
        with freeze_time("2026-06-01"):
            self._amend(contract, "2026-06-01", {"kind": "price", "line": base.id, "unit_price": 200})
        self._run_cron("2027-01-01 12:00:00")
        self.assertEqual(self._mrr(contract, "2026-06-01", "2027-01-01"), [250, 275])

    def test_free_months_up_to_the_end_or_over_it_end_in_the_next_term(self):
        cases = [("12 is the last month", 12, 1, (0, 150, 150)), ("over the end", 12, 2, (0, 0, 150))]
        for name, month, months, expected in cases:
            with self.subTest(name):
                contract = self._sign({"kind": "free", "month": month, "free_months": months})
                self._run_cron("2027-01-01 12:00:00")
                self.assertEqual(self._mrr(contract, "2026-12-01", "2027-01-01", "2027-02-01"), list(expected))

    def test_free_months_end_also_with_a_renewal_by_hand(self):
        contract = self._sign({"kind": "free", "month": 12, "free_months": 1}, auto_renew=False)
        self.assertFalse(contract._get_written_lines().filtered(lambda line: line.date_start > contract.date_end))
        with freeze_time("2026-11-01"):
            contract.renew("2027-12-31")
        self._run_cron("2027-01-01 12:00:00")
        self.assertEqual(self._mrr(contract, "2026-12-01", "2027-01-01"), [0, 150])

    def test_contract_that_ends_after_all_never_has_the_step(self):
        contract = self._sign({"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13})
        with freeze_time("2026-06-01"):
            contract.auto_renew = False
            self._amend(contract, "2026-06-01", {"kind": "quantity", "line": self._get_line(contract, "Seats")[0].id,
                                                 "quantity": 7})  # fmt: skip
            contract.action_cancel("2026-12-31")
        self._run_cron("2027-01-01 12:00:00")
        self.assertEqual((contract.state, contract.as_of("2027-01-01")["mrr"]), ("cancelled", 0))

    def test_steps_beyond_the_end_are_handed_over_and_survive_a_pause(self):
        step = {"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13}
        handed_over, paused = self._sign(step), self._sign(step)
        with freeze_time("2026-06-01"):
            other = self._create_customer("Blue Fjord")
            self._amend(handed_over, "2026-06-01", {"kind": "transfer", "partner": other.id})
            self._amend(paused, "2026-06-01", {"kind": "pause", "date_end": "2026-07-31"})
        self._run_cron("2027-01-01 12:00:00")
        self.assertEqual(self._mrr(handed_over.transferred_to_ids, "2026-06-01", "2027-01-01"), [150, 300])
        self.assertEqual(self._mrr(paused, "2026-06-30", "2026-08-01", "2027-01-01"), [0, 150, 300])

    def test_contract_that_ends_for_certain_refuses_the_step(self):
        step = {"line_id": "seats", "kind": "quantity", "quantity": 20, "month": 13}
        with self.assert_refused("ends on 12/31/2026 for certain", ValidationError):
            self._draft(step, auto_renew=False)
        contract = self._draft(step)
        contract.auto_renew = False
        with self.assert_refused("ends on 12/31/2026 for certain", ValidationError):
            contract.action_activate()

    def test_amendment_after_the_end_of_a_contract_that_nothing_prolongs_is_refused(self):
        contract = self._sign(auto_renew=False)
        line = self._get_line(contract, "Seats")
        for change in (
            {"kind": "quantity", "line": line.id, "quantity": 7},
            {"kind": "remove", "line": line.id},
            {"kind": "discount", "discount_kind": "percent", "value": 5},
        ):
            amendment = self.env["kor.contract.amendment"].browse(contract.amend("2027-01-01", [change]))
            with self.subTest(change["kind"]), self.assert_refused("ends on 2026-12-31. Renew it first"):
                amendment.preview()
