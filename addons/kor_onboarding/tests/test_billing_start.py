from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import NOON, OnboardingCase

LATEST = "2026-05-01"
SEATS = {"name": "Seats", "charge_type": "per_unit", "unit_price": 10, "quantity": 5}
SETUP = {"name": "Set-up", "charge_type": "one_time", "unit_price": 500}


@tagged("post_install", "-at_install")
@freeze_time(NOON)
class TestBillingStart(OnboardingCase):
    """Recurring fees begin with the go-live, or on the latest day; what is due once, as agreed."""

    def _agree(self, *lines, activate=True, **values):
        seats = {**SEATS, "metric_id": self.seats.id}
        values = {"billing_start": "go_live", "date_billing_latest": LATEST, "date_start": "2026-04-01", **values}
        contract = self._create_contract({}, seats, SETUP, *lines, account_manager_id=self.manager.id, **values)
        contract.feature_ids = self.tea
        if activate:
            contract.action_activate()
        return contract

    def _starts(self, contract):
        lines = contract.line_ids.filtered(lambda line: not line._is_void())
        return {line.name: str(line.date_start) for line in lines}

    def test_draft_is_billed_from_the_latest_day_and_shows_what_it_will_bring(self):
        draft = self._agree(activate=False)
        self.assertEqual(self._starts(draft), {"Base fee": LATEST, "Seats": LATEST, "Set-up": "2026-04-01"})
        self.assertEqual(draft.mrr, 150)
        draft.line_ids = [Command.create({"product_id": self.product.id, "name": "More", "unit_price": 20})]
        self.assertEqual(self._starts(draft)["More"], LATEST)
        draft.date_billing_latest = "2026-06-01"
        self.assertEqual(self._starts(draft)["Seats"], "2026-06-01")
        draft.billing_start = "start"
        self.assertEqual(set(self._starts(draft).values()), {"2026-04-01"})

    def test_lines_of_a_plan_wait_too(self):
        draft = self._create_contract(billing_start="go_live", date_billing_latest=LATEST, date_start="2026-04-01")
        once = draft.line_ids.filtered(lambda line: line.charge_type == "one_time")
        self.assertEqual({str(line.date_start) for line in draft.line_ids - once}, {LATEST})
        self.assertEqual(str(once.date_start), "2026-04-01")
        draft.action_apply_plan()
        recurring = draft.line_ids.filtered(lambda line: line.charge_type != "one_time")
        self.assertEqual({str(line.date_start) for line in recurring}, {LATEST})

    def test_nothing_recurs_until_the_go_live_moves_it_ahead(self):
        contract = self._agree()
        self.assertEqual((contract.mrr, contract.waits_for_go_live), (0, True))
        onboarding = self._onboard(contract)
        with freeze_time("2026-04-13 12:00:00"):
            self._finish(onboarding, "account", "login", "kickoff", "workshop", "webinar", "live")
            contract._refresh_mrr()
            self.assertEqual((contract.mrr, contract.waits_for_go_live), (150, False))
        self.assertEqual(
            self._starts(contract), {"Base fee": "2026-04-13", "Seats": "2026-04-13", "Set-up": "2026-04-01"}
        )
        amendment = contract.amendment_ids
        self.assertRecordValues(
            amendment,
            [
                {
                    "state": "applied",
                    "date_effective": self._april(13),
                    "mrr_before": 0,
                    "mrr_after": 150,
                    "mrr_change": 150,
                }
            ],
        )
        self.assertEqual(amendment.change_ids.kind, "go_live")

    def test_go_live_again_or_after_the_latest_day_moves_nothing(self):
        contract = self._agree()
        onboarding = self._onboard(contract)
        with freeze_time("2026-05-05 12:00:00"):
            contract._refresh_mrr()
            self.assertEqual(contract.mrr, 150, "it has begun by itself")
            self._finish(onboarding, "live")
        self.assertEqual(self._starts(contract)["Seats"], LATEST)
        self.assertFalse(contract.amendment_ids)
        early = self._agree()
        onboarding = self._onboard(early)
        self._finish(onboarding, "live")
        self._task(onboarding, "live").action_kor_reopen()
        self._finish(onboarding, "live")
        self.assertEqual(len(early.amendment_ids), 1)

    def test_go_live_that_was_before_the_latest_day_and_noted_after_it(self):
        contract = self._agree()
        onboarding = self._onboard(contract)
        with freeze_time("2026-05-05 12:00:00"):
            self._task(onboarding, "live").write({"state": "1_done", "kor_date_done": "2026-04-20"})
        self.assertEqual(self._starts(contract)["Seats"], "2026-04-20")

    def test_contract_without_an_onboarding_begins_by_a_call(self):
        contract = self._agree()
        for day, sentence in (
            ("2026-04-02", "a go-live that has been"),
            ("2026-03-31", "from 2026-04-01 on"),
            ("x", "YYYY"),
        ):
            with self.subTest(day), self.assert_refused(sentence):
                contract.start_billing(day)
        self.assertTrue(contract.start_billing("2026-04-01"))
        self.assertEqual(contract.start_billing("2026-04-01"), 0)
        self.assertEqual(contract.mrr, 150)

    def test_amendment_of_the_kind_is_previewed_like_any_other(self):
        contract = self._agree()
        with freeze_time("2026-04-13 12:00:00"):
            amendment = self.env["kor.contract.amendment"].create(
                {
                    "contract_id": contract.id,
                    "date_effective": "2026-04-10",
                    "change_ids": [Command.create({"kind": "go_live"})],
                }
            )
            self.assertEqual(amendment.preview()["mrr_change"], 150)
            self.assertEqual(self._starts(contract)["Seats"], LATEST)
        with self.assert_refused("no fee of the contract waits", ValidationError):
            self.env["kor.contract.amendment"].create(
                {
                    "contract_id": contract.id,
                    "date_effective": LATEST,
                    "change_ids": [Command.create({"kind": "go_live"})],
                }
            )

    def test_ramp_and_discounts_count_from_where_the_line_begins(self):
        contract = self._agree(activate=False)
        line = self._get_line(contract, "Seats")
        self.env["kor.discount"].create(
            {"name": "First month", "kind": "percent", "value": 100, "periods": 1, "contract_line_id": line.id}
        )
        # The third month is from the 1st of June on: after the latest day.
        contract.step_ids = [Command.create({"kind": "quantity", "line_id": line.id, "month": 3, "quantity": 8})]
        contract.action_activate()
        self._finish(self._onboard(contract), "live")
        chain = self._get_line(contract, "Seats").filtered(lambda one: not one._is_void()).sorted("date_start")
        self.assertEqual(
            [(str(one.date_start), str(one.date_end), one.quantity) for one in chain],
            [("2026-04-01", "2026-05-31", 5), ("2026-06-01", "False", 8)],
        )
        self.assertEqual({str(one._get_origin()) for one in chain}, {"2026-04-01"})
        # 100 of base fee, seats free in April; 50 in May; 80 from June on.
        for day, expected in (("2026-04-01", 100), ("2026-05-01", 150), ("2026-06-01", 180)):
            with self.subTest(day):
                self.assertEqual(contract.as_of(day)["mrr"], expected)

    def test_terms_that_cannot_be_kept_are_refused(self):
        for values, sentence in (
            ({"date_billing_latest": False}, "say on which day at the latest"),
            ({"date_billing_latest": "2026-03-01"}, "Choose a day within it"),
        ):
            with self.subTest(sentence), self.assert_refused(sentence):
                self._agree(**values)
        contract = self._agree(activate=False)
        contract.step_ids = [Command.create({"kind": "percent", "month": 2, "percent": 5})]
        contract.date_billing_latest = "2026-06-01"
        with self.assert_refused("has a step on 2026-05-01"):
            contract.action_activate()

    def test_agreed_terms_are_frozen_and_read_by_the_customer(self):
        contract = self._agree()
        with self.assert_refused("cannot be changed any more"):
            contract.billing_start = "start"
        with self.assert_refused("cannot be changed any more"):
            contract.line_ids[0].date_start = "2026-04-01"
        facts = dict(contract._get_commitment_facts())
        self.assertEqual(facts["Recurring fees begin"], "With the go-live, on 05/01/2026 at the latest")
        contract.start_billing("2026-04-01")
        self.assertEqual(contract._describe_billing_start(), "Since 04/01/2026")
        self.assertEqual(self._sign()._describe_billing_start(), "")

    def test_what_would_pass_by_the_waiting_lines_is_refused(self):
        contract = self._agree()
        for change in ({"kind": "price", "percent": 5}, {"kind": "plan", "plan": self.plan.id}, {"kind": "pause"}):
            with self.subTest(change), self.assert_refused("wait for the go-live|priced in|offered"):
                self.env["kor.contract.amendment"].browse(contract.amend("2026-04-01", [change])).action_agree()
        later = self.env["kor.contract.amendment"].browse(contract.amend(LATEST, [{"kind": "price", "percent": 10}]))
        later.action_agree()
        contract.start_billing("2026-04-01")
        with freeze_time("2026-05-01 12:00:00"):
            later._apply_due()
            contract._refresh_mrr()
        # 100 and 50, from May on 10 % more.
        self.assertEqual(contract.as_of(LATEST)["mrr"], 165)
        self.assertEqual(contract.as_of("2026-04-30")["mrr"], 150)

    def test_what_has_its_own_later_day_keeps_it(self):
        contract = self._agree({"name": "Later", "unit_price": 7, "date_start": "2026-07-01"})
        contract.start_billing("2026-04-01")
        self.assertEqual(self._starts(contract)["Later"], "2026-07-01")
