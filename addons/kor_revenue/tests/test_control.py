from odoo.tests import freeze_time, tagged

from .report_common import KorRevenueReportCommon


@tagged("post_install", "-at_install")
class TestControl(KorRevenueReportCommon):
    """Schedules and ledger agree to the cent, or the control says which entries they disagree about."""

    def _check(self, day="2026-12-31"):
        found = self.control.check_ledger(day)
        # Whatever differs is explained by the entries that are named.
        for row in found["accounts"]:
            named = sum(one["difference"] for one in found["offenders"] if one["account_id"] == row["account_id"])
            if row["role"] in ("liability", "asset", "unbilled") or row["difference"]:
                self.assertEqual(round(row["difference"] - named, 2), 0, row["account"])
        return found

    def _entries(self):
        return self.env["account.move"].search(
            [("kor_revenue_month", "!=", False), ("company_id", "=", self.company.id)], order="date, id"
        )

    def test_it_is_clean_after_bills_credits_cancellations_and_closes_in_both_groupings(self):
        for grouping in ("contract", "month"):
            with self.subTest(grouping=grouping), self.env.cr.savepoint() as savepoint:
                self.company.kor_revenue_grouping = grouping
                move = self._run_quarter()
                with freeze_time("2026-04-30"):
                    refund = move._reverse_moves([{"invoice_date": "2026-04-30", "date": "2026-04-30"}])
                    refund.invoice_line_ids.price_unit = 365
                    refund.action_post()
                    self.foreign.action_cancel("2026-05-31")
                self._close("2026-06-30")
                found = self._check()
                self.assertEqual(found["offenders"], [])
                self.assertTrue(found["is_clean"])
                rows = {row["role"]: row for row in found["accounts"]}
                self.assertEqual(rows["unbilled"]["ledger"], 14)
                self.assertEqual(rows["income"]["recognized"], rows["income"]["ledger"])
                self.assertTrue(rows["liability"]["billed"])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_it_sees_only_what_is_booked_by_the_day(self):
        self._run_quarter()
        self._post_entry("2026-05-05", [(self.liability, 50), (self.income, -50)])
        self.assertTrue(self._check("2026-04-30")["is_clean"])
        self.assertFalse(self._check("2026-05-05")["is_clean"])

    def test_an_entry_by_hand_on_the_deferred_account_is_found_and_named(self):
        self._run_quarter()
        move = self._post_entry("2026-03-05", [(self.liability, 50), (self.income, -50)])
        found = self._check()
        (offender,) = found["offenders"]
        self.assertEqual((offender["kind"], offender["move_id"], offender["difference"]), ("manual", move.id, 50))
        self.assertIn(f"{move.name} of 2026-03-05 was posted by hand by", offender["sentence"])
        rows = {row["role"]: row["difference"] for row in found["accounts"]}
        # Others may post on income as they like.
        self.assertEqual((rows["liability"], rows["income"]), (50, 0))

    def test_an_entry_that_nets_to_nothing_on_the_account_is_found_as_well(self):
        self._post_entry("2026-03-05", [(self.liability, 50), (self.liability, -50)])
        found = self._check()
        self.assertEqual([one["difference"] for one in found["offenders"]], [50, -50])
        self.assertFalse(found["is_clean"])

    def test_the_reversal_of_a_close_is_found_in_both_groupings_and_moves_no_revenue(self):
        for grouping in ("contract", "month"):
            with self.subTest(grouping=grouping), self.env.cr.savepoint() as savepoint:
                self.company.kor_revenue_grouping = grouping
                self._run_quarter()
                entry = self._entries()[0]
                reversal = entry._reverse_moves([{"date": "2026-03-31"}])
                reversal.action_post()
                offenders = self._check()["offenders"]
                self.assertEqual({one["kind"] for one in offenders}, {"reversal"})
                self.assertEqual({one["move_id"] for one in offenders}, {reversal.id})
                self.assertIn(entry.name, offenders[0]["sentence"])
                self.contracts._mark_revenue_stale()
                self.assertEqual(self._close("2026-03-31")["items"], 0)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_an_entry_that_says_something_else_than_its_slices_is_found(self):
        self._run_quarter()
        entry = self._entries().filtered(lambda move: move.line_ids.kor_contract_id == self.ahead)[0]
        line = entry.line_ids.filtered(lambda one: one.account_id == self.liability)
        # As if somebody had written past the rules.
        self.env.cr.execute("UPDATE account_move_line SET balance = balance - 1 WHERE id = %s", (line.id,))
        self.env.invalidate_all()
        (offender,) = self._check()["offenders"]
        self.assertEqual((offender["kind"], offender["move_id"], offender["difference"]), ("changed", entry.id, -1))

    def test_slices_whose_entry_is_not_posted_are_found(self):
        self._run_quarter()
        entry = self._entries().filtered(lambda move: move.line_ids.kor_contract_id == self.ahead)[0]
        self.env.cr.execute("UPDATE account_move SET state = 'draft' WHERE id = %s", (entry.id,))
        self.env.cr.execute("UPDATE account_move_line SET parent_state = 'draft' WHERE move_id = %s", (entry.id,))
        self.env.invalidate_all()
        offenders = self._check()["offenders"]
        self.assertEqual({one["kind"] for one in offenders}, {"not_posted"})
        self.assertEqual(sorted(one["difference"] for one in offenders), [-100, 100])

    def test_slices_without_an_entry_are_found(self):
        self._run_quarter()
        item = self.ahead.revenue_schedule_ids.item_ids[0]
        self.env.cr.execute("UPDATE kor_revenue_item SET move_id = NULL WHERE id = %s", (item.id,))
        self.env.invalidate_all()
        kinds = {one["kind"] for one in self._check()["offenders"]}
        self.assertEqual(kinds, {"changed", "no_entry"})

    def test_an_invoice_on_the_account_without_a_contract_is_found(self):
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-02-02",
                "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 70, "account_id": self.liability.id})],
            }
        )
        move.action_post()
        (offender,) = self._check()["offenders"]
        self.assertEqual((offender["kind"], offender["difference"]), ("no_contract", -70))

    def test_an_invoice_of_a_contract_on_another_account_is_found(self):
        with freeze_time("2026-01-01"):
            move = self._bill(self.ahead, "2026-01-01", "2026-01-31")
            move.button_draft()
            move.invoice_line_ids.account_id = self.income
            move.action_post()
        (offender,) = self._check()["offenders"]
        self.assertEqual((offender["kind"], offender["difference"], offender["move_id"]), ("misplaced", 0, move.id))

    def test_the_screen_lists_accounts_and_entries_and_opens_them(self):
        self._run_quarter()
        move = self._post_entry("2026-03-05", [(self.liability, 50), (self.income, -50)])
        control = self.control.create({"date": "2026-03-31"})
        control.action_check()
        self.assertFalse(control.is_clean)
        self.assertEqual(control.offender_ids.action_open_move()["res_id"], move.id)
        row = control.account_ids.filtered(lambda one: one.role == "liability")
        lines = self.env["account.move.line"].search(row.action_open_ledger()["domain"])
        self.assertEqual((sum(lines.mapped("balance")), row.difference), (row.ledger, 50))
        control.date = "2026-02-28"
        control.action_check()
        self.assertTrue(control.is_clean)
        self.assertFalse(control.offender_ids)

    def test_companies_are_checked_apart(self):
        self._run_quarter()
        other = self.setup_other_company()["company"]
        other.action_kor_setup_revenue()
        self._post_entry("2026-03-05", [(self.liability, 50), (self.income, -50)])
        both = self.control.with_context(allowed_company_ids=[self.company.id, other.id])
        self.assertEqual(
            {row["company"] for row in both.check_ledger("2026-12-31")["accounts"]}, {self.company.name, other.name}
        )
        self.assertTrue(both.check_ledger("2026-12-31", other.id)["is_clean"])
        self.assertFalse(both.check_ledger("2026-12-31", self.company.id)["is_clean"])
