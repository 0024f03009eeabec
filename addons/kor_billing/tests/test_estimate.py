from lxml import html

from odoo.exceptions import AccessError
from odoo.fields import Command, Date
from odoo.tests import freeze_time, new_test_user, tagged

from .common import KorBillingCommon

AMOUNTS = ("amount", "tax_amount", "total")


@tagged("post_install", "-at_install")
@freeze_time("2026-03-20 12:00:00")
class TestEstimate(KorBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("kor_usage.group_kor_usage_reporter")
        cls.calls = cls.env.ref("kor_enterprise_tiers.metric_api_calls")
        cls.tax.amount = 15

    @classmethod
    def _make_metered(cls, *lines, **values):
        calls = {"name": "API calls", "charge_type": "usage", "metric_id": cls.calls.id, "unit_price": 0.0137,
                 "quantity": 0}  # fmt: skip
        return cls._make_contract({"name": "Base"}, {**calls, "price_model": "standard"}, *lines, **values)

    def _report(self, contract, day, quantity):
        event = {
            "id": f"{contract.id}-{day}",
            "contract": contract.id,
            "metric": "api_calls",
            "time": f"{day}T12:00:00Z",
            "quantity": quantity,
        }
        self.assertEqual(self.env["kor.usage.event"].ingest([event])["accepted"], 1)

    def _assert_is_preview(self, contract, estimate):
        preview = contract.preview_invoice(estimate["date_from"], estimate["date_to"])
        self.assertEqual(estimate["lines"], preview)
        for key in AMOUNTS:
            self.assertEqual(estimate[key], contract.currency_id.round(sum(line[key] for line in preview)))

    def test_estimate_is_the_preview_and_then_the_invoice_to_the_cent(self):
        for rounding in ("round_per_line", "round_globally"):
            for values in ({}, {"date_start": "2026-01-17", "anchor_day": 5}, {"date_start": "2026-01-31"}):
                with self.subTest(rounding=rounding, **values):
                    self.company.tax_calculation_rounding_method = rounding
                    contract = self._make_metered({"name": "Odd", "unit_price": 33.33}, **values)
                    self._report(contract, "2026-02-10", 777)
                    self._report(contract, "2026-03-19", 1234)
                    estimate = contract.estimate_invoice()
                    self.assertGreater(estimate["tax_amount"], 0)
                    self._assert_is_preview(contract, estimate)
                    move = self._bill(contract, estimate["date_from"], estimate["date_to"])
                    self.assertEqual(
                        [estimate[key] for key in AMOUNTS],
                        [move.amount_untaxed, move.amount_tax, move.amount_total],
                    )

    def test_next_run_bills_the_estimate(self):
        contract = self._make_metered()
        contract.generate_invoice("2026-01-01", "2026-03-20")
        self._report(contract, "2026-03-19", 100000)
        estimate = contract.estimate_invoice()
        # March's use, and April's base fee on the same day.
        self.assertEqual((estimate["date_to"], estimate["amount"]), ("2026-04-01", 1470))
        with freeze_time("2026-04-01 12:00:00"):
            run = self.env["kor.billing.run"].create({"company_id": self.company.id, "contract_ids": contract.ids})
            run._start()
            run._work()
        last = contract.invoice_ids.sorted("id")[-1]
        self.assertEqual([estimate[key] for key in AMOUNTS], [last.amount_untaxed, last.amount_tax, last.amount_total])

    def test_use_of_a_line_that_kept_its_billing_day_is_settled_by_that_day(self):
        contract = self._make_metered()
        line = contract.line_ids.filtered(lambda one: one.charge_type == "usage")
        for anchor_day, expected in [(0, "2026-04-01"), (15, "2026-04-15")]:
            line._as_amended().anchor_day = anchor_day
            with self.subTest(anchor_day=anchor_day):
                self.assertEqual(str(contract._get_settling_day(line, Date.to_date("2026-03-20"))), expected)

    def test_running_use_is_in_it_also_where_something_else_is_due_before(self):
        contract = self._make_metered()
        self._report(contract, "2026-03-19", 100)
        lines = contract.estimate_invoice()["lines"]
        running = [line for line in lines if line["date_to"] == "2026-03-31" and line["name"].startswith("API calls")]
        self.assertEqual([line["amount"] for line in running], [1.37])

    def test_dates_follow_the_terms(self):
        fixed = {"name": "Fee", "unit_price": 10}
        usage = {"name": "Calls", "charge_type": "usage", "metric_id": self.calls.id, "unit_price": 1, "quantity": 0}
        for label, lines, values, wanted in (
            ("monthly use", [usage], {}, "2026-04-01"),
            ("quarterly use", [{**usage, "billing_months": 3}], {}, "2026-04-01"),
            (
                "quarterly use from February",
                [{**usage, "billing_months": 3}],
                {"date_start": "2026-02-01"},
                "2026-05-01",
            ),
            ("the use that ends first", [usage, {**usage, "billing_months": 12}], {}, "2026-04-01"),
            ("contract ends before", [usage], {"term": "custom", "date_end": "2026-03-25"}, "2026-03-26"),
            ("line ends before", [{**usage, "date_end": "2026-03-22"}, fixed], {}, "2026-03-23"),
            ("line has ended", [{**usage, "date_end": "2026-02-28"}, fixed], {}, "2026-03-20"),
            ("no use", [fixed], {}, "2026-03-20"),
            ("not begun", [usage], {"date_start": "2026-06-10"}, "2026-07-10"),
            ("over", [usage], {"term": "custom", "date_end": "2026-02-10"}, "2026-02-11"),
        ):
            with self.subTest(label):
                contract = self._make_contract(*lines, **values)
                estimate = contract.estimate_invoice()
                self.assertEqual(estimate["date_to"], wanted)
                self._assert_is_preview(contract, estimate)

    def test_what_is_billed_is_no_longer_estimated(self):
        contract = self._make_contract({"name": "Yearly", "billing_months": 12})
        contract.generate_invoice("2026-01-01", "2026-01-31")
        with freeze_time("2026-12-31 12:00:00"):
            self.assertEqual(contract.estimate_invoice()["date_to"], "2027-01-01")
        self.assertEqual(contract.billing_item_count, 1)

    def test_estimate_writes_nothing(self):
        contract = self._make_metered()
        self.env.flush_all()
        counts = self.env["account.move"].search_count([]), contract.billing_count
        contract.estimate_invoice()
        self.assertEqual((self.env["account.move"].search_count([]), contract.billing_count), counts)
        self.assertFalse(contract.billing_item_ids)

    def test_products_of_many_lines_take_no_more_queries_than_of_one(self):
        products = self.env["product.product"].create([{"name": f"Product {number}"} for number in range(9)])
        lines = [{"name": product.name, "product_id": product.id} for product in products]
        contracts = [self._make_metered(*lines[:number]) for number in (1, 9)]
        counts = []
        for contract in (contracts[0], *contracts):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            contract.estimate_invoice()
            counts.append(self.cr.sql_log_count - before)
        # The first one warms the caches.
        self.assertLessEqual(counts[2], counts[1] + 1)

    def test_only_who_may_read_the_contract_gets_it(self):
        contract, other = self._make_metered(), self._make_metered(partner_id=self.other_customer.id)
        user = new_test_user(self.env, "estimate_own", "base.group_portal", company_id=self.company.id,
                             company_ids=[Command.set(self.company.ids)])  # fmt: skip
        user.partner_id.parent_id = self.customer
        self._report(contract, "2026-03-19", 100)
        wanted = contract.estimate_invoice()
        self.assertEqual(contract.with_user(user).estimate_invoice(), wanted)
        employee = new_test_user(self.env, "estimate_staff", "base.group_user")
        for label, record in (
            ("another customer's", other.with_user(user)),
            ("staff without rights", contract.with_user(employee)),
            ("draft", self._make_contract(activate=False).with_user(user)),
        ):
            with self.subTest(label), self.assertRaises(AccessError):
                record.estimate_invoice()
        with self.assertRaises(AccessError):
            contract.with_user(user).preview_invoice("2026-01-01", "2026-03-31")

    def test_no_reading_is_marked_and_asked_about(self):
        contract = self._make_metered()
        dialog = self.env["kor.contract.invoice"].with_context(
            **contract.action_open_invoice_preview()["context"]
        ).create({})  # fmt: skip
        page = html.fromstring(dialog.preview_html)
        (warning,) = page.xpath("//div[contains(@class, 'kor_unread')]")
        text = " ".join(warning.text_content().split())
        self.assertIn("Nothing was reported for API calls, 03/01/2026 to 03/31/2026.", text)
        self.assertIn("not the same as zero", text)
        self.assertEqual(len(page.xpath("//td/span[contains(., 'No reading yet')]")), 3)

    def test_reported_zero_is_no_missing_reading(self):
        contract = self._make_metered()
        for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
            self._report(contract, day, 0)
        values = contract._get_preview_values(contract.estimate_invoice()["lines"])
        self.assertFalse([line["name"] for line in values["lines"] if line["is_unread"]])
        self.assertNotIn("kor_unread", self.env["ir.qweb"]._render("kor_billing.invoice_preview", values))

    def test_agreed_quantity_needs_no_reading(self):
        contract = self._make_contract(
            {"name": "API calls", "charge_type": "usage", "metric_id": self.calls.id, "unit_price": 1, "quantity": 5}
        )
        shown = contract._prepare_shown_lines(contract.estimate_invoice()["lines"])
        self.assertEqual([(line["is_unread"], line["amount"]) for line in shown], [(False, 5)] * 3)

    def test_line_that_no_line_of_the_contract_charges_is_shown_by_its_own_name(self):
        contract = self._make_contract()
        (line,) = contract.preview_invoice("2026-01-01", "2026-01-31")
        credit = {**line, "line_id": 0, "product_id": 0, "name": "Prepaid credit", "amount": -20, "tax_amount": -3,
                  "total": -23, "explanation": {}}  # fmt: skip
        values = contract._get_preview_values([line, credit])
        text = html.fromstring(self.env["ir.qweb"]._render("kor_billing.invoice_preview", values)).text_content()
        self.assertIn("Prepaid credit", text)
        self.assertEqual(values["totals"], {"amount": 80, "tax_amount": 12, "total": 92})

    def test_preview_of_the_next_invoice_is_the_estimate(self):
        contract = self._make_metered()
        self._report(contract, "2026-03-19", 100)
        context = contract.action_open_invoice_preview()["context"]
        dialog = self.env["kor.contract.invoice"].with_context(**context).create({})
        estimate = contract.estimate_invoice()
        self.assertEqual(str(dialog.date_to), estimate["date_to"])
        cells = html.fromstring(dialog.preview_html).xpath("//tfoot//td")[1:]
        found = [float(cell.text_content().replace("$", "").replace(",", "")) for cell in cells]
        self.assertEqual(found, [estimate[key] for key in AMOUNTS])

    def test_several_contracts_are_refused(self):
        with self.assertRaisesRegex(ValueError, "singleton"):
            (self._make_contract() | self._make_contract()).estimate_invoice()
