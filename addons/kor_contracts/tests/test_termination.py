from odoo.exceptions import ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestTermination(ContractCase):
    """Ending early costs what was agreed: a share of the fees that are left, or an amount."""

    def _sign(self, kind, fee, **values):
        values = {"term": "annual", "activate": True, **values}
        return self._create_contract({}, termination_fee_kind=kind, termination_fee=fee, **values)

    def _fee(self, contract):
        return contract.line_ids.filtered("is_termination_fee")

    def test_fee_of_each_kind(self):
        cases = [
            ("none", 0, {}, "2026-09-30", 0),
            ("term", 50, {}, "2026-09-30", 150),
            ("term", 100, {}, "2026-12-31", 0),
            ("term", 50, {"term": "monthly"}, "2026-09-30", 0),
            ("minimum", 50, {"minimum_months": 10}, "2026-09-30", 50),
            ("minimum", 100, {"minimum_months": 10}, "2026-10-15", 51.61),
            ("minimum", 50, {"minimum_months": 6}, "2026-09-30", 0),
            ("minimum", 50, {"term": "monthly", "minimum_months": 12}, "2026-09-30", 150),
            ("amount", 400, {}, "2026-09-30", 400),
            ("amount", 400, {"minimum_months": 6}, "2026-09-30", 0),
            ("amount", 400, {"term": "monthly"}, "2026-09-30", 0),
        ]
        for kind, fee, values, day, amount in cases:
            contract = self._sign(kind, fee, **values)
            with self.subTest(kind=kind, fee=fee, day=day, **values):
                preview = contract.preview_termination(day)
                self.assertEqual(preview["amount"], amount)
                self.assertFalse(self._fee(contract))
                with freeze_time("2026-08-01"):
                    contract.action_cancel(day)
                line = self._fee(contract)
                self.assertEqual(sum(line.mapped("unit_price")), amount)
                self.assertEqual(line.mapped(lambda one: (one.charge_type, str(one.date_start))),
                                 [("one_time", day)] if amount else [])  # fmt: skip
                self.assertEqual(line.fee_reason or "", preview["reason"])

    def test_fee_counts_later_steps_and_discounts(self):
        discount = {"name": "Launch", "value": 50, "date_end": "2026-10-31"}
        contract = self._sign("term", 100, activate=False, discount_ids=[(0, 0, discount)])
        contract.step_ids = [(0, 0, {"kind": "percent", "percent": 20, "month": 12})]
        contract.action_activate()
        # October at half the price, November in full, December 20 % more.
        self.assertEqual(contract.preview_termination("2026-09-30")["amount"], 50 + 100 + 120)

    def test_cancelling_again_mends_the_fee(self):
        contract = self._sign("term", 100)
        with freeze_time("2026-08-01"):
            contract.action_cancel("2026-09-30")
            contract.action_cancel("2026-11-30")
        self.assertRecordValues(self._fee(contract), [{"unit_price": 100}])

    def test_draft_costs_nothing_and_a_second_call_changes_nothing(self):
        draft = self._sign("term", 100, activate=False)
        draft.action_cancel("2026-02-01")
        self.assertFalse(self._fee(draft))
        contract = self._sign("term", 100)
        with freeze_time("2026-10-31"):
            contract.action_cancel()
            contract.action_cancel()
        self.assertRecordValues(self._fee(contract), [{"unit_price": 200}])
        self.assertEqual(contract.state, "cancelled")

    def test_amendment_that_cancels_charges_it_and_shows_it_before(self):
        contract = self._sign("term", 50)
        with freeze_time("2026-10-01"):
            amendment = self.env["kor.contract.amendment"].browse(contract.amend("2026-10-01", [{"kind": "cancel"}]))
            preview = amendment.preview()
            self.assertEqual(preview["termination_fee"], 150)
            self.assertRegex(preview["termination_reason"], "50 % of .*300.00.*10/01/2026 to 12/31/2026")
            self.assertFalse(self._fee(contract))
            amendment.action_agree("Ada")
        self.assertRecordValues(self._fee(contract), [{"unit_price": 150, "amendment_id": amendment.id}])

    def test_handing_over_costs_nothing_and_keeps_the_minimum_term(self):
        contract = self._sign("minimum", 100, minimum_months=12)
        with freeze_time("2026-06-01"):
            change = {"kind": "transfer", "partner": self._create_customer("Blue Fjord").id}
            self.env["kor.contract.amendment"].browse(contract.amend("2026-06-01", [change])).action_agree("Ada")
        self.assertFalse(self._fee(contract))
        self.assertEqual(str(contract.transferred_to_ids.date_minimum_end), "2026-12-31")

    def test_wizard_shows_the_fee_of_the_chosen_day(self):
        contract = self._sign("term", 50)
        with freeze_time("2026-10-01"):
            wizard = Form(self.env["kor.contract.cancel"].with_context(default_contract_id=contract.id))
            wizard.date = "2026-10-31"
            self.assertRegex(wizard.fee_note, "100.00.*50 % of")

    def test_impossible_terms_are_refused(self):
        for kind, fee, sentence in (("minimum", 10, "needs a minimum term"), ("term", 101, "at most 100")):
            with self.subTest(sentence), self.assert_refused(sentence, ValidationError):
                self._sign(kind, fee)
