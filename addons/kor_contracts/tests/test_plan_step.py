from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestPlanStep(ContractCase):
    """A plan carries a ramp by months, and its contracts start with it by dates."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ramp = cls._create_plan(name="Three years", term="multi_year")
        cls.charges = {charge.name: charge for charge in cls.ramp.charge_ids}
        cls.ramp.step_ids = [
            Command.create({"charge_id": cls.charges["Seats"].id, "kind": "quantity", "quantity": 20, "month": 13}),
            Command.create({"charge_id": cls.charges["Base fee"].id, "kind": "free", "month": 1, "free_months": 2}),
            Command.create({"kind": "percent", "percent": 5, "month": 25}),
        ]

    def _contract(self, **values):
        return self._create_contract(**{"plan_id": self.ramp.id, **values})

    def test_contract_takes_the_steps_with_its_own_dates_and_lines(self):
        contract = self._contract(date_start="2026-03-31")
        seats, base = self._get_line(contract, "Seats"), self._get_line(contract, "Base fee")
        self.assertEqual(
            [(step.line_id, step.kind, str(step.date_start)) for step in contract.step_ids.sorted("month")],
            [
                (base, "free", "2026-03-31"),
                (seats, "quantity", "2027-03-31"),
                (seats.browse(), "percent", "2028-03-31"),
            ],
        )
        contract.action_activate()
        # Less 10 %: 5 seats less 5; with the base fee; 20 seats less 5; both 5 % up, before the 5 off.
        days = ("2026-03-31", "2026-05-31", "2027-03-31", "2028-03-31")
        self.assertEqual([round(contract.as_of(day)["mrr"], 2) for day in days], [40.5, 130.5, 265.5, 279])

    def test_contract_can_be_changed_after_and_takes_the_plan_anew(self):
        contract = self._contract()
        contract.step_ids[0].unlink()
        contract.step_ids[0].month = 7
        contract.action_apply_plan()
        self.assertEqual(sorted(contract.step_ids.mapped("month")), [1, 13, 25])

    def test_own_steps_and_own_lines_stay_alone(self):
        own = self._contract(step_ids=[Command.create({"kind": "percent", "percent": 2, "month": 4})])
        self.assertEqual(own.step_ids.mapped("percent"), [2])
        lines = self._create_contract({}, plan_id=self.ramp.id, term="multi_year")
        self.assertFalse(lines.step_ids)

    def test_steps_beyond_a_certain_end_are_left_out_with_a_note(self):
        contract = self._contract(term="annual")
        self.assertEqual(contract.step_ids.mapped("month"), [1])
        note = "".join(contract.message_ids.mapped("body"))
        self.assertIn("Seats: quantity 20; All recurring fees: +5 %", note)
        self.assertIn("ends on 12/31/2026", note)
        contract.auto_renew = True
        contract.action_apply_plan()
        self.assertEqual(sorted(contract.step_ids.mapped("month")), [1, 13, 25])
        contract.action_activate()
        self.assertEqual(contract.as_of("2027-01-01")["mrr"], 265.5)

    def test_step_of_an_optional_charge_waits_for_nobody(self):
        self.charges["Training"].optional = True
        step = {"charge_id": self.charges["Training"].id, "kind": "price", "unit_price": 40, "month": 13}
        self.ramp.step_ids = [Command.clear(), Command.create(step)]
        self.assertFalse(self._contract().step_ids)

    def test_copy_of_a_plan_has_the_steps_on_its_own_charges(self):
        copied = self.ramp.copy()
        self.assertEqual(copied.step_ids.mapped("summary"), self.ramp.step_ids.mapped("summary"))
        self.assertEqual(copied.step_ids.charge_id.plan_id, copied)

    def test_step_is_entered_on_the_plan(self):
        with Form(self.plan) as form, form.step_ids.new() as step:
            step.kind = "percent"
            step.percent = 3
        self.assertEqual(self.plan.step_ids.summary, "All recurring fees: +3 %")
        self.assertEqual(self.plan.step_ids.month, 13)

    def test_impossible_steps_get_a_sentence(self):
        seats, other = self.charges["Seats"].id, self.plan.charge_ids[0].id
        cases = [
            ({"kind": "quantity"}, "choose the charge"),
            ({"kind": "quantity", "charge_id": seats, "month": 1}, "from month 2"),
            ({"kind": "free", "month": 0}, "from month 1"),
            ({"kind": "free", "free_months": 0}, "1 free month"),
            ({"kind": "price", "charge_id": seats}, "above 0"),
            ({"kind": "percent", "percent": -100}, "above -100"),
            ({"kind": "quantity", "charge_id": other}, "belongs to another plan"),
            ({"kind": "free", "charge_id": self.charges["Set-up"].id}, "charged once"),
        ]
        for step, sentence in cases:
            with self.subTest(sentence), self.assert_refused(sentence, ValidationError):
                self.ramp.step_ids = [Command.create(step)]

    def test_officers_take_the_steps_and_only_the_catalog_changes_them(self):
        officer = self._create_user("kor_step_officer", "officer")
        values = {"partner_id": self.customer.id, "plan_id": self.ramp.id, "date_start": "2026-01-01"}
        contract = self.env["kor.contract"].with_user(officer).create(values)
        self.assertEqual(len(contract.step_ids), 3)
        with self.assertRaises(AccessError):
            self.ramp.step_ids[0].with_user(officer).month = 5
