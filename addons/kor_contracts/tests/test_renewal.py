from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestRenewal(ContractCase):
    """A renewal is a fact: an applied amendment, a term of its own, and the uplift that was agreed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.index = cls.env["kor.price.index"].create({"name": "CPI"})

    def _add_values(self, *values):
        for month, value in values:
            self.env["kor.price.index.value"].create({"index_id": self.index.id, "month": month, "value": value})

    def _sign(self, *lines, **values):
        values = {"term": "annual", "auto_renew": True, "activate": True, **values}
        return self._create_contract(*(lines or ({},)), **values)

    def test_activation_keeps_the_first_term(self):
        contract = self._sign()
        self.assertRecordValues(
            contract.term_ids,
            [{"number": 1, "kind": "initial", "mrr": 100, "uplift": 0, "date_end": contract.date_end}],
        )

    def test_renewal_is_an_applied_amendment_and_a_term(self):
        seats = {
            "name": "Seats",
            "charge_type": "per_unit",
            "metric_id": self.seats.id,
            "quantity": 5,
            "unit_price": 10,
        }
        contract = self._sign({}, seats, renewal_uplift_kind="percent", renewal_uplift=3.2)
        self._run_cron("2027-01-01 12:00:00")
        amendment = contract.amendment_ids
        self.assertRecordValues(amendment, [{"state": "applied", "is_renewal": True, "mrr_change": 4.8}])
        self.assertEqual(str(amendment.date_effective), "2027-01-01")
        self.assertEqual(sorted(amendment.change_ids.mapped("kind")), ["price", "term"])
        self.assertRecordValues(
            contract.term_ids.sorted("number"),
            [
                {"number": 1, "kind": "initial", "uplift": 0, "mrr": 150, "amendment_id": False},
                {"number": 2, "kind": "renewal", "uplift": 3.2, "mrr": 154.8, "amendment_id": amendment.id},
            ],
        )
        self.assertEqual([str(term.date_end) for term in contract.term_ids], ["2026-12-31", "2027-12-31"])
        self.assertEqual(contract.as_of("2026-12-31")["mrr"], 150)
        self.assertEqual(contract.as_of("2027-01-01")["mrr"], 154.8)

    def test_missed_terms_are_renewed_one_by_one_and_uplifts_compound(self):
        contract = self._sign(renewal_uplift_kind="percent", renewal_uplift=10)
        self._run_cron("2029-02-01 12:00:00")
        self.assertEqual(contract.term_ids.mapped("number"), [1, 2, 3, 4])
        self.assertEqual([round(term.mrr, 2) for term in contract.term_ids], [100, 110, 121, 133.1])

    def test_index_with_floor_and_cap_is_previewed_and_billed(self):
        self._add_values(("2025-11-20", 100), ("2026-11-01", 106.5))
        newest = self.index.value_ids.sorted("month")[-1]
        self.assertEqual(str(newest.month), "2026-11-01")
        self.assertEqual(str(newest.date_published), "2026-12-15")
        contract = self._sign(renewal_uplift_kind="index", price_index_id=self.index.id, index_cap=5)
        self.assertRegex(
            contract.renewal_preview, r"01/01/2027: \+5 % \(CPI 2025-11 to 2026-11: 6.5 %, at least 0 %, at most 5 %"
        )
        self._run_cron("2027-01-01 12:00:00")
        term = contract.term_ids[-1]
        self.assertEqual((term.uplift, term.mrr, str(term.index_month)), (5, 105, "2026-11-01"))
        self.assertIn("6.5 %", term.uplift_note)

    def test_index_from_an_agreed_base_counts_on_from_the_month_reached(self):
        self._add_values(("2025-06-01", 100), ("2026-06-01", 102), ("2026-11-01", 104), ("2027-11-01", 106.6))
        contract = self._sign(
            renewal_uplift_kind="index", price_index_id=self.index.id, index_base_month="2025-06-01", index_floor=-100
        )
        self._run_cron("2027-01-01 12:00:00")
        self._run_cron("2028-01-01 12:00:00")
        self.assertEqual([term.uplift for term in contract.term_ids], [0, 4, 2.5])

    def test_missing_index_holds_the_renewal_with_one_activity_until_it_is_entered(self):
        contract = self._sign(renewal_uplift_kind="index", price_index_id=self.index.id)
        self.assertIn("Nothing of the index", contract.renewal_preview)
        for _time in range(2):
            self._run_cron("2027-01-01 12:00:00")
        self.assertEqual(contract.state, "active")
        self.assertEqual(contract.activity_ids.mapped("summary"), ["The renewal waits"])
        self._add_values(("2025-11-01", 100), ("2026-11-01", 103))
        self._run_cron("2027-01-05 12:00:00")
        self.assertEqual((str(contract.date_end), contract.as_of("2027-01-01")["mrr"]), ("2027-12-31", 103))

    def test_agreed_renewal_waits_for_its_day_and_keeps_the_contract_from_ending(self):
        contract = self._sign(auto_renew=False)
        with freeze_time("2026-11-01"):
            amendment = self.env["kor.contract.amendment"].browse(contract.renew("2027-06-30", 5, "By mail", "Ada"))
        self.assertEqual((amendment.state, contract.renewal_amendment_id), ("agreed", amendment))
        self.assertEqual(str(contract.date_end), "2026-12-31")
        with freeze_time("2026-11-01"), self.assert_refused("renewed already"):
            contract.renew("2027-12-31")
        self._run_cron("2027-01-01 00:00:00")
        self.assertEqual((contract.state, str(contract.date_end)), ("active", "2027-06-30"))
        self.assertEqual(contract.as_of("2027-01-01")["mrr"], 105)
        self.assertRecordValues(contract.term_ids[-1], [{"kind": "renewal", "uplift": 5, "number": 2}])
        self.assertFalse(contract.renewal_amendment_id)

    def test_contract_that_does_not_renew_and_is_not_renewed_ends(self):
        contract = self._sign(auto_renew=False)
        self._run_cron("2027-01-01 12:00:00")
        self.assertEqual((contract.state, len(contract.term_ids)), ("ended", 1))

    def test_wizard_proposes_the_term_and_the_agreed_uplift(self):
        contract = self._sign(
            auto_renew=False, renewal_uplift_kind="percent", renewal_uplift=4, date_start="2026-01-31"
        )
        officer = self._create_user("kor_renewer", "officer")
        with freeze_time("2026-12-01"):
            wizard = Form(
                self.env["kor.contract.renew"].with_user(officer).with_context(default_contract_id=contract.id)
            )
            self.assertEqual((str(wizard.date_end), wizard.uplift, wizard.mrr_after), ("2028-01-30", 4, 104))
            wizard.months = 6
            self.assertEqual(str(wizard.date_end), "2027-07-30")
            wizard.save().action_confirm()
        self.assertEqual(contract.renewal_amendment_id.change_ids.mapped("kind"), ["term", "price"])

    def test_term_that_is_moved_by_an_amendment_is_the_running_one(self):
        contract = self._sign(auto_renew=False)
        with freeze_time("2026-03-01"):
            change = {"kind": "term", "date_end": "2027-03-31"}
            amendment = self.env["kor.contract.amendment"].browse(contract.amend("2026-03-01", [change]))
            amendment.action_agree("Ada")
        self.assertEqual(contract.term_ids.mapped(lambda term: str(term.date_end)), ["2027-03-31"])

    def test_what_cannot_be_renewed_is_refused(self):
        cancelled = self._sign()
        with freeze_time("2026-03-01"):
            cancelled.action_cancel("2026-06-30")
        for contract in (self._create_contract({}, activate=True), self._sign(activate=False), cancelled):
            with self.subTest(contract.state), self.assert_refused("cannot be renewed"):
                contract.renew("2028-12-31")
        with self.assert_refused("has to be later"):
            self._sign().renew("2026-12-31")

    def test_impossible_uplift_is_refused(self):
        cases = [
            ({"renewal_uplift_kind": "index"}, "choose the index"),
            ({"renewal_uplift_kind": "percent", "renewal_uplift": -100}, "above -100"),
            (
                {"renewal_uplift_kind": "index", "price_index_id": self.index.id, "index_floor": 3, "index_cap": 2},
                "below",
            ),
        ]
        for values, sentence in cases:
            with self.subTest(sentence), self.assert_refused(sentence, ValidationError):
                self._create_contract({}, **values)

    def test_only_officers_renew_and_nobody_writes_terms(self):
        contract = self._sign(auto_renew=False)
        reader, officer = self._create_user("kor_term_reader", "user"), self._create_user("kor_term_officer", "officer")
        with self.assertRaises(AccessError):
            contract.with_user(reader).renew("2027-12-31")
        self.assertEqual(contract.with_user(reader).term_ids.mrr, 100)
        with self.assertRaises(AccessError):
            contract.with_user(officer).term_ids.uplift = 9

    def test_customer_reads_the_next_renewal_but_no_index(self):
        self._add_values(("2025-11-01", 100), ("2026-11-01", 104))
        contract = self._sign(renewal_uplift_kind="index", price_index_id=self.index.id)
        portal = self._create_user("kor_renewal_portal", "base.group_portal")
        portal.partner_id.parent_id = self.customer
        self.assertIn("+4 %", contract.with_user(portal).renewal_preview)
        with self.assertRaises(AccessError):
            self.index.with_user(portal).read(["name"])

    def test_preview_says_in_words_what_prices_do(self):
        cases = [
            ({}, "01/01/2027: at the same price"),
            ({"renewal_uplift_kind": "percent", "renewal_uplift": 0}, "01/01/2027: at the same price"),
            ({"renewal_uplift_kind": "percent", "renewal_uplift": 3.5}, "01/01/2027: +3.5 %"),
            ({"renewal_uplift_kind": "percent", "renewal_uplift": -2}, "01/01/2027: -2 %"),
        ]
        for values, text in cases:
            with self.subTest(values):
                self.assertEqual(self._sign(**values).renewal_preview, text)

    def test_term_of_less_than_a_month_is_not_said_to_renew_itself(self):
        short = {"term": "custom", "activate": False}
        for start, end in (("2026-01-10", "2026-01-31"), ("2026-01-31", "2026-02-01")):
            with self.subTest(end), self.assert_refused("less than a month", ValidationError):
                self._sign(date_start=start, date_end=end, **short)
        ending = self._sign(date_start="2026-01-10", date_end="2026-01-31", auto_renew=False, **short)
        self.assertEqual(ending.term_months, 0)
        named = self._sign(date_start="2026-01-10", date_end="2026-01-31", term_months=1, **short)
        month = self._sign(date_start="2026-01-31", date_end="2026-02-27", **short)
        for contract, end in ((named, "2026-02-28"), (month, "2026-03-30")):
            contract.action_activate()
            self._run_cron("2026-02-10 12:00:00" if contract == named else "2026-02-28 12:00:00")
            with self.subTest(end):
                self.assertEqual((contract.state, contract.term_months, str(contract.date_end)), ("active", 1, end))

    def test_line_says_until_when_it_runs(self):
        contract = self._sign(
            {}, {"name": "Pilot", "date_end": "2026-06-30"}, {"name": "Whole", "date_end": "2026-12-31"}
        )
        self.assertEqual(contract.line_ids.mapped("end_note"), ["with the contract", "06/30/2026", "with the contract"])

    def test_other_companies_see_neither_terms_nor_steps(self):
        contract = self._sign(activate=False)
        contract.step_ids = [(0, 0, {"kind": "percent", "percent": 5, "month": 7})]
        contract.action_activate()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        user = self._create_user(
            "kor_elsewhere", "officer", company_id=elsewhere.id, company_ids=[(6, 0, elsewhere.ids)]
        )
        for model in ("kor.contract.term", "kor.contract.step"):
            domain = [("contract_id", "=", contract.id)]
            with self.subTest(model):
                self.assertTrue(self.env[model].search(domain))
                self.assertFalse(self.env[model].with_user(user).search(domain))
