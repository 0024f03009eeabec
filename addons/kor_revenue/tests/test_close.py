from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestClose(KorRevenueCommon):
    """A month is closed in batches, as often as one likes, whatever single contracts do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.annual = {"term": "annual", "date_start": "2026-01-01"}
        cls.year = {"unit_price": 1200.0, "billing_months": 12}
        cls.accountant = cls._make_user("kor_accountant", "kor_revenue.group_kor_revenue_user")
        cls.env["kor.revenue.close"].search([]).filtered(lambda one: one.state == "running")._write_engine(
            {"state": "done"}
        )

    @classmethod
    def _make_user(cls, login, group):
        return new_test_user(
            cls.env,
            login,
            f"base.group_user,{group}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _close(self, day="2026-01-31", post=True):
        close = self.env["kor.revenue.close"].create({"company_id": self.company.id, "date_to": day})
        if post:
            close.action_post()
        return close

    def _fail_for(self, bad):
        """Let what a contract earns raise an error."""
        model = type(self.env["kor.contract"])
        refresh = model._refresh_revenue

        def refuse(contracts, until=None):
            if bad in contracts:
                raise UserError(bad.env._("The customer is blocked."))
            return refresh(contracts, until)

        return patch.object(model, "_refresh_revenue", refuse)

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref("kor_revenue.ir_cron_close").method_direct_trigger(), True)
        self.env.invalidate_all()

    def test_a_close_books_the_month_once_however_often_it_is_run(self):
        first, second = self._make_contract(self.year, **self.annual), self._make_contract(self.year, **self.annual)
        close = self._close()
        self.assertRecordValues(
            close, [{"state": "done", "revenue": 200, "move_count": 2, "planned_count": 2, "progress": 100}]
        )
        self.assertEqual(close.item_ids.contract_id, first | second)
        self.assertEqual(close.move_ids.mapped("kor_revenue_close_id"), close)
        close.action_post()
        again = self._close()
        self.assertEqual((close.move_count, again.move_count), (2, 0))
        self.assertEqual(self._balance(self.income), 200)

    def test_many_contracts_are_closed_in_batches_by_the_job(self):
        contracts = self.env["kor.contract"].union(
            *(self._make_contract(self.year, **self.annual) for _one in range(3))
        )
        self.env["ir.config_parameter"].set_param("kor_revenue.batch_size", "2")
        close = self._close()
        self.assertRecordValues(close, [{"state": "running", "move_count": 0, "through_count": 0}])
        self.assertEqual(close._work(), 2)
        close.invalidate_recordset()
        self.assertEqual((close.state, round(close.progress), close.move_count), ("running", 67, 2))
        # The rest, as after a crash: what is booked stays, what is not is booked.
        self._run_cron()
        self.assertEqual((close.state, close.item_ids.contract_id), ("done", contracts))
        self.assertEqual(self._balance(self.income), 300)

    def test_a_contract_that_fails_is_left_out_with_its_reason_and_booked_later(self):
        for grouping in ("contract", "month"):
            with self.subTest(grouping=grouping), self.cr.savepoint() as savepoint:
                self.company.kor_revenue_grouping = grouping
                good, bad = self._make_contract(self.year, **self.annual), self._make_contract(self.year, **self.annual)
                other = self._make_contract(self.year, **self.annual)
                with self._fail_for(bad):
                    close = self._close()
                    self.assertEqual((close.state, close.parked_count), ("done", 1))
                    self.assertEqual(close.item_ids.contract_id, good | other)
                    self.assertEqual(close.parking_ids.contract_id, bad)
                    self.assertIn("blocked", close.parking_ids.reason)
                    self.assertIn("blocked", bad.revenue_error)
                    with self.assertRaisesRegex(UserError, "left out"):
                        close.action_lock()
                    close.action_post()
                    self.assertEqual(close.parked_count, 1)
                close.action_post()
                close.invalidate_recordset()
                bad.invalidate_recordset()
                self.assertEqual((close.parked_count, bad.revenue_error), (0, False))
                self.assertEqual(self._balance(self.income), 300)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_one_entry_per_month_and_currency_is_one_entry_for_all_contracts(self):
        self.company.kor_revenue_grouping = "month"
        self.env["ir.config_parameter"].set_param("kor_revenue.batch_size", "1")
        for _one in range(3):
            self._make_contract(self.year, **self.annual)
        close = self._close("2026-02-28")
        self.assertEqual(close.state, "running")
        self._run_cron()
        self.assertEqual([str(day) for day in sorted(close.move_ids.mapped("date"))], ["2026-01-31", "2026-02-28"])
        self.assertEqual(close.item_count, 6)
        self.assertEqual(self._balance(self.income), 600)

    def test_what_becomes_known_after_the_lock_is_booked_later_and_names_its_month(self):
        contract = self._make_contract(self.year, **self.annual)
        with freeze_time("2026-02-10"):
            january = self._close()
            january.action_lock()
            self.assertEqual(str(self.company.kor_revenue_lock_date), "2026-01-31")
            late = self._make_contract({"unit_price": 2400.0, "billing_months": 12}, **self.annual)
            february = self._close("2026-02-28", post=False)
            february.action_preview()
            self.assertIn("closed", str(february.preview_html))
            self.assertEqual(sum(february.line_ids.filtered("is_late").mapped("amount")), 200 - 200 + 200)
            february.action_post()
        items = late.revenue_schedule_ids.item_ids.sorted("month")
        self.assertEqual([(str(one.month), str(one.date), one.is_late) for one in items], [
            ("2026-01-01", "2026-02-28", True), ("2026-02-01", "2026-02-28", False),
        ])  # fmt: skip
        self.assertIn("was closed when this became known", str(items[0].explanation_html))
        self.assertIn("2026-01", " ".join(items.move_id.line_ids.mapped("name")))
        self.assertEqual(contract.revenue_recognized, 200)
        self.assertEqual(january.move_count, 1)

    def test_locks_are_taken_back_from_the_last_on(self):
        self._make_contract(self.year, **self.annual)
        january, february = self._close(), self._close("2026-02-28")
        (january | february).action_lock()
        self.assertEqual((str(self.company.kor_revenue_lock_date), february.state), ("2026-02-28", "locked"))
        with self.assertRaisesRegex(UserError, "unlock that first"):
            january.action_unlock()
        with self.assertRaisesRegex(UserError, "closed until"):
            self._close()
        february.action_unlock()
        self.assertEqual(str(self.company.kor_revenue_lock_date), "2026-01-31")
        january.action_unlock()
        self.assertFalse(self.company.kor_revenue_lock_date)

    def test_what_cannot_be_closed_is_refused_in_a_sentence(self):
        close = self._close(post=False)
        with self.assertRaisesRegex(UserError, "begins as a draft"):
            self.env["kor.revenue.close"].create({"date_to": "2026-01-31", "state": "done"})
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            close.state = "done"
        with self.assertRaisesRegex(UserError, "that is posted can be locked"):
            close.action_lock()
        with self.assertRaisesRegex(UserError, "YYYY-MM-DD"):
            self.env["kor.revenue.close"].create({"date_to": "31.12.2025"})
        running = self._close("2026-02-28", post=False)
        running._start()
        with self.assertRaisesRegex(UserError, "still running"):
            close.action_post()
        with self.assertRaisesRegex(UserError, "kept as evidence"):
            running.unlink()
        running._write_engine({"state": "done"})
        self.company.kor_asset_account_id = False
        with self.assertRaisesRegex(UserError, "has no Contract Asset"):
            close.action_post()
        with self.assertRaisesRegex(UserError, "has no Contract Asset"):
            close.action_preview()

    @freeze_time("2026-01-20")
    def test_a_day_that_is_unusual_is_warned_of(self):
        cases = {"2026-01-31": "lies in the future", "2025-12-15": "not the end of a month", "2025-12-31": ""}
        for day, sentence in cases.items():
            with self.subTest(day=day):
                self.assertIn(sentence, self._close(day, post=False).warning or "")
                self.assertEqual(bool(self._close(day, post=False).warning), bool(sentence))

    def test_the_preview_says_what_the_close_books_and_writes_nothing(self):
        ahead = self._make_contract(self.year, **self.annual)
        self._make_contract({**self.year, "timing": "arrears"}, partner_id=self.other_customer.id, **self.annual)
        with freeze_time("2026-01-01"):
            self._bill(ahead, "2026-01-01", "2026-01-31")
        close = self._close("2026-02-28", post=False)
        close.action_preview()
        found = {
            (line.contract_id == ahead, line.kind, str(line.month)): line.balance
            for line in close.line_ids
        }  # fmt: skip
        self.assertEqual(
            found,
            {
                (True, "revenue", "2026-01-01"): 100,
                (True, "revenue", "2026-02-01"): 100,
                (False, "revenue", "2026-01-01"): 100,
                (False, "revenue", "2026-02-01"): 100,
                (False, "asset", "2026-01-01"): 100,
                (False, "asset", "2026-02-01"): 100,
            },
        )
        self.assertEqual((close.state, self._balance(self.income)), ("draft", 0))
        self.assertFalse(self.env["kor.revenue.item"].search([("company_id", "=", self.company.id)]))
        for text in ("To Contract Asset", "Borealis", "January 2026"):
            self.assertIn(text, close.preview_html)
        close.action_post()
        self.assertEqual((close.revenue, self._balance(self.income), self._balance(self.asset)), (400, 400, -200))

    def test_accountants_close_and_administrators_lock(self):
        self._make_contract(self.year, **self.annual)
        close = self._close(post=False).with_user(self.accountant)
        close.action_preview()
        close.action_post()
        self.assertEqual(close.state, "done")
        for name in ("action_lock", "action_lock_without_parked", "action_unlock"):
            with self.subTest(method=name), self.assertRaises(AccessError):
                getattr(close, name)()

    def test_others_neither_read_nor_close(self):
        contract = self._make_contract(self.year, **self.annual)
        close = self._close()
        seller = self._make_user("kor_seller", "kor_contracts.group_kor_contract_officer")
        portal = new_test_user(self.env, "kor_portal_guest", "base.group_portal")
        for user in (self.biller, seller, portal):
            with self.subTest(user=user.login):
                for record in (close, close.item_ids, contract.revenue_schedule_ids, contract.revenue_version_ids):
                    with self.assertRaises(AccessError):
                        record.with_user(user).check_access("read")
                for name in ("action_post", "action_preview", "action_lock", "action_unlock", "action_open_items"):
                    with self.assertRaises(AccessError):
                        getattr(close.with_user(user), name)()
                with self.assertRaises(AccessError):
                    self.env["kor.revenue.close"].with_user(user).create({"date_to": "2026-02-28"})
                with self.assertRaises(AccessError):
                    contract.with_user(user).action_open_revenue_items()
        reader = self._make_user("kor_rev_reader", "kor_revenue.group_kor_revenue_reader")
        self.assertEqual(close.with_user(reader).revenue, 100)
        with self.assertRaises(AccessError):
            close.with_user(reader).action_post()
        with self.assertRaises(AccessError):
            self.env["kor.revenue.close"].with_user(reader).create({"date_to": "2026-02-28"})

    def test_another_company_s_closes_are_not_seen(self):
        close = self._close()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env, "kor_stranger", "base.group_user,kor_revenue.group_kor_revenue_manager",
            company_id=other.id, company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        self.assertFalse(self.env["kor.revenue.close"].with_user(stranger).search([("id", "=", close.id)]))
        with self.assertRaises(AccessError):
            close.with_user(stranger).action_post()
