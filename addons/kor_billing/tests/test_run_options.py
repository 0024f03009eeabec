from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestRunOptions(KorBillingCommon):
    def _run(self, contracts):
        run = self.env["kor.billing.run"].create({"company_id": self.company.id, "contract_ids": contracts.ids})
        run._start()
        run._work()
        return run

    def _post_drafts(self):
        with self.enter_registry_test_mode():
            self.env.ref("kor_billing.ir_cron_post_drafts").method_direct_trigger()
        self.env.invalidate_all()

    def _set_created(self, moves, moment):
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET create_date = %s WHERE id = ANY(%s)", [moment, moves.ids])
        moves.invalidate_recordset()

    @freeze_time("2026-01-10")
    def test_drafts_are_posted_after_their_grace_time_and_count_as_billed(self):
        self.company.write({"kor_invoice_posting": "grace", "kor_grace_days": 3})
        contract = self._make_contract()
        move = self._run(contract).move_ids
        self.assertEqual(move.state, "draft")
        self.assertFalse(self._run(contract).move_ids)
        for created, state in (("2026-01-07 00:00:01", "draft"), ("2026-01-07 00:00:00", "posted")):
            with self.subTest(created=created):
                self._set_created(move, created)
                self._post_drafts()
                self.assertEqual(move.state, state)

    @freeze_time("2026-01-10")
    def test_grace_time_leaves_other_drafts_alone(self):
        self.company.write({"kor_invoice_posting": "grace", "kor_grace_days": 0})
        reset, reviewed, own = (
            self._make_contract(),
            self._make_contract(invoice_posting="draft"),
            self._make_contract(),
        )
        moves = self._run(reset | reviewed | own).move_ids
        self._set_created(moves, "2026-01-10 00:00:00")
        reset.invoice_ids._post()
        reset.invoice_ids.button_draft()
        self._post_drafts()
        self.assertEqual([one.invoice_ids.state for one in (reset, reviewed, own)], ["draft", "draft", "posted"], moves)

    @freeze_time("2026-01-10")
    def test_contract_says_what_becomes_of_its_invoices(self):
        for company, own, state in (("post", "draft", "draft"), ("draft", "post", "posted"), ("post", False, "posted")):
            with self.subTest(company=company, own=own):
                self.company.kor_invoice_posting = company
                self.assertEqual(self._run(self._make_contract(invoice_posting=own)).move_ids.state, state)

    @freeze_time("2026-01-10")
    def test_draft_that_cannot_be_posted_does_not_stop_the_others(self):
        self.company.write({"kor_invoice_posting": "grace", "kor_grace_days": 0})
        bad, good = self._make_contract(), self._make_contract()
        self._set_created(self._run(bad | good).move_ids, "2026-01-10 00:00:00")
        bad.invoice_ids.partner_bank_id = self.env["res.partner.bank"].create(
            {"acc_number": "1", "partner_id": self.company.partner_id.id, "active": False}
        )
        self._post_drafts()
        self.assertEqual((bad.invoice_ids.state, good.invoice_ids.state), ("draft", "posted"))
        self.assertEqual(len(bad.invoice_ids.activity_ids), 1)

    @freeze_time("2026-01-10")
    def test_contracts_of_a_customer_share_an_invoice(self):
        self.company.kor_join_invoices = True
        first = self._make_contract({"name": "Base"}, {"name": "Support", "unit_price": 40}, client_order_ref="PO-1")
        second = self._make_contract({"name": "Extra", "unit_price": 7}, client_order_ref="PO-2")
        alone = self._make_contract(invoice_alone=True)
        other = self._make_contract(partner_id=self.other_customer.id)
        run = self._run(first | second | alone | other)
        self.assertEqual(len(run.move_ids), 3)
        move = first.billing_item_ids.move_id
        self.assertEqual(second.billing_item_ids.move_id, move)
        self.assertEqual(move.kor_contract_ids, first | second)
        self.assertEqual((move.kor_contract_id, move.ref), (first, "PO-1, PO-2"))
        self.assertEqual(move.amount_untaxed, 147)
        for line in move.invoice_line_ids:
            self.assertIn(line.kor_item_ids.contract_id.name, line.name)
            self.assertEqual(line.kor_item_ids.amount, line.price_subtotal)
        for contract in (first, second):
            self.assertEqual(contract.invoice_count, 1)
            self.assertEqual(self.env["account.move"].search([("kor_contract_ids", "in", contract.ids)]), move)
        move.button_draft()
        self.assertEqual(set((first | second).billing_item_ids.mapped("state")), {"released"})
        move._post()
        self.assertEqual(set((first | second).billing_item_ids.mapped("state")), {"booked"})

    @freeze_time("2026-01-10")
    def test_what_differs_is_not_joined(self):
        self.company.kor_join_invoices = True
        terms = self.env.ref("account.account_payment_term_30days")
        euro = self.setup_other_currency("EUR")
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        address = self.env["res.partner"].create({"name": "Accounts", "parent_id": self.customer.id, "type": "invoice"})
        cases = {
            "payment_term_id": terms.id,
            "currency_id": euro.id,
            "fiscal_position_id": position.id,
            "partner_invoice_id": address.id,
        }
        for name, value in cases.items():
            with self.subTest(field=name):
                plain = {"partner_invoice_id": self.customer.id}
                pair = self._make_contract(**plain) | self._make_contract(**{**plain, name: value})
                self.assertEqual(len(self._run(pair).move_ids), 2)

    @freeze_time("2026-01-10")
    def test_join_reaches_beyond_the_batch(self):
        self.company.kor_join_invoices = True
        mine = self._make_contract() | self._make_contract()
        run = self.env["kor.billing.run"].create({"company_id": self.company.id, "contract_ids": mine.ids})
        run._start()
        self.assertEqual(run._work(limit=1), 0)
        self.assertEqual((len(run.move_ids), run.state), (1, "done"))

    @freeze_time("2026-01-10")
    def test_joined_contracts_draw_their_own_credit(self):
        self.company.kor_join_invoices = True
        first, second = self._make_contract(), self._make_contract()
        credit = self.env["kor.prepaid.credit"].create({"contract_id": second.id, "amount": 30})
        move = self._run(first | second).move_ids
        self.assertEqual(len(move), 1)
        drawn = move.invoice_line_ids.kor_draw_ids
        self.assertEqual((drawn.credit_id, drawn.amount), (credit, 30))
        self.assertEqual(drawn.move_line_id.kor_contract_id, second)


@tagged("post_install", "-at_install")
class TestRunPreview(KorBillingCommon):
    def _make_run(self, contracts, **values):
        return self.env["kor.billing.run"].create(
            {"company_id": self.company.id, "contract_ids": [Command.set(contracts.ids)], **values}
        )

    def _count(self):
        return self.env["kor.billing.item"].search_count([]), self.env["account.move"].search_count([])

    @freeze_time("2026-02-10")
    def test_preview_says_what_the_run_bills_and_books_nothing(self):
        contract = self._make_contract({}, {"name": "Support", "unit_price": 40})
        run = self._make_run(contract)
        before = self._count()
        run.action_preview()
        self.assertEqual(self._count(), before)
        self.assertRecordValues(run.line_ids, [{"line_count": 4, "amount": 280, "state": "due", "previous_amount": 0}])
        self.assertIn("280", run.preview_totals)
        run._start()
        run._work()
        self.assertEqual(sum(run.move_ids.mapped("amount_untaxed")), 280)
        with self.assertRaises(UserError):
            run.action_preview()

    def test_preview_says_what_changed_since_the_last_period(self):
        seats = {"name": "Seats", "charge_type": "per_unit", "metric_id": self.users.id, "quantity": 5, "unit_price": 3}
        fee = {"name": "Fee", "unit_price": 50}
        contract = self._make_contract(fee, seats, {"name": "Same", "unit_price": 9}, {"name": "Odd", "unit_price": 1})
        with freeze_time("2026-01-02"):
            self._make_run(contract)._start()
            self._bill(contract, "2026-01-01", "2026-01-31")
        lines = {line.name: line for line in contract.line_ids}
        with freeze_time("2026-02-02"):
            self._amend(
                contract,
                "2026-02-01",
                {"kind": "price", "line": lines["Fee"].id, "unit_price": 60},
                {"kind": "quantity", "line": lines["Seats"].id, "quantity": 7},
            )
            run = self._make_run(contract)
            run.action_preview()
        [line] = run.line_ids
        self.assertEqual((line.amount, line.previous_amount, line.difference), (91, 75, 16))
        self.assertEqual(line.changes.splitlines(), ["Fee: other price.", "Seats: quantity 5 → 7."])

    def test_quantities_are_written_as_the_language_writes_numbers(self):
        self.env["res.lang"]._activate_lang("de_DE")
        run = self.env["kor.billing.run"].with_context(lang="de_DE")
        now = {"charge_type": "usage", "price": {"quantity": 1300, "steps": []}}
        self.assertIn("1.200,5 → 1.300", run._compare_facts("Calls", {"price": {"quantity": 1200.5}}, now))

    def test_preview_of_another_day(self):
        contract = self._make_contract()
        for day, amount in (("2026-01-31", 100), ("2026-02-01", 200), ("2025-12-31", 0)):
            with self.subTest(day=day), freeze_time("2026-01-02"):
                run = self._make_run(contract, date=day)
                run.action_preview()
                self.assertEqual(sum(run.line_ids.mapped("amount")), amount)

    @freeze_time("2026-01-10")
    def test_preview_lists_parked_ones_and_those_that_would_be(self):
        wanting = self._make_contract(order_number_required="yes")
        parked, good = self._make_contract(order_number_required="yes"), self._make_contract()
        parked_run = self._make_run(parked)
        parked_run._start()
        parked_run._work()
        run = self._make_run(wanting | parked | good)
        run.action_preview()
        states = {line.contract_id: (line.state, line.kind) for line in run.line_ids}
        self.assertEqual(states, {wanting: ("parked", "order"), parked: ("parked", "order"), good: ("due", False)})
        self.assertNotIn("2 contracts", run.preview_totals)

    @freeze_time("2026-01-10")
    def test_preview_shows_drawn_credit_and_totals_by_currency(self):
        euro = self.setup_other_currency("EUR")
        first, second = self._make_contract(), self._make_contract(currency_id=euro.id)
        self.env["kor.prepaid.credit"].create({"contract_id": first.id, "amount": 30})
        run = self._make_run(first | second)
        run.action_preview()
        line = run.line_ids.filtered(lambda one: one.contract_id == first)
        self.assertEqual((line.amount, line.prepaid), (70, 30))
        self.assertIn("Prepaid", line.changes)
        self.assertIn("EUR", run.preview_totals)
        self.assertIn(self.currency.name, run.preview_totals)
        run.action_preview()
        self.assertEqual(len(run.line_ids), 2)
