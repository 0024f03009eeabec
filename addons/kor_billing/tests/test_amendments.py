from datetime import date, datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestAmendments(KorBillingCommon):
    """What was agreed is changed as of a day; the books follow by difference."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seats = {
            "name": "Seats", "charge_type": "per_unit", "metric_id": cls.users.id, "quantity": 10, "unit_price": 31,
        }  # fmt: skip

    def _bill_until(self, contract, day):
        return self._bill(contract, str(contract.date_start), day)

    def _net(self, contract):
        return round(sum(contract.billing_item_ids.filtered(lambda item: item.state == "booked").mapped("amount")), 2)

    @freeze_time("2026-01-20")
    def test_more_seats_give_back_the_rest_of_the_month_and_charge_it_anew(self):
        contract = self._make_contract(self.seats)
        january = self._bill_until(contract, "2026-01-31")
        self.assertEqual(january.amount_untaxed, 310)
        seats = contract.line_ids
        self._amend(contract, "2026-01-11", {"kind": "quantity", "line": seats.id, "quantity": 15})
        self.assertTrue(contract._is_due())
        moves = self._bill_until(contract, "2026-01-31")
        invoice, note = moves.sorted("move_type")
        # 21 of 31 days: 10 seats are given back, 15 are charged.
        self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 210))
        self.assertEqual((invoice.move_type, invoice.amount_untaxed), ("out_invoice", 315))
        self.assertEqual(note.reversed_entry_id, january)
        self.assertEqual(note.invoice_line_ids.tax_ids, self.tax)
        self.assertEqual(note.invoice_line_ids.kor_item_ids.explanation["gives_back"]["invoice"], january.name)
        self.assertEqual(self._net(contract), 415)
        self.assertFalse(contract.generate_invoice("2026-01-01", "2026-01-31"))
        self.assertEqual(self._bill_until(contract, "2026-02-01").amount_untaxed, 465)

    @freeze_time("2026-01-20")
    def test_chain_keeps_root_terms_and_past(self):
        contract = self._make_contract(self.seats)
        seats = contract.line_ids
        self._amend(contract, "2026-01-11", {"kind": "quantity", "line": seats.id, "quantity": 15})
        self._amend(contract, "2026-01-16", {"kind": "quantity", "line": seats.id, "quantity": 12})
        chain = seats._get_chain()
        self.assertEqual(chain.mapped("quantity"), [10, 15, 12])
        self.assertEqual([str(line.date_end or "") for line in chain], ["2026-01-10", "2026-01-15", ""])
        self.assertEqual(chain[1:].root_id, seats)
        self.assertEqual(contract.as_of("2026-01-12")["lines"][0]["quantity"], 15)
        self.assertEqual(contract.as_of("2026-01-31")["mrr"], 12 * 31)
        # A back-dated change holds only to the next one.
        self._amend(contract, "2026-01-06", {"kind": "quantity", "line": seats.id, "quantity": 11})
        self.assertEqual(seats._get_chain().mapped("quantity"), [10, 11, 15, 12])

    @freeze_time("2026-03-20")
    def test_backdated_change_corrects_every_billed_period(self):
        contract = self._make_contract()
        billed = self._bill_until(contract, "2026-03-31")
        line = contract.line_ids
        self._amend(contract, "2026-01-16", {"kind": "price", "line": line.id, "unit_price": 62})
        moves = self._bill_until(contract, "2026-03-31")
        # 48.39 + 32 of January, 62 of February and of March, in the place of 100 each.
        self.assertAlmostEqual(sum(moves.mapped("amount_untaxed_signed")), 48.39 + 32 + 62 * 2 - 300)
        credits = moves.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(credits.reversed_entry_id, billed)
        self.assertFalse(contract.generate_invoice("2026-01-01", "2026-03-31"))

    @freeze_time("2026-01-20")
    def test_no_caller_says_how_far_a_preview_looks(self):
        contract = self._make_contract(self.seats)
        change = {"kind": "quantity", "line": contract.line_ids.id, "quantity": 15}
        amendment = self._amend(contract, "2026-02-01", change, agree=False)
        window = amendment._get_preview_window()
        for sent in ("2030-01-01", date(2030, 1, 1), datetime(2030, 1, 1)):
            with self.subTest(sent):
                self.assertEqual(amendment.with_context(kor_preview_end=sent)._get_preview_window(), window)

    @freeze_time("2026-01-13")
    def test_preview_writes_nothing_and_is_what_is_billed_then(self):
        contract = self._make_contract(self.seats)
        self._bill_until(contract, "2026-01-31")
        change = {"kind": "quantity", "line": contract.line_ids.id, "quantity": 15}
        amendment = self._amend(contract, "2026-01-11", change, agree=False)
        preview = amendment.preview()
        self.assertEqual((preview["credit"], preview["charge"]), (210, 315))
        self.assertEqual((preview["before"]["mrr"], preview["after"]["mrr"], preview["mrr_change"]), (310, 465, 155))
        self.assertEqual(preview["total_contract_value_change"], round(155 * 21 / 31, 2) + 155 * 11)
        credited = next(one for one in preview["after"]["due"] if one["amount"] < 0)
        self.assertEqual((credited["numerator"], credited["denominator"]), (10, 31))
        self.assertEqual((amendment.state, len(contract.line_ids), contract.line_ids.date_end), ("draft", 1, False))
        amendment.action_agree("Ada", "signature")
        moves = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertEqual(sorted(moves.mapped("amount_untaxed")), [210, 315])

    @freeze_time("2026-01-20")
    def test_credit_can_be_none_or_the_whole_running_period(self):
        for credit, given_back in (("prorated", 68), ("none", 0), ("full", 124)):
            with self.subTest(credit):
                contract = self._make_contract({"unit_price": 100}, {"name": "Add-on", "unit_price": 124})
                self._bill_until(contract, "2026-01-31")
                change = {"kind": "remove", "line": contract.line_ids[1].id}
                amendment = self._amend(contract, "2026-01-15", change, agree=False, credit=credit)
                amendment.action_agree("Ada", "note")
                notes = self._bill_until(contract, "2026-01-31")
                self.assertEqual(sum(notes.mapped("amount_untaxed")), given_back)
                self.assertEqual(self._bill_until(contract, "2026-02-01").amount_untaxed, 100)

    @freeze_time("2026-04-02")
    def test_pause_and_resume_bill_the_days_between_to_nobody(self):
        contract = self._make_contract({"unit_price": 310})
        self._bill_until(contract, "2026-01-31")
        self._amend(contract, "2026-01-16", {"kind": "pause"})
        self.assertEqual(contract.state, "paused")
        note = self._bill_until(contract, "2026-03-31")
        self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 160))
        self._amend(contract, "2026-03-10", {"kind": "resume"})
        self.assertEqual((contract.state, contract.mrr), ("active", 310))
        march = self._bill_until(contract, "2026-03-31")
        self.assertEqual(march.amount_untaxed, 220)
        self.assertEqual(contract.as_of("2026-02-15")["lines"], [])

    @freeze_time("2026-04-02")
    def test_pause_of_known_length_resumes_by_itself(self):
        contract = self._make_contract({"unit_price": 310})
        self._bill_until(contract, "2026-02-28")
        self._amend(contract, "2026-01-13", {"kind": "pause", "date_end": "2026-01-24"})
        self.assertEqual(contract.state, "active")
        moves = self._bill_until(contract, "2026-02-28")
        self.assertEqual(sum(moves.mapped("amount_untaxed_signed")), -120)
        self.assertEqual(self._net(contract), 500)

    @freeze_time("2026-02-10")
    def test_moved_billing_day_bills_a_part_and_then_whole_periods(self):
        contract = self._make_contract({"unit_price": 310})
        self._bill_until(contract, "2026-01-31")
        self._amend(contract, "2026-02-01", {"kind": "billing_day", "day": 15})
        self.assertEqual(contract.anchor_day, 15)
        part = self._bill_until(contract, "2026-02-10")
        # 14 of the 31 days from 15 January to 14 February.
        self.assertEqual(part.amount_untaxed, 140)
        self.assertEqual(self._bill_until(contract, "2026-02-15").amount_untaxed, 310)
        self.assertEqual(self._net(contract), 310 + 140 + 310)

    @freeze_time("2026-01-20")
    def test_plan_change_takes_prices_limits_and_features_and_keeps_seats(self):
        old = self._make_plan("Small", 10, self.tier.parent_id or self.tier)
        new = self._make_plan("Large", 20, self.tier)
        contract = self.env["kor.contract"].create(
            {"partner_id": self.customer.id, "plan_id": old.id, "date_start": "2026-01-01", "tz": "UTC"}
        )
        contract.set_quantities({"users": 7})
        contract.action_activate()
        self._bill_until(contract, "2026-01-31")
        amendment = self._amend(contract, "2026-01-17", {"kind": "plan", "plan": new.id})
        self.assertEqual((contract.plan_id, contract.tier_id), (new, new.tier_id))
        self.assertEqual(contract.mrr, 140)
        self.assertEqual(amendment.mrr_change, 70)
        self.assertEqual(contract.feature_ids, new.tier_id.all_feature_ids)
        moves = self._bill_until(contract, "2026-01-31")
        self.assertEqual(sum(moves.mapped("amount_untaxed_signed")), round(70 * 15 / 31, 2))

    def _make_plan(self, name, price, tier):
        return self.env["kor.plan"].create(
            {
                "name": name, "tier_id": tier.id, "currency_id": self.currency.id, "term": "monthly",
                "charge_ids": [
                    (0, 0, {"name": "Users", "product_id": self.product.id, "charge_type": "per_unit",
                            "metric_id": self.users.id, "unit_price": price}),
                ],
            }
        )  # fmt: skip

    @freeze_time("2026-01-25")
    def test_added_line_is_charged_from_its_day_on_the_contract_s_periods(self):
        contract = self._make_contract()
        self._bill_until(contract, "2026-01-31")
        change = {"kind": "add", "product": self.product.id, "name": "Archive", "unit_price": 31}
        self._amend(contract, "2026-01-22", change)
        self.assertEqual(self._bill_until(contract, "2026-01-31").amount_untaxed, 10)
        self.assertEqual(self._bill_until(contract, "2026-02-01").amount_untaxed, 131)

    @freeze_time("2026-02-20")
    def test_discount_and_uplift_hold_from_their_day(self):
        contract = self._make_contract()
        self._amend(contract, "2026-02-01", {"kind": "price", "percent": 10})
        self._amend(contract, "2026-03-01", {"kind": "discount", "discount_kind": "percent", "value": 50})
        self.assertEqual(self._bill_until(contract, "2026-02-28").amount_untaxed, 210)
        with freeze_time("2026-03-02"):
            contract.env["kor.contract.amendment"]._cron_apply()
            self.assertEqual(self._bill_until(contract, "2026-03-31").amount_untaxed, 55)

    @freeze_time("2026-04-20")
    def test_discount_of_some_periods_counts_from_its_day(self):
        for line in (False, True):
            with self.subTest(line=line):
                contract = self._make_contract()
                change = {"kind": "discount", "discount_kind": "percent", "value": 50, "periods": 2}
                if line:
                    change["line"] = contract.line_ids.id
                self._amend(contract, "2026-02-01", change)
                months = [self._bill_until(contract, day).amount_untaxed for day in (
                    "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-20"
                )]  # fmt: skip
                self.assertEqual(months, [100, 50, 50, 100])

    @freeze_time("2026-01-20")
    def test_evidence_of_an_amendment_is_not_written_by_hand(self):
        contract = self._make_contract()
        amendment = self._amend(contract, "2026-01-10", {"kind": "price", "percent": 5})
        for name, value in (
            ("agreed_by", "Eve"),
            ("agreed_how", "signature"),
            ("mrr_after", 1),
            ("applied_date", False),
        ):
            with self.subTest(name), self.assertRaisesRegex(UserError, "noted by what happens"):
                amendment.write({name: value})
        with self.assertRaisesRegex(UserError, "noted by what happens"):
            amendment.create({"contract_id": contract.id, "agreed_by": "Eve"})
        self.assertEqual((amendment.agreed_by, amendment.mrr_after), ("Ada", 105))

    @freeze_time("2026-01-20")
    def test_amendment_of_a_day_to_come_waits_for_it(self):
        contract = self._make_contract()
        amendment = self._amend(contract, "2026-02-01", {"kind": "price", "percent": 10})
        self.assertEqual((amendment.state, len(contract.line_ids)), ("agreed", 1))
        with freeze_time("2026-02-01"):
            self.env["kor.contract"]._cron_update_states()
        self.assertEqual((amendment.state, len(contract.line_ids)), ("applied", 2))

    @freeze_time("2026-03-20")
    def test_handed_over_contract_goes_on_with_the_other_customer(self):
        contract = self._make_contract({"unit_price": 310})
        self._bill_until(contract, "2026-03-31")
        self._amend(contract, "2026-03-11", {"kind": "transfer", "partner": self.other_customer.id})
        taken = contract.transferred_to_ids
        self.assertEqual((taken.partner_id, taken.state, taken.mrr), (self.other_customer, "active", 310))
        self.assertEqual(self._bill_until(contract, "2026-03-10").amount_untaxed, 210)
        self.assertEqual(self._bill_until(taken, "2026-03-31").amount_untaxed, 210)
        self.assertEqual(contract.state, "cancelled")

    @freeze_time("2026-01-20")
    def test_hand_made_credit_leaves_only_the_rest_to_give_back(self):
        # Kill Bill: 12 for January, a credit of 10 given on it, cancelled on the 23rd: only 2 more, never below zero.
        for given, more in ((10, 2), (12, 0)):
            with self.subTest(given):
                contract = self._make_contract({"unit_price": 12})
                january = self._bill_until(contract, "2026-01-31")
                wizard = january._reverse_moves([{"invoice_date": "2026-01-05"}])
                wizard.invoice_line_ids.price_unit = given
                wizard.action_post()
                self._amend(contract, "2026-01-13", {"kind": "cancel"})
                notes = self._bill_until(contract, "2026-01-12")
                self.assertEqual(sum(notes.mapped("amount_untaxed")), more)
                self.assertEqual(self._net(contract), round(12 * 12 / 31, 2))
                self.assertFalse(contract.generate_invoice("2026-01-01", "2026-01-12"))

    @freeze_time("2026-01-20")
    def test_daily_job_gives_back_what_is_billed_beyond_a_cancellation(self):
        contract = self._make_contract({"unit_price": 310})
        january = self._bill_until(contract, "2026-01-31")
        contract.action_cancel("2026-01-21")
        run = self.env["kor.billing.run"].create({"company_id": self.company.id, "contract_ids": contract.ids})
        run._start()
        run._work()
        note = contract.invoice_ids - january
        self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 100))
        self.assertFalse(contract.needs_correction)

    @freeze_time("2026-01-20")
    def test_open_credit_pays_the_new_invoice(self):
        contract = self._make_contract(self.seats)
        january = self._bill_until(contract, "2026-01-31")
        self._register_payment(january)
        self._amend(contract, "2026-01-11", {"kind": "quantity", "line": contract.line_ids.id, "quantity": 15})
        moves = self._bill_until(contract, "2026-01-31")
        invoice = moves.filtered(lambda move: move.move_type == "out_invoice")
        self.assertAlmostEqual(invoice.amount_residual, (315 - 210) * 1.15)

    @freeze_time("2026-01-20")
    def test_credit_that_was_open_pays_a_later_invoice(self):
        contract, other = self._make_contract(self.seats), self._make_contract(self.seats)
        self._register_payment(self._bill_until(contract, "2026-01-31"))
        self._amend(contract, "2026-01-11", {"kind": "quantity", "line": contract.line_ids.id, "quantity": 5})
        note = self._bill_until(contract, "2026-01-31").filtered(lambda move: move.move_type == "out_refund")
        note_left = note.amount_residual
        self.assertGreater(note_left, 0)
        # Of another contract it pays nothing.
        strange = self._bill_until(other, "2026-02-28")
        self.assertEqual(strange.mapped("amount_residual"), strange.mapped("amount_total"))
        own = self._bill_until(contract, "2026-02-28")
        self.assertAlmostEqual(sum(own.mapped("amount_residual")), sum(own.mapped("amount_total")) - note_left)
        self.assertFalse(note.amount_residual)

    @freeze_time("2026-01-20")
    def test_small_credit_waits_and_lowers_the_next_invoice(self):
        self.company.kor_credit_minimum = 50
        contract = self._make_contract({"unit_price": 100}, {"name": "Add-on", "unit_price": 31})
        self._bill_until(contract, "2026-01-31")
        self._amend(contract, "2026-01-12", {"kind": "remove", "line": contract.line_ids[1].id})
        self.assertFalse(contract.generate_invoice("2026-01-01", "2026-01-31"))
        self.assertEqual(self._bill_until(contract, "2026-02-01").amount_untaxed, 80)

    @freeze_time("2026-01-25")
    def test_credit_in_foreign_currency_keeps_the_rate_that_was_charged(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0), ("2026-01-10", 4.0)])
        contract = self._make_contract({"unit_price": 310}, currency_id=euro.id)
        with freeze_time("2026-01-02"):
            january = self._bill_until(contract, "2026-01-31")
        self.assertEqual(january.invoice_line_ids.balance, -155)
        self._amend(contract, "2026-01-22", {"kind": "cancel"})
        note = self._bill_until(contract, "2026-01-21")
        self.assertEqual((note.amount_untaxed, note.invoice_line_ids.balance), (100, 50))

    def test_bad_amendments_get_a_sentence(self):
        contract = self._make_contract()
        other = self._make_contract()
        cases = [
            ("2026-02-30", [{"kind": "pause"}], "YYYY-MM-DD"),
            ("2026-02-01", {"kind": "pause"}, "as a list"),
            ("2026-02-01", [{"kind": "wish"}], "is no change"),
            ("2026-02-01", [{"kind": "quantity"}], "needs line, quantity"),
            ("2026-02-01", [{"kind": "pause", "until": "x"}], "does not know until"),
            ("2026-02-01", [{"kind": "remove", "line": other.line_ids.id}], "another contract"),
            ("2025-02-01", [{"kind": "pause"}], "before contract"),
            ("2026-02-01", [{"kind": "billing_day", "day": 32}], "from 1 to 31"),
        ]
        for day, changes, message in cases:
            with self.subTest(message), self.assertRaisesRegex((UserError, ValidationError), message):
                contract.amend(day, changes)
        with self.assertRaisesRegex(UserError, "changes nothing"):
            self._amend(contract, "2026-02-01")
        with self.assertRaisesRegex(UserError, "not paused"):
            self._amend(contract, "2026-02-01", {"kind": "resume"})

    @freeze_time("2026-01-20")
    def test_what_is_agreed_is_not_edited(self):
        contract = self._make_contract()
        amendment = self._amend(contract, "2026-01-10", {"kind": "price", "percent": 5})
        with self.assertRaisesRegex(UserError, "stays as it is"):
            amendment.date_effective = "2026-01-12"
        with self.assertRaisesRegex(UserError, "stays as it is"):
            amendment.change_ids.percent = 50
        with self.assertRaisesRegex(UserError, "stays as it is"):
            amendment.unlink()
        with self.assertRaisesRegex(UserError, "stays in the history"):
            amendment.action_withdraw()
        with self.assertRaisesRegex(UserError, "moved by"):
            amendment.state = "draft"
        with self.assertRaisesRegex(UserError, "is agreed"):
            contract.with_context(kor_amending=True).line_ids.quantity = 3

    def test_only_officers_amend_and_customers_see_none(self):
        contract = self._make_contract()
        reader = new_test_user(self.env, "kor_reader", "base.group_user,kor_contracts.group_kor_contract_user")
        reader.company_ids |= self.company
        portal = new_test_user(self.env, "kor_amend_portal", "base.group_portal")
        portal.partner_id.parent_id = self.customer
        for user in (reader, portal):
            with self.assertRaises(AccessError):
                contract.with_user(user).amend("2026-02-01", [{"kind": "pause"}])
        amendment = self._amend(contract, "2026-02-01", {"kind": "pause"}, agree=False)
        with self.assertRaises(AccessError):
            amendment.with_user(portal).preview()
