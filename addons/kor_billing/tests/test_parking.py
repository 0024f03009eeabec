from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestParking(KorBillingCommon):
    def _run(self, contracts, **values):
        run = self.env["kor.billing.run"].create(
            {"company_id": self.company.id, "contract_ids": contracts.ids, **values}
        )
        run._start()
        while run._work():
            pass
        return run

    def _parked(self, contract):
        return contract.parking_ids.filtered(lambda one: not one.date_mended)

    def _bill_months(self, contract, months=3):
        for month in range(1, months + 1):
            with freeze_time(f"2026-{month:02}-02"):
                self._run(contract)
        return contract

    @freeze_time("2026-01-10")
    def test_several_bad_contracts_are_parked_and_all_others_billed(self):
        contracts = self.env["kor.contract"].union(*(self._make_contract() for _one in range(60)))
        bad = contracts[3:60:10]
        prepare = type(bad)._prepare_move_values

        def refuse(contract, *args, **kwargs):
            if contract in bad:
                raise UserError(contract.env._("The customer is blocked."))
            return prepare(contract, *args, **kwargs)

        with patch.object(type(bad), "_prepare_move_values", refuse):
            run = self._run(contracts)
        self.assertEqual(len(run.move_ids), 54)
        self.assertFalse(bad.billing_item_ids)
        parked = self.env["kor.billing.parking"].search([("contract_id", "in", contracts.ids)])
        self.assertEqual(parked.contract_id, bad)
        self.assertEqual(set(parked.mapped("kind")), {"error"})
        self.assertEqual(parked.run_id, run)
        self.assertEqual((run.state, run.failed_count), ("done", 6))
        numbers = run.move_ids.mapped("sequence_number")
        self.assertEqual(max(numbers) - min(numbers), 53, "a batch that failed leaves no gap in the numbers")

    @freeze_time("2026-03-10")
    def test_parked_contract_is_tried_again_at_once_and_catches_up(self):
        contract = self._make_contract()
        self.company.kor_order_required = True
        self._run(contract)
        parked = self._parked(contract)
        self.assertEqual((parked.kind, parked.tries), ("order", 1))
        self.assertFalse(contract.invoice_ids)
        parked.action_retry()
        self.assertEqual(parked.tries, 2)
        contract.client_order_ref = "PO-7"
        parked.action_retry()
        self.assertEqual(self._amounts(contract.invoice_ids), [100, 100, 100])
        self.assertFalse(contract.billing_error)
        self.assertTrue(parked.date_mended)

    @freeze_time("2026-01-10")
    def test_order_number_is_required_by_company_and_contract(self):
        # company, contract, reference, billed
        cases = [
            (False, False, False, True),
            (True, False, False, False),
            (True, False, "  ", False),
            (True, False, "PO-1", True),
            (True, "no", False, True),
            (False, "yes", False, False),
            (False, "yes", "PO-1", True),
        ]
        for company, own, reference, billed in cases:
            with self.subTest(company=company, own=own, reference=reference):
                self.company.kor_order_required = company
                contract = self._make_contract(order_number_required=own, client_order_ref=reference)
                self._run(contract)
                self.assertEqual(bool(contract.invoice_ids), billed)
                if not billed:
                    with self.assertRaisesRegex(UserError, "purchase-order"):
                        contract.generate_invoice("2026-01-01", "2026-01-31")

    @freeze_time("2026-01-10")
    def test_bound_on_lines_and_on_days_ahead(self):
        line = {"unit_price": 10}
        # lines, days, contract's lines, start, parked
        cases = [
            (2, 0, [line] * 2, "2026-01-01", False),
            (2, 0, [line] * 3, "2026-01-01", True),
            (0, 0, [line] * 9, "2026-01-01", False),
            (0, 30, [line], "2026-01-01", False),
        ]
        for lines, days, own, start, parked in cases:
            with self.subTest(lines=lines, days=days, own=len(own)):
                self.company.write({"kor_bound_lines": lines, "kor_bound_days": days})
                contract = self._make_contract(*own, date_start=start)
                self._run(contract)
                self.assertEqual(bool(contract.invoice_ids), not parked)
                self.assertEqual(self._parked(contract).kind, "bound" if parked else False)
        for days, parked in ((30, True), (60, False)):
            with self.subTest(days=days):
                self.company.write({"kor_bound_lines": 0, "kor_bound_days": days})
                contract = self._make_contract(date_start="2026-01-01")
                run = self._run(contract, date="2026-03-05")
                self.assertEqual(bool(run.move_ids), not parked)

    def _set_price(self, contract, day, price):
        self._amend(contract, day, {"kind": "price", "line": contract.line_ids[:1].id, "unit_price": price})

    def test_bound_on_the_usual_amount(self):
        for price, parked in ((500, False), (501, True)):
            with self.subTest(price=price):
                contract = self._bill_months(self._make_contract())
                with freeze_time("2026-04-02"):
                    self._set_price(contract, "2026-04-01", price)
                    self._run(contract)
                self.assertEqual(len(contract.invoice_ids), 3 if parked else 4)
                if parked:
                    self.assertIn("501", contract.billing_error)
                    self.assertIn("5.0", contract.billing_error)

    def test_usual_are_the_latest_invoices(self):
        contract = self._bill_months(self._make_contract())
        for month, price in ((4, 400), (5, 400), (6, 400), (7, 1200)):
            with freeze_time(f"2026-{month:02}-02"):
                self._set_price(contract, f"2026-{month:02}-01", price)
                self._run(contract)
        self.assertEqual(sorted(self._amounts(contract.invoice_ids)), [100, 100, 100, 400, 400, 400, 1200])

    def test_no_bound_without_a_factor_and_none_on_months_made_up_for(self):
        contract = self._bill_months(self._make_contract())
        self.company.kor_bound_factor = 0
        with freeze_time("2026-04-02"):
            self._set_price(contract, "2026-04-01", 2000)
            self._run(contract)
        self.assertEqual(len(contract.invoice_ids), 4)
        self.company.kor_bound_factor = 5
        late = self._bill_months(self._make_contract(), 1)
        with freeze_time("2026-12-02"):
            self._run(late)
        self.assertEqual(len(late.invoice_ids), 2)
        self.assertEqual(len(late.billing_item_ids), 12)

    def test_administrator_lets_a_bound_through_once_with_a_note(self):
        contract = self._bill_months(self._make_contract())
        with freeze_time("2026-04-02"):
            self._set_price(contract, "2026-04-01", 900)
            self._run(contract)
            parked = self._parked(contract)
            with self.assertRaises(AccessError):
                parked.with_user(self.biller).action_bill_anyway()
            with self.assertRaises(AccessError):
                contract.with_user(self.biller).action_bill_anyway()
            with self.assertRaisesRegex(UserError, "is parked"):
                contract.with_user(self.biller).generate_invoice("2026-04-01", "2026-04-30")
            parked.with_user(self.biller).action_retry()
            self.assertEqual(len(contract.invoice_ids), 3)
            parked.action_bill_anyway()
            self.assertEqual(len(contract.invoice_ids), 4)
            self.assertTrue(contract.message_ids.filtered(lambda one: "lets the next invoice through" in one.body))
        self.assertFalse(contract.billing_let_through)
        self.assertTrue(parked.date_mended)
        with freeze_time("2026-05-02"):
            self._set_price(contract, "2026-05-01", 9000)
            self._run(contract)
        self.assertEqual(len(contract.invoice_ids), 4)
        self.assertEqual(self._parked(contract).kind, "bound")

    def test_invoice_past_a_bound_is_held_by_call_and_a_look_passes_it(self):
        contract = self._bill_months(self._make_contract())
        april = ("2026-04-01", "2026-04-30")
        with freeze_time("2026-04-02"):
            self._set_price(contract, "2026-04-01", 900)
            caller = contract.with_user(self.biller)
            for anyway in (False, 0, "no", None):
                with self.subTest(anyway):
                    held = self.env["account.move"].browse(caller.generate_invoice(*april, anyway=anyway))
                    self.assertRecordValues(held, [{"state": "draft", "amount_untaxed": 900}])
                    self.assertIn("9.0 times the usual", held.kor_hold_reason)
                    self.assertEqual(
                        contract.activity_ids.mapped("summary")[-1:], ["Look at the invoice before it is posted"]
                    )
                    self.assertFalse(caller.generate_invoice(*april), "a draft counts as billed")
                    held.unlink()
            moves = self.env["account.move"].browse(caller.generate_invoice(*april, anyway=True))
            self.assertRecordValues(moves, [{"state": "posted", "kor_hold_reason": False}])
        note = contract.message_ids.filtered(lambda one: "bills past a safety bound" in one.body)
        self.assertEqual(len(note), 1)
        self.assertIn(self.biller.name, note.body)
        self.assertFalse(self._parked(contract))

    def test_held_invoice_waits_for_somebody_also_after_the_grace_time(self):
        self.company.write({"kor_invoice_posting": "grace", "kor_grace_days": 0})
        contract = self._bill_months(self._make_contract())
        with freeze_time("2026-04-02"):
            self._set_price(contract, "2026-04-01", 900)
            held = self._bill(contract, "2026-04-01", "2026-04-30")
            usual = self._bill(self._make_contract(), "2026-04-01", "2026-04-30")
        self.assertIn(usual, self.env["account.move"]._get_kor_over_grace())
        self.assertNotIn(held, self.env["account.move"]._get_kor_over_grace())
        held.action_post()
        self.assertEqual(held.state, "posted")

    def test_dialog_warns_of_a_bound_and_the_click_passes_it(self):
        contract = self._bill_months(self._make_contract())
        with freeze_time("2026-04-02"):
            dialog_model = self.env["kor.contract.invoice"].with_user(self.biller)
            self.assertFalse(dialog_model.create({"contract_id": contract.id}).warning)
            self._set_price(contract, "2026-04-01", 900)
            dialog = dialog_model.create({"contract_id": contract.id})
            self.assertIn("9.0 times the usual", dialog.warning)
            dialog.action_invoice()
        self.assertEqual(len(contract.invoice_ids), 4)

    def test_daily_job_parks_what_breaks_a_bound(self):
        contract = self._bill_months(self._make_contract())
        with freeze_time("2026-04-02 12:00:00"):
            self._set_price(contract, "2026-04-01", 900)
            with self.enter_registry_test_mode():
                self.assertIs(self.env.ref("kor_billing.ir_cron_bill").method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual((len(contract.invoice_ids), self._parked(contract).kind), (3, "bound"))

    def test_bounds_cannot_be_negative(self):
        with self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017
            self.company.kor_bound_factor = -1
            self.company.flush_recordset()
