from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestBadInput(KorBillingCommon):
    """Each bad input gets a sentence, and nothing is written."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.env["kor.plan"].create(
            {
                "name": "Test plan",
                "code": "test_plan",
                "tier_id": cls.tier.id,
                "currency_id": cls.currency.id,
                "term": "monthly",
                "charge_ids": [
                    Command.create({"name": "Base", "product_id": cls.product.id, "unit_price": 10.0, "quantity": 1})
                ],
            }
        )

    def _count(self):
        models = ("kor.contract", "kor.contract.line", "kor.billing.item", "account.move")
        return [self.env[model].search_count([]) for model in models]

    def _assert_refused(self, sentence, function):
        before = self._count()
        # A ValidationError is a UserError; anything else would reach the client as a traceback.
        with self.assertRaisesRegex(UserError, sentence), self.cr.savepoint():
            function()
        self.assertEqual(self._count(), before)

    def test_contracts_that_cannot_be(self):
        euro = self.setup_other_currency("EUR")
        elsewhere = self.setup_other_company()["company"]
        foreigner = self._make_customer("Foreign", company_id=elsewhere.id)
        cases = [
            ("before it starts", {"date_end": "2025-12-31"}),
            ("no record with the id 99999", {"tier_id": 99999, "plan_id": False}),
            ("no record with the id 99999", {"plan_id": 99999}),
            ("is priced in", {"currency_id": euro.id}),
            ("Foreign", {"partner_id": foreigner.id}),
            ("must be a number", {"line_ids": [[0, 0, {"product_id": self.product.id, "unit_price": "ten"}]]}),
            ("must be a number", {"line_ids": [[0, 0, {"product_id": self.product.id, "quantity": [3]}]]}),
            ("must be a number", {"anchor_day": "first"}),
            ("from 1 to 31", {"anchor_day": 32}),
            ("YYYY-MM-DD", {"date_start": "31.12.2025"}),
            ("use one of: monthly", {"term": "weekly"}),
            ("id of a record", {"partner_id": "Aurora"}),
            ("no field", {"customer": 3}),
            ("a plan, or at least a tier", {"plan_id": False}),
            ("created as a draft", {"state": "active"}),
            (
                "outside the contract",
                {"line_ids": [[0, 0, {"product_id": self.product.id, "date_start": "2020-01-01"}]]},
            ),
            ("0 or more", {"line_ids": [[0, 0, {"product_id": self.product.id, "quantity": -1}]]}),
        ]
        values = {"partner_id": self.customer.id, "plan_id": self.plan.id, "date_start": "2026-01-01"}
        for sentence, bad in cases:
            with self.subTest(bad):
                self._assert_refused(sentence, lambda bad=bad: self.env["kor.contract"].create({**values, **bad}))

    def test_periods_that_cannot_be(self):
        contract = self._make_contract(term="custom", date_end="2026-12-31")
        cases = [
            ("outside contract", "2027-01-01", "2027-01-31"),
            ("outside contract", "2025-01-01", "2025-12-31"),
            ("before it starts", "2026-02-01", "2026-01-01"),
            ("YYYY-MM-DD", "2026-02-30", "2026-03-31"),
            ("YYYY-MM-DD", 20260101, "2026-03-31"),
            ("YYYY-MM-DD", "2026-01-01", None),
            ("YYYY-MM-DD", "2026-01-01", "2026-01-31 or so"),
        ]
        for sentence, first, last in cases:
            for method in ("generate_invoice", "preview_invoice"):
                with self.subTest(method=method, first=first, last=last):
                    call = getattr(contract, method)
                    self._assert_refused(sentence, lambda call=call, first=first, last=last: call(first, last))

    def test_draft_is_not_billed(self):
        contract = self._make_contract(activate=False)
        self._assert_refused("Activate it", lambda: contract.generate_invoice("2026-01-01", "2026-01-31"))
        self.assertFalse(contract.next_billing_date)

    def test_draft_that_was_cancelled_is_not_billed(self):
        contract = self._make_contract(activate=False)
        contract.action_cancel()
        self.assertEqual(contract.state, "cancelled")
        self._assert_refused("never activated", lambda: contract.generate_invoice("2026-01-01", "2026-01-31"))
        self.assertFalse(contract.next_billing_date)

    def test_agreed_terms_are_not_edited(self):
        contract = self._make_contract()
        cases = [
            (contract, {"date_start": "2026-02-01"}),
            (contract, {"partner_id": self.other_customer.id}),
            (contract, {"state": "ended"}),
            (contract, {"line_ids": [Command.create(self._make_line_values())]}),
            (contract.line_ids, {"unit_price": 1}),
            (contract.line_ids, {"date_end": "2026-02-01"}),
            (contract.limit_ids[:1], {"quantity": 5}),
        ]
        for record, values in cases:
            with self.subTest(values):
                self._assert_refused("agreed|actions", lambda record=record, values=values: record.write(values))
        self._assert_refused("evidence", contract.unlink)

    def test_contract_without_lines_is_not_activated(self):
        contract = self._make_contract(activate=False)
        contract.line_ids.unlink()
        self._assert_refused("nothing to bill", contract.action_activate)

    def test_negative_prices_and_broken_tiers_are_refused(self):
        tiers = [Command.create({"up_to": 10, "unit_price": 1})]
        cases = [
            {"price_model": "graduated", "price_tier_ids": tiers},
            {"price_model": "stairstep"},
            {"price_model": "package", "package_size": 0},
            {"minimum_amount": -1},
        ]
        for bad in cases:
            with self.subTest(bad), self.assertRaises(ValidationError):
                self._make_contract(bad)
