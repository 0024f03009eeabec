from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command, Date
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestContract(ContractCase):
    def _assert_refused(self, sentence, values, error=UserError):
        before = self.env["kor.contract"].search_count([])
        with self.assert_refused(sentence, error):
            self._create_contract({}, **values)
        self.assertEqual(self.env["kor.contract"].search_count([]), before)

    def test_end_and_months_follow_from_the_term(self):
        cases = [
            ("monthly", "2026-01-31", None, False, 1),
            ("annual", "2026-01-01", None, "2026-12-31", 12),
            ("annual", "2026-01-31", None, "2027-01-30", 12),
            ("annual", "2024-02-29", None, "2025-02-27", 12),
            ("multi_year", "2026-03-15", None, "2029-03-14", 36),
            ("multi_year", "2026-01-01", "2027-12-31", "2027-12-31", 24),
            ("annual", "2026-01-10", "2026-12-31", "2026-12-31", 12),
            ("custom", "2026-01-01", None, False, 0),
            ("custom", "2026-01-01", "2026-06-30", "2026-06-30", 6),
        ]
        for term, start, given, end, months in cases:
            with self.subTest(term=term, start=start, given=given):
                values = {"date_end": given} if given else {}
                contract = self._create_contract({}, term=term, date_start=start, **values)
                self.assertEqual(contract.date_end, end and Date.to_date(end))
                self.assertEqual(contract.term_months, months)

    def test_end_that_was_agreed_stays_when_a_custom_term_starts_later(self):
        contract = self._create_contract({}, term="custom", date_end="2026-06-30")
        contract.date_start = "2026-02-01"
        self.assertEqual(str(contract.date_end), "2026-06-30")
        self.assertEqual(contract.term_months, 5)

    def test_end_of_an_annual_term_follows_the_start_and_goes_with_the_term(self):
        contract = self._create_contract({}, term="annual")
        contract.date_start = "2026-02-01"
        self.assertEqual(str(contract.date_end), "2027-01-31")
        contract.term = "monthly"
        self.assertFalse(contract.date_end)

    def test_notice_counts_back_from_the_end(self):
        contract = self._create_contract({}, term="annual", notice_days=90)
        self.assertEqual(str(contract.date_notice), "2026-10-02")
        contract.term = "monthly"
        self.assertFalse(contract.date_notice)

    def test_billing_day_is_the_day_of_the_start_unless_given(self):
        self.assertEqual(self._create_contract({}, date_start="2026-01-31").anchor_day, 31)
        self.assertEqual(self._create_contract({}, date_start="2026-01-31", anchor_day=15).anchor_day, 15)

    def test_time_zone_is_the_customers_else_the_companys(self):
        company_partner = self.env.company.partner_id
        for own, companys, expected in [
            ("Asia/Tokyo", "Europe/Paris", "Asia/Tokyo"),
            (False, "Europe/Paris", "Europe/Paris"),
            (False, False, "UTC"),
        ]:
            with self.subTest(own=own, companys=companys):
                company_partner.tz = companys
                customer = self._create_customer("Blue Fjord", tz=own)
                self.assertEqual(self._create_contract({}, partner_id=customer.id).tz, expected)

    def test_addresses_payment_terms_and_fiscal_position_are_the_customers(self):
        address = self._create_customer("Accounts", is_company=False, parent_id=self.customer.id, type="invoice")
        terms = self.env["account.payment.term"].create({"name": "In 12 days"})
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        self.customer.write({"property_payment_term_id": terms.id, "property_account_position_id": position.id})
        expected = {
            "partner_invoice_id": address.id,
            "payment_term_id": terms.id,
            "fiscal_position_id": position.id,
        }
        contract = self._create_contract({})
        self.assertRecordValues(contract, [expected])
        contract.partner_id = self._create_customer("Blue Fjord")
        self.assertRecordValues(
            contract,
            [{"partner_invoice_id": contract.partner_id.id, "payment_term_id": False, "fiscal_position_id": False}],
        )

    def test_currency_is_the_companys_where_neither_plan_nor_caller_names_one(self):
        contract = self.env["kor.contract"].create({"partner_id": self.customer.id, "tier_id": self.tier.id})
        self.assertRecordValues(contract, [{"currency_id": self.env.company.currency_id.id, "term": "annual"}])

    def test_lines_that_began_with_the_contract_move_with_its_start(self):
        contract = self._create_contract({}, {"name": "Later", "date_start": "2026-05-01"})
        contract.date_start = "2026-02-01"
        self.assertEqual([str(day) for day in contract.line_ids.mapped("date_start")], ["2026-02-01", "2026-05-01"])

    def test_line_without_a_name_is_called_like_its_product(self):
        contract = self._create_contract({}, line_ids=[Command.create({"product_id": self.product.id})])
        self.assertEqual(contract.line_ids.name, "Test service")

    @freeze_time("2031-05-05 12:00:00")
    def test_number_comes_from_the_sequence_with_the_year_of_today(self):
        first, second = self._create_contract({}), self._create_contract({})
        self.assertRegex(first.name, r"^C2031-\d{5}$")
        self.assertEqual(int(second.name[-5:]), int(first.name[-5:]) + 1)

    def test_company_with_its_own_sequence_numbers_by_itself(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["ir.sequence"].create(
            {"name": "Theirs", "code": "kor.contract", "prefix": "E-", "padding": 3, "company_id": company.id}
        )
        contracts = [self._create_contract({}, company_id=company.id) for _number in range(2)]
        self.assertEqual([contract.name for contract in contracts], ["E-001", "E-002"])
        self.assertRegex(self._create_contract({}).name, r"^C\d{4}-")

    def test_number_is_taken_once_per_company(self):
        self._create_contract({}, name="X-1")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertEqual(self._create_contract({}, name="X-1", company_id=company.id).name, "X-1")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._create_contract({}, name="X-1")

    def test_copy_of_an_active_contract_is_a_draft_of_the_same_terms(self):
        contract = self._create_contract(activate=True, client_order_ref="PO-1")
        contract.action_cancel("2026-12-30")
        copy = contract.copy()
        self.assertRecordValues(
            copy,
            [
                {
                    "state": "draft",
                    "date_activated": False,
                    "date_cancelled": False,
                    "client_order_ref": False,
                    "date_start": contract.date_start,
                    "date_end": contract.date_end,
                    "plan_id": self.plan.id,
                    "feature_ids": contract.feature_ids.ids,
                }
            ],
        )
        self.assertNotEqual(copy.name, contract.name)
        for name in ("line_ids", "discount_ids", "limit_ids", "clause_ids"):
            with self.subTest(name):
                self.assertEqual(len(copy[name]), len(contract[name]))
                self.assertFalse(copy[name] & contract[name])
        self.assertEqual(len(copy.line_ids.price_tier_ids), 2)
        self.assertEqual(copy.line_ids.discount_ids.name, "Pioneer")
        copy.line_ids[0].unit_price = 1
        self.assertEqual(contract.line_ids[0].unit_price, 100)

    def test_only_a_draft_can_be_deleted(self):
        draft = self._create_contract()
        lines = draft.line_ids
        draft.unlink()
        self.assertFalse(lines.exists())
        for state in ("active", "paused", "ended", "cancelled"):
            contract = self._create_contract({})
            contract._write_agreed({"state": state})
            with self.subTest(state), self.assert_refused("kept as evidence"):
                contract.unlink()

    def test_terms_that_cannot_be_are_refused_with_a_sentence(self):
        unused = self.env["res.currency"].create({"name": "TSU", "symbol": "U", "active": False})
        other_tier = self.tier.parent_id
        cases = [
            ("before it starts", {"date_end": "2025-12-31"}),
            ("from 1 to 31", {"anchor_day": 0}),
            ("from 1 to 31", {"anchor_day": 32}),
            ("YYYY-MM-DD", {"date_start": "31.12.2025"}),
            ("YYYY-MM-DD", {"date_start": "2026-02-30"}),
            ("no record with the id 99999", {"company_id": 99999}),
            ("id of a record", {"company_id": "KOR"}),
            ("use one of", {"tz": "Mars/Olympus"}),
            ("must be a number", {"notice_days": "many"}),
            ("must be a whole number", {"notice_days": 1.5}),
            ("must be a whole number", {"notice_days": 10**12}),
            ("a plan, or at least a tier", {"tier_id": False}),
            ("is for the tier Summit", {"plan_id": self.plan.id, "tier_id": other_tier.id}),
            ("is priced in TST", {"plan_id": self.plan.id, "currency_id": self.env.company.currency_id.id}),
            ("not in use", {"currency_id": unused.id}),
            ("created as a draft", {"state": "active"}),
            ("created as a draft", {"date_activated": "2026-01-01 00:00:00"}),
            ("created as a draft", {"date_cancelled": "2026-01-01"}),
            ("no field", {"customer": 1}),
        ]
        for sentence, values in cases:
            with self.subTest(values):
                self._assert_refused(sentence, values)

    def test_lines_that_cannot_be_are_refused_with_a_sentence(self):
        for sentence, line in (
            ("outside the contract", {"date_start": "2025-12-31"}),
            ("before it starts", {"date_end": "2025-12-31"}),
            ("0 or more", {"quantity": -1}),
            ("choose the metric", {"charge_type": "per_unit"}),
        ):
            with self.subTest(line):
                self._assert_refused(sentence, {"line_ids": [self._line(**line)]})

    def test_numbers_out_of_range_are_refused_by_the_database(self):
        for constraint, values in {
            "term_months_not_negative": {"term_months": -1},
            "notice_days_not_negative": {"notice_days": -1},
            "uptime_percent": {"uptime_target": 101},
        }.items():
            with self.subTest(values), mute_logger("odoo.sql_db"):
                self._assert_refused(constraint, values, error=IntegrityError)

    def test_part_of_another_draft_can_be_moved_only_to_a_draft(self):
        source, draft = self._create_contract({}), self._create_contract({})
        agreed = self._create_contract({}, activate=True)
        source.line_ids.contract_id = draft
        self.assertEqual(len(draft.line_ids), 2)
        for part in (draft.line_ids[0], draft.limit_ids[0], draft.clause_ids[0]):
            with self.subTest(part), self.assert_refused("is agreed"):
                part.contract_id = agreed
        draft.discount_ids = [Command.create({"name": "Partner", "value": 10})]
        with self.assert_refused("is agreed"):
            draft.discount_ids.contract_id = agreed

    def test_discount_needs_one_owner(self):
        contract = self._create_contract({})
        with self.assert_refused("exactly one place"):
            contract.discount_ids = [
                Command.create({"name": "Twice", "value": 5, "contract_line_id": contract.line_ids.id})
            ]
