from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestContractLife(KorBillingCommon):
    """What renewals, ramps and early ends cost is what is billed."""

    def _net(self, contract):
        return round(sum(contract.billing_item_ids.filtered(lambda item: item.state == "booked").mapped("amount")), 2)

    def _bill_until(self, contract, day):
        return self._bill(contract, str(contract.date_start), day)

    def _run_cron(self):
        self.env["kor.contract"]._cron_update_states()

    def test_renewed_contract_is_billed_at_the_raised_price_from_the_first_day_of_the_term(self):
        with freeze_time("2026-12-10"):
            contract = self._make_contract(
                term="annual", auto_renew=True, renewal_uplift_kind="percent", renewal_uplift=3.5
            )
            self._bill_until(contract, "2026-12-31")
        # The job was late: five days of the new term are over.
        with freeze_time("2027-01-05"):
            self._run_cron()
            january = self._bill_until(contract, "2027-01-31")
        self.assertEqual(january.amount_untaxed, 103.5)
        self.assertEqual(self._net(contract), 12 * 100 + 103.5)

    @freeze_time("2026-12-10")
    def test_indexed_renewal_of_a_yearly_fee(self):
        index = self.env["kor.price.index"].create({"name": "CPI"})
        for month, value in (("2025-10-01", 120), ("2026-10-01", 123)):
            self.env["kor.price.index.value"].create({"index_id": index.id, "month": month, "value": value})
        contract = self._make_contract(
            {"unit_price": 1200, "billing_months": 12},
            term="annual", auto_renew=True, renewal_uplift_kind="index", price_index_id=index.id, index_cap=5,
        )  # fmt: skip
        self._bill_until(contract, "2026-12-31")
        with freeze_time("2027-01-01"):
            self._run_cron()
            # 123 / 120 is 2.5 % more.
            self.assertEqual(self._bill_until(contract, "2027-01-01").amount_untaxed, 1230)

    @freeze_time("2028-12-20")
    def test_ramp_bills_each_year_at_its_price_and_free_months_at_none(self):
        contract = self._make_contract(
            {"name": "Seats", "charge_type": "per_unit", "metric_id": self.users.id, "quantity": 10, "unit_price": 10},
            term="multi_year", activate=False,
        )  # fmt: skip
        seats = contract.line_ids.id
        contract.step_ids = [
            Command.create({"kind": "free", "month": 1, "free_months": 2}),
            Command.create({"kind": "quantity", "line_id": seats, "month": 13, "quantity": 20}),
            Command.create({"kind": "percent", "line_id": seats, "month": 25, "percent": 5}),
        ]
        contract.action_activate()
        # 10 months of 10 seats, 12 of 20, 12 of 20 at 10.50.
        self.assertEqual(contract._get_total_value(), 10 * 100 + 12 * 200 + 12 * 210)
        self._bill_until(contract, "2028-12-31")
        self.assertEqual(self._net(contract), 10 * 100 + 12 * 200 + 12 * 210)
        self.assertEqual(self._net(contract), contract._get_total_value())

    @freeze_time("2026-04-20")
    def test_free_months_of_a_yearly_fee_are_the_days_of_the_year(self):
        contract = self._make_contract(
            {"unit_price": 3650, "billing_months": 12}, term="annual", activate=False
        )  # fmt: skip
        contract.step_ids = [Command.create({"kind": "free", "month": 1, "free_months": 3})]
        contract.action_activate()
        self._bill_until(contract, "2026-12-31")
        # 90 days of the year cost nothing.
        self.assertEqual(self._net(contract), 2750)

    @freeze_time("2026-06-10")
    def test_seats_added_on_a_ramp_are_billed_on_through_its_price_step(self):
        contract = self._make_contract(
            {"name": "Seats", "charge_type": "per_unit", "metric_id": self.users.id, "quantity": 10, "unit_price": 10},
            term="annual", activate=False,
        )  # fmt: skip
        seats = contract.line_ids.id
        contract.step_ids = [Command.create({"kind": "price", "line_id": seats, "month": 7, "unit_price": 12})]
        contract.action_activate()
        self._bill_until(contract, "2026-06-30")
        change = {"kind": "quantity", "line": seats, "quantity": 15}
        self.env["kor.contract.amendment"].browse(contract.amend("2026-06-01", [change])).action_agree("Ada")
        moves = self._bill_until(contract, "2026-06-30")
        self.assertEqual(sum(moves.mapped("amount_untaxed_signed")), 50)
        with freeze_time("2026-07-01"):
            self.assertEqual(self._bill_until(contract, "2026-07-31").amount_untaxed, 180)

    @freeze_time("2026-09-10")
    def test_early_end_is_billed_with_what_was_agreed(self):
        contract = self._make_contract(term="annual", termination_fee_kind="term", termination_fee=50)
        self._bill_until(contract, "2026-09-30")
        amendment = self.env["kor.contract.amendment"].browse(contract.amend("2026-09-16", [{"kind": "cancel"}]))
        preview = amendment.preview()
        # 15 of 30 days of September and three months are left: 350, and half of September is given back.
        self.assertEqual((preview["termination_fee"], preview["credit"], preview["charge"]), (175, 50, 175))
        amendment.action_agree("Ada")
        with freeze_time("2026-09-16"):
            amendment._apply_due()
            moves = self._bill_until(contract, "2026-09-15")
        self.assertEqual(sum(moves.mapped("amount_untaxed_signed")), 125)
        self.assertEqual(self._net(contract), 850 + 175)
        fee = moves.invoice_line_ids.filtered(
            lambda line: line.product_id == self.env.ref("kor_contracts.product_termination_fee")
        )
        self.assertEqual(fee.price_subtotal, 175)

    @freeze_time("2026-09-30")
    def test_cancelling_anew_bills_only_the_fee_of_the_last_day_that_holds(self):
        contract = self._make_contract(term="annual", termination_fee_kind="term", termination_fee=100)
        self._bill_until(contract, "2026-09-30")
        contract.action_cancel("2026-10-31")
        contract.action_cancel("2026-11-30")
        with freeze_time("2026-12-01"):
            self._run_cron()
            self._bill_until(contract, "2026-11-30")
        self.assertEqual(self._net(contract), 12 * 100)
