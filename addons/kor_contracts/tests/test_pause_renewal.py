from odoo.tests import freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestPauseRenewal(ContractCase):
    """A renewal during a pause raises the prices that hold when the contract goes on."""

    def _sign(self, *lines, **values):
        uplift = {"renewal_uplift_kind": "percent", "renewal_uplift": 10}
        return self._create_contract(
            *(lines or ({},)), activate=True, **{"term": "annual", "auto_renew": True, **uplift, **values}
        )

    def _amend(self, contract, day, *changes, today=False):
        with freeze_time(f"{today or day} 12:00:00"):
            return super()._amend(contract, day, *changes)

    def test_open_pause_over_renewals_goes_on_at_the_raised_price(self):
        contract = self._sign()
        self._amend(contract, "2026-11-01", {"kind": "pause"})
        self._run_cron("2027-01-01", "2028-01-01")
        self.assertEqual((contract.state, str(contract.date_end)), ("paused", "2028-12-31"))
        resume = self._amend(contract, "2028-03-01", {"kind": "resume"})
        self.assertEqual(self._mrr(contract, "2026-10-31", "2028-02-29", "2028-03-01"), [100, 0, 121])
        self.assertEqual(resume.mrr_change, 121)

    def test_pause_with_an_end_goes_on_at_the_raised_price(self):
        contract = self._sign()
        self._amend(contract, "2026-11-01", {"kind": "pause", "date_end": "2027-02-28"})
        self._run_cron("2027-01-01")
        days = ("2026-10-31", "2026-11-01", "2027-02-28", "2027-03-01")
        self.assertEqual(self._mrr(contract, *days), [100, 0, 0, 110])
        self._run_cron("2028-01-01")
        self.assertEqual(self._mrr(contract, "2027-12-31", "2028-01-01"), [110, 121])

    def test_resumed_before_a_renewal_that_was_applied_meanwhile(self):
        contract = self._sign()
        self._amend(contract, "2026-11-01", {"kind": "pause"})
        self._run_cron("2027-01-01")
        self._amend(contract, "2026-12-01", {"kind": "resume"}, today="2027-01-10")
        self.assertEqual(self._mrr(contract, "2026-11-30", "2026-12-01", "2026-12-31", "2027-01-01"),
                         [0, 100, 100, 110])  # fmt: skip

    def test_resumed_within_the_term_keeps_the_price(self):
        contract = self._sign()
        self._amend(contract, "2026-03-01", {"kind": "price", "percent": 50})
        self._amend(contract, "2026-04-01", {"kind": "pause"})
        self._amend(contract, "2026-06-01", {"kind": "resume"})
        self._run_cron("2027-01-01")
        self._amend(contract, "2027-02-01", {"kind": "pause"})
        self._amend(contract, "2027-03-01", {"kind": "resume"})
        self.assertEqual(self._mrr(contract, "2026-06-01", "2027-01-01", "2027-03-01"), [150, 165, 165])

    def test_price_change_of_all_lines_during_the_pause_counts_and_that_of_later_lines_does_not(self):
        contract = self._sign()
        self._amend(contract, "2026-04-01", {"kind": "pause"})
        self._amend(contract, "2026-05-01", {"kind": "price", "percent": 20})
        self._amend(contract, "2026-06-01", {"kind": "resume"})
        self.assertEqual(self._mrr(contract, "2026-06-01"), [120])

    def test_step_with_a_price_of_its_own_holds_after_the_pause(self):
        contract = self._create_contract({}, term="annual", auto_renew=True, renewal_uplift_kind="percent",
                                         renewal_uplift=10)  # fmt: skip
        contract.step_ids = [(0, 0, {"line_id": contract.line_ids.id, "kind": "price", "unit_price": 130, "month": 19})]
        contract.action_activate()
        self._amend(contract, "2026-11-01", {"kind": "pause"})
        self._run_cron("2027-01-01")
        self._amend(contract, "2027-03-01", {"kind": "resume"})
        self.assertEqual(self._mrr(contract, "2027-03-01", "2027-06-30", "2027-07-01"), [110, 110, 130])
