from markupsafe import escape

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import html2plaintext

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestScreens(KorRevenueCommon):
    """What accountants see: sentences with their numbers, balances as in the ledger, forms that can be filled in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.annual = {"term": "annual", "date_start": "2026-01-01"}
        cls.year = {"unit_price": 1200.0, "billing_months": 12}

    def _text(self, html):
        """Return a text as it is read, with plain spaces."""
        text = html2plaintext(html, include_references=False)
        plain = text.replace("*", "").replace("\ufeff", "").replace("\N{NO-BREAK SPACE}", " ")
        return " ".join(plain.split()).replace("$ ", "$").replace(" ;", ";").replace(" ,", ",")

    def _make_bundle(self):
        """Return 12 months of 100, three of them free, and a set-up of 300 at once: 1,200 for what is worth 1,500."""
        contract = self._make_contract(
            {"unit_price": 100.0, "name": "Fee"},
            {"unit_price": 300.0, "name": "Set-up <b>fee</b>", "charge_type": "one_time"},
            activate=False,
            **self.annual,
        )
        self.env["kor.discount"].create(
            {"name": "Free", "kind": "percent", "value": 100, "periods": 3, "contract_line_id": contract.line_ids[0].id}
        )
        contract.action_activate()
        contract._refresh_revenue()
        return contract

    def test_a_schedule_says_why_it_has_its_amount(self):
        fee, setup = self._make_bundle().revenue_schedule_ids.sorted("id")
        self.assertIn(
            "$1,200.00 for what is worth $1,500.00 alone: each 1.00 of standalone value earns 0.80; "
            "this promise is worth $300.00, so $240.00",
            self._text(setup.explanation_html),
        )
        self.assertEqual((setup.amount, fee.amount), (240, 960))
        self.assertEqual(setup.explanation["beside"], 0)

    def test_a_modification_says_what_was_earned_before_and_what_is_left(self):
        # Half of 1,200 is earned by July. 300 more are charged for what is sold for 600 alone: what is left are 900 for
        # 1,200, so 0.75 each, and 450 for either promise.
        contract = self._make_contract({**self.year, "name": "Fee"}, **self.annual)
        product = self._make_product(self.tax)
        product.kor_standalone_price = 100
        added = {"product_id": product.id, "name": "More", "unit_price": 50.0}
        with freeze_time("2026-07-01"):
            self._amend(contract, "2026-07-01", {"kind": "add", **added})
            contract._refresh_revenue()
        fee, more = contract.revenue_schedule_ids.sorted("id")
        share = fee.explanation["versions"][-1]["share"]
        names = ("kept_in_all", "pool", "whole", "own", "factor", "amount", "kept", "total")
        self.assertEqual([share[name] for name in names], [600, 900, 1200, 600, 0.75, 450, 600, 1050])
        self.assertEqual((fee.amount, more.amount), (1050, 450))
        text = self._text(fee.explanation_html)
        self.assertIn("$600.00 of the price of $1,500.00 was earned before", text)
        self.assertIn("each 1.00 of standalone value earns 0.75", text)
        self.assertIn("Prospective", text)

    def test_what_is_sold_at_its_price_stands_alone_and_a_catch_up_starts_anew(self):
        cases = {"separate": (300, 600, [1200, 600]), "catch_up": (1800, 1800, [1200, 600])}
        for treatment, (pool, whole, amounts) in cases.items():
            with self.subTest(treatment=treatment):
                contract = self._make_contract({**self.year, "name": "Fee"}, **self.annual)
                with freeze_time("2026-07-01"):
                    self._amend(
                        contract, "2026-07-01",
                        {"kind": "add", "product_id": self.product.id, "name": "More", "unit_price": 100.0},
                    )  # fmt: skip
                version = contract.revenue_version_ids.sorted("number")[-1]
                if version.treatment != treatment:
                    self.env.cr.execute(
                        "UPDATE kor_revenue_version SET treatment = %s WHERE id = %s", (treatment, version.id)
                    )
                    version.invalidate_recordset()
                contract._mark_revenue_stale()
                contract._refresh_revenue()
                schedules = contract.revenue_schedule_ids.sorted("id")
                self.assertEqual(schedules.mapped("amount"), amounts)
                share = schedules[1].explanation["versions"][-1]["share"]
                self.assertEqual((share["pool"], share["whole"]), (600 if treatment == "separate" else pool, whole))
                self.assertEqual(share["total"], 600)

    def test_what_is_earned_by_progress_is_allocated_before_it_is_kept(self):
        contract = self._make_contract(
            {"unit_price": 1000.0, "name": "Project", "charge_type": "one_time", "revenue_method": "progress"},
            **self.annual,
        )
        contract._refresh_revenue()
        schedule = contract.revenue_schedule_ids
        self.assertEqual((schedule.amount, schedule.remaining), (1000, 1000))
        form = Form(
            self.env["kor.revenue.progress"].with_context(default_schedule_id=schedule.id),
            "kor_revenue.kor_revenue_progress_view_form",
        )
        form.date, form.progress, form.milestone = "2026-01-20", 40, "Accepted"
        form.save()
        contract.recognize_revenue("2026-01-31")
        self.assertEqual((schedule.amount, schedule.recognized, schedule.remaining), (1000, 400, 600))
        self.assertEqual(schedule.explanation["beside"], 0)

    def test_an_item_says_what_it_is_and_escapes_what_people_write(self):
        contract = self._make_bundle()
        contract.recognize_revenue("2026-01-31")
        item = contract.revenue_schedule_ids.item_ids.filtered(lambda one: one.amount == 240)
        self.assertIn("earns $240.00 in January 2026", self._text(item.explanation_html))
        for html in (item.explanation_html, contract.revenue_version_ids.basis_html):
            self.assertIn(escape("Set-up <b>fee</b>"), html)
            self.assertNotIn("<b>fee</b>", html)

    def test_balances_of_contract_and_customer_are_those_of_the_ledger(self):
        for grouping in ("contract", "month"):
            with self.subTest(grouping=grouping), self.cr.savepoint() as savepoint:
                self.company.kor_revenue_grouping = grouping
                ahead = self._make_contract(self.year, **self.annual)
                behind = self._make_contract({**self.year, "timing": "arrears"}, **self.annual)
                with freeze_time("2026-01-01"):
                    self._bill(ahead, "2026-01-01", "2026-01-31")
                (ahead | behind).recognize_revenue("2026-03-31")
                found = [(one.revenue_billed, one.revenue_recognized, one.revenue_ahead, one.revenue_deferred)
                         for one in (ahead, behind)]  # fmt: skip
                self.assertEqual(found, [(1200, 300, 0, 900), (0, 300, 300, 0)])
                self.assertEqual((ahead.revenue_liability, behind.revenue_liability), (900, 0))
                self.customer.invalidate_recordset()
                partner = self.customer.with_company(self.company)
                self.assertEqual(partner.kor_deferred_revenue, self._balance(self.liability))
                action = partner.action_open_kor_deferred_revenue()
                self.assertEqual(self.env["kor.contract"].search(action["domain"]), ahead | behind)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_an_invoice_after_the_close_is_not_deferred_for_what_is_earned(self):
        contract = self._make_contract({**self.year, "timing": "arrears"}, **self.annual)
        contract.recognize_revenue("2026-12-31")
        with freeze_time("2027-01-02"):
            self._bill(contract, "2026-01-01", "2026-12-31")
        # The ledger has both until the next close: 1,200 of liability, and as much of an asset.
        self.assertEqual((contract.revenue_deferred, contract.revenue_ahead, contract.revenue_liability), (0, 0, 1200))
        self.assertEqual((self._balance(self.liability), self._balance(self.asset)), (1200, -1200))
        with freeze_time("2027-01-31"):
            contract.recognize_revenue("2027-01-31")
        contract.invalidate_recordset()
        self.assertEqual(contract.revenue_liability, 0)

    def test_entries_lead_to_what_they_recognise(self):
        contract = self._make_bundle()
        move = self.env["account.move"].browse(contract.recognize_revenue("2026-01-31")["moves"])
        self.assertEqual(move.kor_revenue_item_count, 2)
        action = move.action_open_kor_revenue_items()
        self.assertEqual(self.env["kor.revenue.item"].search(action["domain"]).move_id, move)
        with self.assertRaises(UserError):
            move.with_user(self.biller).action_open_kor_revenue_items()

    def test_forms_open_for_those_who_may_and_for_those_who_may_not(self):
        contract = self._make_bundle()
        contract.recognize_revenue("2026-01-31")
        schedule = contract.revenue_schedule_ids[0]
        records = [contract, schedule, schedule.item_ids, contract.revenue_version_ids, schedule.item_ids.move_id]
        for record in records:
            with self.subTest(model=record._name):
                Form(record)
        for record in (contract, contract.partner_id, contract.line_ids[0]):
            with self.subTest(model=record._name, user="biller"):
                Form(record.with_user(self.biller))
        line = Form(self._make_contract(activate=False).line_ids)
        line.revenue_method, line.standalone_price = "day", 80
        self.assertEqual(line.save().revenue_method, "day")
        product = Form(self.product.product_tmpl_id)
        product.kor_revenue_method = "point"
        self.assertEqual(product.save().kor_revenue_method, "point")
        close = Form(self.env["kor.revenue.close"])
        close.date_to = "2026-02-28"
        self.assertEqual(close.save().display_name, "Close of February 2026")

    def test_settings_make_what_is_missing(self):
        company = self.setup_other_company()["company"]
        self.env.user.write(
            {"company_ids": [(4, company.id)], "group_ids": [(4, self.env.ref("base.group_system").id)]}
        )
        settings = self.env["res.config.settings"].with_company(company)
        form = Form(settings)
        form.kor_revenue_method = "day"
        form.save().action_kor_setup_revenue()
        form.save().set_values()
        self.assertTrue(company._recognizes_kor_revenue())
        self.assertTrue(company.kor_asset_account_id and company.kor_commission_account_id)
        self.assertEqual(company.kor_revenue_method, "day")
