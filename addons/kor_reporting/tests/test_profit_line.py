from collections import defaultdict

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .report_common import ReportCase

QUARTER = ("2026-01-01", "2026-03-31")
CATEGORIES = ("infrastructure", "support", "development", "sales_marketing", "overhead")
GROUPS = {
    "contract": "contract_id",
    "customer": "partner_id",
    "tier": "tier_id",
    "plan": "plan_id",
    "account_manager": "account_manager_id",
    "country": "country_id",
}


@tagged("post_install", "-at_install")
@freeze_time("2026-07-15 12:00:00")
class TestProfitLine(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Line = cls.env["kor.profit.line"]
        cls.seats = cls._make_product(cls.tax)
        cls.seats.name = "Seats"
        # 60 of base fee, and 40 for four seats.
        cls.mixed = cls._make_contract(
            {"unit_price": 60.0},
            {"name": "Seats", "product_id": cls.seats.id, "charge_type": "per_unit", "metric_id": cls.users.id,
             "quantity": 4, "unit_price": 10.0},
            partner_id=cls.cirrus.id,
        )  # fmt: skip
        with freeze_time("2026-03-31 12:00:00"):
            for contract in cls.first | cls.fourth | cls.mixed:
                contract.generate_invoice(*QUARTER)
                contract.recognize_revenue("2026-03-31")
        # What is invoiced by hand on an income account is revenue at once.
        cls.by_hand = cls.init_invoice("out_invoice", cls.customer, "2026-03-20", amounts=[33.0])
        cls.by_hand.kor_contract_id = cls.first
        cls.by_hand.action_post()
        cls._pool(91, "Hosting", month="2026-02-01").allocate()
        cls._pool(40, "Seat support", category="support", method="seats").allocate()
        cls._pool(7, "Offices", category="overhead").allocate()
        cls.domain = [("company_id", "=", cls.company.id), ("date", ">=", QUARTER[0]), ("date", "<=", QUARTER[1])]

    def _report(self, group_by, **options):
        return self.Report.generate_profitability_report(*QUARTER, {"group_by": group_by, **options})

    def test_lines_add_up_to_the_report(self):
        for group_by, field in GROUPS.items():
            with self.subTest(group_by=group_by):
                rows = {row["id"]: row for row in self._report(group_by)["rows"]}
                groups = self.Line._read_group(self.domain, [field], ["revenue:sum", "cost:sum", "margin:sum"])
                self.assertEqual({key.id or 0 for key, *_sums in groups}, {*rows})
                for key, *sums in groups:
                    row = rows[key.id or 0]
                    for amount, name in zip(sums, ("recognised", "cost", "profit"), strict=True):
                        self.assertAlmostEqual(amount, row[name], 2, name)

    def test_pages_are_those_of_the_whole_list(self):
        for extra in (
            [],
            [("kind", "=", "cost")],
            [("tier_id", "=", self.first.tier_id.id)],
            [("date", "<", "2026-03-31")],
        ):
            domain = [*self.domain, *extra]
            whole = self.Line.search(domain)
            self.assertGreater(len(whole), 3)
            self.assertEqual(whole, whole.sorted(lambda line: (line.date, line.contract_id.id, line.id), reverse=True))
            for size in range(1, len(whole) + 2):
                pages = [self.Line.search(domain, start, size) for start in range(0, len(whole), size)]
                self.assertEqual([line.id for page in pages for line in page], whole.ids, (extra, size))

    def test_a_page_of_the_newest_is_found_by_a_part_of_the_facts(self):
        items = self.env["kor.revenue.item"].search([("company_id", "=", self.company.id), ("date", "=", "2026-03-31")])
        self.assertGreater(len(items.contract_id), 1)
        narrow = self.Line.search([*self.domain, *self.Line._find_newest(1)])
        self.assertEqual(narrow.contract_id, max(items.contract_id, key=lambda one: one.id))
        self.assertEqual(narrow[:1], self.Line.search(self.domain)[:1])
        self.assertFalse(self.Line.search(list(self.Line._find_newest(10**6))))

    def test_costs_by_category_and_all_together(self):
        totals = self._report("month")["totals"]
        found = dict(self.Line._read_group([*self.domain, ("kind", "=", "cost")], ["category"], ["cost:sum"]))
        self.assertEqual({key: totals[key] for key in found}, found)
        self.assertEqual((found["infrastructure"], found["support"], found["overhead"]), (91, 40, 7))
        revenue = sum(self.Line.search([*self.domain, ("kind", "=", "revenue")]).mapped("revenue"))
        self.assertAlmostEqual(revenue, totals["recognised"], 2)

    def test_revenue_stands_on_its_component(self):
        found = dict(
            self.Line._read_group([("contract_id", "=", self.mixed.id), *self.domain], ["product_id"], ["revenue:sum"])
        )
        self.assertEqual((found[self.product], found[self.seats]), (180, 120))

    def test_each_line_opens_what_was_booked(self):
        lines = self.Line.search(self.domain)
        opened = defaultdict(float)
        for line in lines:
            action = line.action_open_origin()
            origin = self.env[action["res_model"]].browse(action["res_id"])
            self.assertTrue(origin.exists())
            opened[action["res_model"]] += line.margin
            if action["res_model"] == "kor.revenue.item":
                self.assertEqual(line.revenue, origin.balance)
            elif action["res_model"] == "kor.cost.allocation":
                self.assertEqual((line.cost, line.category), (origin.amount, origin.category))
        self.assertEqual({*opened}, {"kor.revenue.item", "kor.cost.allocation", "account.move"})
        by_hand = lines.filtered(lambda one: one.origin_id == self.by_hand.id and one.origin_model == "account.move")
        self.assertEqual(sum(by_hand.mapped("revenue")), 33)

    def test_a_draft_invoice_and_what_has_no_contract_are_no_revenue(self):
        before = self.Line.search_count([])
        draft = self.init_invoice("out_invoice", self.customer, "2026-03-20", amounts=[10.0])
        draft.kor_contract_id = self.first
        self.init_invoice("out_invoice", self.customer, "2026-03-20", amounts=[10.0], post=True)
        self.assertEqual(self.Line.search_count([]), before)

    def test_finance_sees_all_managers_their_own_others_nothing(self):
        finance = self._make_user("finance", "base.group_user,kor_reporting.group_kor_reporting_user")
        manager = self._make_user("manager", "base.group_user,kor_account_management.group_kor_account_user")
        self.mixed.account_manager_id = manager
        self.assertEqual(len(self.Line.with_user(finance).search(self.domain)), len(self.Line.search(self.domain)))
        own = self.Line.with_user(manager).search([])
        managed = self.env["kor.contract"].search([("account_manager_id", "=", manager.id)])
        self.assertIn(self.mixed, own.contract_id)
        self.assertLessEqual(own.contract_id, managed)
        cost = own.filtered(lambda one: one.kind == "cost")[:1]
        self.assertEqual(cost.action_open_origin()["res_model"], "kor.cost.allocation")
        item = own.filtered(lambda one: one.origin_model == "kor.revenue.item")[:1]
        with self.assertRaisesRegex(AccessError, "not open to you"):
            item.action_open_origin()
        foreign = self.Line.search([("contract_id", "=", self.first.id)], limit=1)
        with self.assertRaises(AccessError):
            foreign.with_user(manager).action_open_origin()
        for groups in ("base.group_user,kor_contracts.group_kor_contract_user", "base.group_portal"):
            user = self._make_user(groups[-6:], groups)
            with self.subTest(groups=groups), self.assertRaises(AccessError):
                self.Line.with_user(user).search([])

    def _components(self, **options):
        return {row["name"]: row for row in self._report("component", **options)["rows"]}

    def test_components_bear_what_their_metric_causes_and_their_part_of_the_rest(self):
        self.assertEqual(self._report("component")["totals"], self._report("customer")["totals"])
        rows = self._components()
        # All 40 of the pool by seats, and their part of the rest of one contract: 120 of 300.
        shares = dict(self.Allocation._read_group([("contract_id", "=", self.mixed.id)], ["category"], ["amount:sum"]))
        seats = rows[self.seats.display_name]
        self.assertEqual((seats["recognised"], seats["support"]), (120, 40))
        self.assertAlmostEqual(seats["infrastructure"], shares["infrastructure"] * 0.4, delta=0.01)
        self.assertAlmostEqual(seats["overhead"], shares["overhead"] * 0.4, delta=0.01)
        for name in ("recognised", *CATEGORIES, "profit"):
            self.assertAlmostEqual(sum(row[name] for row in rows.values()), self._report("tier")["totals"][name], 2)

    def test_components_make_the_whole_in_another_currency(self):
        whole = self._report("customer", currency="EUR")["totals"]
        self.assertEqual(self._report("component", currency="EUR")["totals"], whole)

    def test_other_reports_refuse_components(self):
        options = {"group_by": "component"}
        for call in ("revenue", "cost", "lifetime_value", "churn"):
            with self.subTest(call=call), self.assertRaisesRegex(UserError, "Only profitability is told by component"):
                getattr(self.Report, f"generate_{call}_report")(*QUARTER, options)
        values = {"report": "profitability", "group_by": "component", "company_id": self.company.id}
        days = {"span": "other", "date_from": QUARTER[0], "date_to": QUARTER[1]}
        request = self.env["kor.report.request"].create({**values, **days})
        self.assertTrue(request.action_show())
        rows = request.result["rows"]
        self.assertIn(("product.product", self.seats.id), [(row["model"], row["id"]) for row in rows])
