from odoo.tests import freeze_time, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestLeaving(KorBillingCommon):
    """What was billed ahead of an end that nobody expected is given back by the next run."""

    def _run(self, day, contract):
        """Bill as the daily job does, and return what that came to without taxes."""
        with freeze_time(f"{day} 12:00:00"):
            before = contract.invoice_ids
            run = self.env["kor.billing.run"].create({"company_id": self.company.id, "date": False})
            run._start()
            while run._work():
                pass
        self.env.flush_all()
        moves = contract.invoice_ids - before
        return sum(moves.mapped("amount_untaxed_signed"))

    def test_contract_that_is_cancelled_before_its_first_day_ends_with_nothing_billed(self):
        with freeze_time("2025-11-20 12:00:00"):
            contract = self._make_contract({}, {"name": "Set-up", "charge_type": "one_time", "unit_price": 500})
            ahead = self._bill(contract, "2026-01-01", "2026-03-31")
        self.assertEqual(ahead.amount_untaxed, 800)
        with freeze_time("2025-11-25 12:00:00"):
            contract.action_cancel("2025-11-25")
        self.assertEqual(contract.state, "cancelled")
        self.assertEqual(self._run("2025-11-26", contract), -800)
        self.assertEqual(self._run("2025-11-27", contract), 0)
        self.assertEqual(self._run("2026-02-01", contract), 0)
        self.assertFalse(contract.next_billing_date)

    def test_contract_that_is_cancelled_before_its_first_day_is_never_billed(self):
        with freeze_time("2025-11-20 12:00:00"):
            contract = self._make_contract()
            contract.action_cancel()
        for day in ("2025-11-20", "2026-01-01", "2026-03-01"):
            self.assertEqual(self._run(day, contract), 0)
        with self.assertRaisesRegex(Exception, "on no day"):
            contract.generate_invoice("2026-01-01", "2026-01-31")

    def test_months_billed_ahead_are_given_back_at_once_and_the_last_part_with_the_end(self):
        with freeze_time("2026-01-10 12:00:00"):
            contract = self._make_contract()
            self.assertEqual(self._bill(contract, "2026-01-01", "2026-06-30").amount_untaxed, 600)
        with freeze_time("2026-01-20 12:00:00"):
            contract.action_cancel("2026-04-15")
        # May and June; half of April is looked at when it has begun.
        self.assertEqual(self._run("2026-01-21", contract), -200)
        self.assertEqual(self._run("2026-03-01", contract), 0)
        with freeze_time("2026-04-16 12:00:00"):
            self.env["kor.contract"]._cron_update_states()
        self.assertEqual(self._run("2026-04-16", contract), -50)
        self.assertEqual(self._run("2026-04-17", contract), 0)
        self.assertEqual(sum(contract.invoice_ids.mapped("amount_untaxed_signed")), 350)

    def test_pause_over_a_renewal_is_billed_at_the_raised_price(self):
        with freeze_time("2026-01-01"):
            contract = self._make_contract(
                term="annual", auto_renew=True, renewal_uplift_kind="percent", renewal_uplift=10
            )
        with freeze_time("2026-12-01"):
            self._amend(contract, "2026-12-01", {"kind": "pause"})
        with freeze_time("2027-01-01 12:00:00"):
            self.env["kor.contract"]._cron_update_states()
        with freeze_time("2027-02-01"):
            self._amend(contract, "2027-02-01", {"kind": "resume"})
        self.assertEqual(self._run("2027-03-01", contract), 1100 + 2 * 110)

    def test_step_beyond_the_end_is_billed_when_the_term_is_there(self):
        with freeze_time("2026-01-01"):
            contract = self._make_contract(term="annual", auto_renew=True, activate=False)
            step = {"line_id": contract.line_ids.id, "kind": "price", "unit_price": 130, "month": 13}
            contract.step_ids = [(0, 0, step)]
            contract.action_activate()
        self.assertEqual(self._run("2026-12-31", contract), 1200)
        # The term has not come yet: nothing of it is billed.
        self.assertEqual(self._run("2027-01-01", contract), 0)
        with freeze_time("2027-01-01 12:00:00"):
            self.env["kor.contract"]._cron_update_states()
        self.assertEqual(self._run("2027-02-01", contract), 260)
