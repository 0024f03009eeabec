from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .compliance_common import ComplianceCase


@tagged("post_install", "-at_install")
class TestSlaCredit(ComplianceCase):
    def _approve(self, contract, month, day="2026-05-05"):
        credits = self.env["kor.sla.credit"].union(*self._credits(contract, month).values())
        with freeze_time(day):
            credits.filtered(lambda credit: credit.state == "proposed").action_approve()
        return credits

    def _notes(self, moves):
        return moves.filtered(lambda move: move.move_type == "out_refund")

    def _get_april(self, minutes=50, **terms):
        """Return a contract that is billed up to May, with an outage in April and its frozen report."""
        contract = self._promise(terms=terms)
        for day in ("2026-03-01", "2026-04-01", "2026-05-01"):
            self._bill_at(contract, day)
        if minutes:
            self._outage("2026-04-10 10:00:00", minutes)
        return contract, self._report(contract, "2026-04")

    def test_bands_of_published_terms(self):
        # Bands of 99.99, 99.0 and 95.0: 10, 30 and 100 % of 1,000, in 30 days.
        bands = [(99, 99.99, 10), (95, 99, 30), (0, 95, 100)]
        minutes = [(4, 0), (5, 100), (432, 100), (433, 300), (2160, 300), (2161, 1000)]
        contracts = {}
        for count, _expected in minutes:
            contract = self._promise(activate=False, uptime_target=99.99)
            agreement = contract.sla_agreement_ids
            agreement.band_ids.unlink()
            agreement.write(
                {
                    "uptime_target": 99.99,
                    "penalty_cap": 100,
                    "band_ids": [
                        (0, 0, {"starts_at": start, "below": below, "credit": credit}) for start, below, credit in bands
                    ],
                }
            )
            with freeze_time("2026-01-01"):
                contract.action_activate()
            self._outage("2026-04-10 00:00:00", count, contract)
            contracts[count] = contract
        for contract in contracts.values():
            self._bill_at(contract, "2026-04-01")
        self._report(self.env["kor.contract"].union(*contracts.values()), "2026-04")
        for count, expected in minutes:
            with self.subTest(minutes=count):
                self.assertEqual(sum(self._amounts_by_kind(contracts[count], "2026-04").values()), expected)

    def test_outage_of_50_minutes_ends_as_a_credit_note_that_lowers_the_next_invoice(self):
        # Long, as it is one story: what each step leaves is where the next one begins.
        contract, report = self._get_april()
        # 43,150 of 43,200 minutes: 99.884259 %, below 99.9: 10 % of 1,000.
        self.assertEqual((round(report.uptime, 6), report.missed_count, report.credit_amount), (99.884259, 1, 100.0))
        credit = self._credits(contract, "2026-04")["uptime"]
        self.assertEqual((credit.state, credit.amount, credit.open_amount), ("proposed", 100.0, 0.0))
        with freeze_time("2026-05-20"):
            self.assertNotIn(-100, [line["amount"] for line in contract.preview_invoice("2026-06-01", "2026-06-30")])
        self._approve(contract, "2026-04")
        self.assertEqual((credit.state, credit.open_amount), ("approved", 100.0))
        with freeze_time("2026-05-20"):
            preview = contract.preview_invoice("2026-06-01", "2026-06-30")
        self.assertEqual([line["amount"] for line in preview], [1000, -100])
        self.assertEqual(preview[1]["total"], -115.0)
        moves = self._bill_at(contract, "2026-06-01")
        note = self._notes(moves)
        invoice = moves - note
        april = self._documents(contract).filtered(lambda move: str(move.kor_date_from) == "2026-04-01") - note
        self.assertEqual((note.state, note.reversed_entry_id, note.amount_untaxed), ("posted", april, 100.0))
        # At the tax, the account and the product of the fee: 15 %.
        fee, line = april.invoice_line_ids, note.invoice_line_ids
        self.assertEqual(
            (line.tax_ids, line.account_id, line.product_id), (fee.tax_ids, fee.account_id, fee.product_id)
        )
        self.assertEqual(note.amount_total, 115.0)
        self.assertIn("April 2026", line.name)
        self.assertIn("99.884259", line.name)
        self.assertEqual(line.kor_explanation["service_credit"]["parts"][0]["claims"][0]["percent"], 10)
        self.assertEqual((credit.state, credit.booked_amount, credit.move_ids), ("booked", 100.0, note))
        # April is not paid: the note pays it in part, as core does with a note on an open invoice.
        self.assertEqual(april.amount_residual + invoice.amount_residual, 2300.0 - 115.0)
        self.assertBalanced(self._documents(contract))

    def test_run_twice_books_nothing_twice_and_the_fees_stay_billed(self):
        contract, _report = self._get_april()
        self._approve(contract, "2026-04")
        self._bill_at(contract, "2026-06-01")
        items = contract.billing_item_ids
        for day in ("2026-06-01", "2026-06-15"):
            contract._write_agreed({"needs_correction": True})
            self.assertFalse(self._bill_at(contract, day))
        with freeze_time("2026-06-15"):
            self.assertFalse(contract._book_sla_credits_now())
        self.assertEqual(contract.billing_item_ids, items)
        july = self._bill_at(contract, "2026-07-01")
        self.assertEqual(july.mapped("amount_untaxed"), [1000.0])

    def test_a_paid_invoice_leaves_the_credit_for_the_next_one(self):
        contract, _report = self._get_april()
        open_ones = self._documents(contract)
        payments = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=open_ones.ids
        )
        payments.create({"payment_date": "2026-05-02", "group_payment": False})._create_payments()
        self._approve(contract, "2026-04")
        moves = self._bill_at(contract, "2026-06-01")
        invoice = moves - self._notes(moves)
        self.assertEqual((invoice.amount_total, invoice.amount_residual), (1150.0, 1035.0))
        self.assertEqual(self._notes(moves).payment_state, "paid")

    def test_credits_of_all_kinds_are_capped_together(self):
        contract = self._promise()
        self._bill_at(contract, "2026-05-01")
        self._outage("2026-04-10 00:00:00", 433)
        for day in ("2026-04-06", "2026-04-07"):
            self._clock(contract, "response", day, 90)
        self._clock(contract, "next_response", "2026-04-08", 90)
        self._clock(contract, "resolution", "2026-04-09", 500, target=480)
        report = self._report(contract, "2026-04")
        # 98.9977 %: 30 %; three tickets answered late: 15 %; one resolved late: 20 %. 65 % of 1,000, capped at 50 %.
        amounts = self._amounts_by_kind(contract, "2026-04")
        self.assertEqual(report.figures["credits"]["raw"], 650.0)
        self.assertTrue(report.figures["credits"]["is_capped"])
        self.assertEqual(sum(amounts.values()), 500.0)
        self.assertEqual(
            {kind: round(amount) for kind, amount in amounts.items()},
            {"uptime": 231, "response": 115, "resolution": 154},
        )

    def test_credits_up_to_the_minimum_are_not_issued(self):
        for price, minimum, expected in [(10.0, 1.0, {}), (10.1, 1.0, {"uptime": 1.01}), (10.0, 0.0, {"uptime": 1.0})]:
            with self.subTest(price=price, minimum=minimum):
                contract = self._promise({"unit_price": price}, terms={"penalty_minimum": minimum})
                self._outage("2026-04-10 10:00:00", 50, contract)
                self._bill_at(contract, "2026-05-01")
                self._report(contract, "2026-04")
                self.assertEqual(self._amounts_by_kind(contract, "2026-04"), expected)

    def test_use_counts_where_the_agreement_says_so(self):
        for base, expected in [("recurring", 100.0), ("all", 120.0)]:
            with self.subTest(base):
                contract = self._promise(
                    {"unit_price": 1000.0},
                    {
                        "name": "Calls",
                        "charge_type": "usage",
                        "unit_price": 1.0,
                        "quantity": 200.0,
                        "timing": "arrears",
                        "metric_id": self.env.ref("kor_enterprise_tiers.metric_api_calls").id,
                    },
                    {"name": "Set-up", "charge_type": "one_time", "unit_price": 5000.0},
                    terms={"penalty_base": base},
                )
                self._outage("2026-04-10 10:00:00", 50, contract)
                self._bill_at(contract, "2026-05-01")
                self._report(contract, "2026-04")
                self.assertEqual(self._amounts_by_kind(contract, "2026-04"), {"uptime": expected})

    def test_a_fee_of_a_year_counts_with_a_twelfth_and_the_credit_does_not_wait_for_a_year(self):
        contract = self._promise({"unit_price": 12000.0, "billing_months": 12})
        self._bill_at(contract, "2026-01-01")
        self._outage("2026-04-10 10:00:00", 50)
        self._report(contract, "2026-04")
        self.assertEqual(self._amounts_by_kind(contract, "2026-04"), {"uptime": 100.0})
        self._approve(contract, "2026-04")
        note = self._bill_at(contract, "2026-05-06")
        self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 100.0))
        self.assertBalanced(note)

    def test_automatic_credits_need_nobody_and_others_wait(self):
        contract, _report = self._get_april(penalty_mode="automatic")
        self.assertEqual(self._credits(contract, "2026-04")["uptime"].state, "approved")
        self.assertEqual(self._notes(self._bill_at(contract, "2026-06-01")).amount_untaxed, 100.0)
        silent, _report = self._get_april(penalty_mode="none")
        self.assertFalse(self._credits(silent, "2026-04"))
        waiting, _report = self._get_april()
        self.assertFalse(self._notes(self._bill_at(waiting, "2026-06-01")))

    def test_declined_needs_a_reason_and_is_not_booked(self):
        contract, _report = self._get_april()
        credit = self._credits(contract, "2026-04")["uptime"]
        with self.assertRaisesRegex(UserError, "reason"):
            credit.action_decline()
        self.env["kor.sla.credit.decline"].create({"credit_ids": credit.ids, "reason": "Own change"}).action_decline()
        self.assertEqual((credit.state, credit.amount), ("declined", 0.0))
        self.assertFalse(self._notes(self._bill_at(contract, "2026-06-01")))
        credit.action_approve()
        self.assertEqual((credit.state, credit.amount), ("approved", 100.0))

    def test_an_outage_that_is_known_later_adds_the_difference_only(self):
        contract, report = self._get_april()
        self._approve(contract, "2026-04")
        self._bill_at(contract, "2026-06-01")
        # In all 450 minutes: 98.958 %, 30 %.
        self._outage("2026-04-20 10:00:00", 400)
        with freeze_time("2026-06-10"):
            report._look_again()
        revision = report._get_latest()
        self.assertEqual((revision.revision, revision.previous_id, report.is_current), (2, report, False))
        self.assertIn("98.958333", revision.difference)
        credit = self._credits(contract, "2026-04")["uptime"]
        self.assertEqual((credit.state, credit.amount, credit.booked_amount), ("proposed", 300.0, 100.0))
        self._approve(contract, "2026-04", "2026-06-11")
        note = self._notes(self._bill_at(contract, "2026-07-01"))
        self.assertEqual((note.amount_untaxed, credit.booked_amount, credit.state), (200.0, 300.0, "booked"))
        self.assertEqual(report.credit_amount, 100.0, "what was told stays")

    def test_what_was_booked_too_much_is_set_off_against_the_next_credit(self):
        contract, report = self._get_april(penalty_mode="automatic")
        self._bill_at(contract, "2026-06-01")
        outage = self.env["kor.sla.outage"].search([("service_id", "=", self.service.id)])
        outage.write({"date_end": "2026-04-10 10:20:00"})
        with freeze_time("2026-06-10"):
            report._look_again()
        april = self._credits(contract, "2026-04")["uptime"]
        self.assertEqual((april.amount, april.booked_amount, april.open_amount), (0.0, 100.0, -100.0))
        self.assertFalse(self._notes(self._bill_at(contract, "2026-07-01")))
        # 450 minutes in June: 300 more, of which 100 was given already.
        self._outage("2026-06-10 10:00:00", 450)
        self._report(contract, "2026-06")
        note = self._notes(self._bill_at(contract, "2026-08-01"))
        june = self._credits(contract, "2026-06")["uptime"]
        self.assertEqual(note.amount_untaxed, 200.0)
        self.assertEqual((june.booked_amount, april.booked_amount, june.open_amount, april.open_amount), (300, 0, 0, 0))
        self.assertEqual(june.booking_ids.offset_id, april)

    def test_fees_that_are_billed_after_the_report_raise_the_credit(self):
        contract = self._promise({"unit_price": 1000.0, "timing": "arrears"}, terms={"penalty_mode": "automatic"})
        self._outage("2026-04-10 10:00:00", 50)
        self._bill_at(contract, "2026-04-01")
        self._report(contract, "2026-04")
        credit = self._credits(contract, "2026-04")["uptime"]
        self.assertEqual((credit.amount, credit.state), (0.0, "void"))
        moves = self._bill_at(contract, "2026-05-08")
        self.assertEqual((credit.amount, self._notes(moves).amount_untaxed), (100.0, 100.0))

    def test_never_more_than_is_left_of_an_invoice_and_the_rest_waits(self):
        contract, report = self._get_april()
        april = self._documents(contract).filtered(lambda move: str(move.kor_date_from) == "2026-04-01")
        # 950 of 1,000 were given back by hand after the report: 50 are left, and the fee of April is 50.
        self._approve(contract, "2026-04")
        credit = self._credits(contract, "2026-04")["uptime"]
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=april.ids)
        refund = self.env["account.move"].browse(
            wizard.create({"journal_id": april.journal_id.id, "date": "2026-05-06"}).refund_moves()["res_id"]
        )
        refund.invoice_line_ids.price_unit = 950.0
        refund.action_post()
        moves = self._bill_at(contract, "2026-06-01")
        # 10 % of the 50 that the customer really paid.
        self.assertEqual((credit.amount, self._notes(moves).amount_untaxed), (5.0, 5.0))

    def test_what_has_no_room_is_taken_from_a_later_invoice(self):
        contract, report = self._get_april()
        credit = self._credits(contract, "2026-04")["uptime"]
        self._approve(contract, "2026-04")
        self.env["kor.sla.credit"].sudo()._get_by_key(contract, [credit.month])
        credit.sudo()._adjust(1000.0, "A settlement", self.env.user)
        notes = self._notes(self._bill_at(contract, "2026-06-01"))
        self.assertEqual(sorted(notes.mapped("amount_untaxed")), [100.0, 1000.0])
        self.assertEqual(len(notes.reversed_entry_id), 2)
        self.assertEqual((credit.booked_amount, credit.state), (1100.0, "booked"))

    def test_a_note_that_is_reset_frees_the_credit_and_cannot_come_back_beside_a_new_one(self):
        contract, _report = self._get_april()
        self._approve(contract, "2026-04")
        note = self._notes(self._bill_at(contract, "2026-06-01"))
        credit = self._credits(contract, "2026-04")["uptime"]
        note.button_draft()
        self.assertEqual((credit.booked_amount, credit.state), (0.0, "approved"))
        note.action_post()
        self.assertEqual((credit.booked_amount, credit.state), (100.0, "booked"))
        note.button_draft()
        again = self._notes(self._bill_at(contract, "2026-07-01"))
        self.assertEqual(again.amount_untaxed, 100.0)
        with self.assertRaisesRegex(UserError, "not booked"):
            note.action_post()

    def test_notes_of_two_customers_at_once_reconcile_with_their_own_invoices(self):
        contracts = self._promise() + self._promise(partner_id=self.other_customer.id)
        self._outage("2026-04-10 10:00:00", 50)
        self._bill_at(contracts, "2026-05-01")
        self._report(contracts, "2026-04")
        for contract in contracts:
            self._approve(contract, "2026-04")
        notes = self._notes(self._bill_at(contracts, "2026-06-01"))
        self.assertEqual(len(notes), 2)
        for note in notes:
            lines = note.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
            matched = lines.matched_debit_ids.debit_move_id.move_id
            self.assertEqual(matched.partner_id, note.partner_id)
            self.assertTrue(matched)
        self.assertBalanced(notes)

    def test_closed_months_are_not_touched(self):
        contract, _report = self._get_april()
        self._approve(contract, "2026-04")
        self.company.sale_lock_date = "2026-05-31"
        note = self._notes(self._bill_at(contract, "2026-06-01"))
        self.assertEqual((str(note.date), note.state), ("2026-06-01", "posted"))

    def test_booked_at_once_by_the_button(self):
        contract, _report = self._get_april()
        self._approve(contract, "2026-04")
        credit = self._credits(contract, "2026-04")["uptime"]
        with freeze_time("2026-05-06"):
            action = credit.with_user(self.biller).action_book()
        note = self.env["account.move"].browse(action["domain"][0][2])
        self.assertEqual((note.amount_untaxed, note.state, credit.state), (100.0, "posted", "booked"))

    def test_who_may_approve_and_who_may_write(self):
        contract, report = self._get_april()
        credit = self._credits(contract, "2026-04")["uptime"]
        agent = new_test_user(
            self.env,
            "sla_agent",
            "base.group_user,kor_sla.group_kor_support_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        for call in (
            credit.with_user(agent).action_approve,
            credit.with_user(agent).action_decline,
            credit.with_user(agent).action_book,
            report.with_user(agent).action_send,
            report.with_user(agent).action_correct,
            lambda: credit.with_user(agent).write({"decline_reason": "x"}),
        ):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaisesRegex(UserError, "follows from its report"):
            credit.write({"approved_amount": 5000})
        with self.assertRaisesRegex(UserError, "evidence"):
            credit.sudo().unlink()
