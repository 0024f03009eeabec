import json
import re
from itertools import chain

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import file_open

from odoo.addons.spreadsheet.utils.validate_data import fields_in_spreadsheet, menus_xml_ids_in_spreadsheet, odoo_charts

from ..dashboards import make

FINANCE = "kor_reporting.group_kor_reporting_user"
MANAGER = "kor_account_management.group_kor_account_user"
SUPPORT = "kor_sla.group_kor_support_user"
GRANTED = {"executive": FINANCE, "revenue": FINANCE, "customers": MANAGER, "support": SUPPORT}
FIGURE = re.compile(r'KOR\.REPORT\("(\w+)","(\w+)"')
LINK = re.compile(r"\[.+\]\(odoo://ir_menu_xml_id/([\w.]+)\)")


@tagged("post_install", "-at_install")
class TestDashboard(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.books = {
            name: cls.env.ref(f"kor_reporting.dashboard_{name}").with_context(bin_size=False) for name in GRANTED
        }
        cls.data = {name: json.loads(book.spreadsheet_data) for name, book in cls.books.items()}
        company = {"company_id": cls.env.company.id, "company_ids": cls.env.company.ids}
        cls.users = {
            group: new_test_user(cls.env, f"dash_{group.partition('.')[0]}", f"base.group_user,{group}", **company)
            for group in {*GRANTED.values(), "kor_contracts.group_kor_contract_user"}
        }

    def test_files_are_what_is_made_of_them(self):
        for name, text in make().items():
            with self.subTest(name=name), file_open(f"kor_reporting/data/files/{name}") as file:
                self.assertEqual(file.read(), text, "Run scripts/make_dashboards.py.")

    def test_each_has_charts_figures_tables_and_filters_that_reach_them(self):
        for name, data in self.data.items():
            with self.subTest(name=name):
                cells = [*data["sheets"][0]["cells"].values()]
                self.assertGreaterEqual(len(odoo_charts(data)), 4)
                self.assertGreaterEqual(len(data["chartOdooMenusReferences"]), 6)
                self.assertGreaterEqual(sum(cell.startswith("[") for cell in cells), 4)
                filters = {one["id"] for one in data["globalFilters"]}
                self.assertLessEqual({"period", "tier"}, filters)
                reached = [
                    source["fieldMatching"]
                    for source in chain(odoo_charts(data), data["pivots"].values(), data["lists"].values())
                ]
                self.assertLessEqual({*chain(*reached)}, filters)
                for key in filters:
                    self.assertGreaterEqual(sum(key in one for one in reached), 2, key)

    def test_every_formula_names_a_source_that_is_there(self):
        for name, data in self.data.items():
            formulas = [cell for sheet in data["sheets"] for cell in sheet["cells"].values() if cell.startswith("=")]
            for formula in formulas:
                with self.subTest(name=name, formula=formula):
                    self.assertFalse("PIVOT.VALUE()" in formula or "None" in formula)
                    for number in re.findall(r"PIVOT(?:\.VALUE)?\((\d+)", formula):
                        self.assertIn(number, data["pivots"])
                    for number, measure in re.findall(r'PIVOT\.VALUE\((\d+),"(\w+)"', formula):
                        self.assertIn(measure, [one["id"] for one in data["pivots"][number]["measures"]])
                    for number, field in re.findall(r'ODOO\.LIST\((\d+),\d+,"(\w+)"', formula):
                        self.assertIn(field, data["lists"][number]["columns"])
            shown = {one["data"]["keyValue"] for one in data["sheets"][0]["figures"] if "keyValue" in one["data"]}
            self.assertLessEqual({one.removeprefix("Data!") for one in shown}, {*data["sheets"][1]["cells"]})

    def test_every_model_field_group_and_measure_is_there(self):
        for name, data in self.data.items():
            for model, field_chains in fields_in_spreadsheet(data).items():
                for one in field_chains:
                    with self.subTest(name=name, model=model, field=one):
                        self._check_chain(model, one)
            for source in chain(odoo_charts(data), data["pivots"].values(), data["lists"].values()):
                model = source.get("model") or source["metaData"]["resModel"]
                for matching in source["fieldMatching"].values():
                    with self.subTest(name=name, model=model, matching=matching):
                        self.assertEqual(self._check_chain(model, matching["chain"]).type, matching["type"])

    def _check_chain(self, model, fields):
        model = self.env[model]
        for name in fields.split("."):
            name = name.partition(":")[0]
            self.assertIn(name, model._fields)
            field = model._fields[name]
            if field.comodel_name:
                model = self.env[field.comodel_name]
        return field

    def test_charts_by_meaning_have_a_colour_for_each_group(self):
        painted = [chart for data in self.data.values() for chart in odoo_charts(data) if "colors" in chart["metaData"]]
        self.assertEqual(len(painted), 7)
        for chart in painted:
            metadata = chart["metaData"]
            field = metadata["colors"]["field"]
            with self.subTest(chart=chart["title"]["text"]):
                self.assertEqual(metadata["groupBy"][-1], field)
                values = self.env[metadata["resModel"]]._fields[field].get_values(self.env)
                self.assertEqual({*metadata["colors"]["values"]}, {*values})

    def test_credit_notes_are_not_overdue(self):
        kinds = [
            term[2]
            for source in chain(self.data["revenue"]["pivots"].values(), self.data["revenue"]["lists"].values())
            for term in source["domain"]
            if term[0] == "move_type"
        ]
        self.assertEqual(kinds, ["out_invoice"] * 3)

    def test_whom_it_is_for_reads_every_source(self):
        for name, data in self.data.items():
            env = self.env(user=self.users[GRANTED[name]])
            for pivot in data["pivots"].values():
                groups = [_get_spec(one) for one in (*pivot["rows"], *pivot["columns"])]
                measures = [_get_aggregate(env, pivot["model"], one["fieldName"]) for one in pivot["measures"]]
                with self.subTest(name=name, pivot=pivot["id"]):
                    env[pivot["model"]].formatted_read_group(pivot["domain"], groups, measures)
            for chart in odoo_charts(data):
                model, measure = chart["metaData"]["resModel"], chart["metaData"]["measure"]
                with self.subTest(name=name, chart=chart["title"]["text"]):
                    env[model].formatted_read_group(
                        chart["searchParams"]["domain"],
                        chart["metaData"]["groupBy"],
                        [_get_aggregate(env, model, measure)],
                    )
                    action = self.env.ref(chart["actionXmlId"])
                    self.assertEqual(action.res_model, model)
            for one in data["lists"].values():
                order = ",".join(f"{part['name']} {'ASC' if part['asc'] else 'DESC'}" for part in one["orderBy"])
                with self.subTest(name=name, list=one["name"]):
                    env[one["model"]].search(one["domain"], order=order, limit=10).read(one["columns"])

    def test_whom_it_is_for_finds_every_menu(self):
        for name, data in self.data.items():
            visible = self.env["ir.ui.menu"].with_user(self.users[GRANTED[name]])._visible_menu_ids()
            cells = [cell for sheet in data["sheets"] for cell in sheet["cells"].values()]
            links = {match[1] for cell in cells if (match := LINK.match(cell))}
            for xml_id in menus_xml_ids_in_spreadsheet(data) | links:
                with self.subTest(name=name, menu=xml_id):
                    menu = self.env.ref(xml_id)
                    self.assertTrue(menu.action)
                    self.assertIn(menu.id, visible)

    def test_figures_are_those_of_the_reports(self):
        reports = self.env["kor.financial.report"].with_user(self.users[FINANCE])
        answers = {}
        for name, data in self.data.items():
            found = {match for cell in data["sheets"][1]["cells"].values() for match in FIGURE.findall(cell)}
            self.assertEqual(bool(found), GRANTED[name] == FINANCE)
            for report, measure in found:
                with self.subTest(name=name, report=report, measure=measure):
                    if report not in answers:
                        call = getattr(reports, f"generate_{report}_report")
                        answers[report] = call("2026-01-01", "2026-06-30", {"group_by": "tier"})
                    self.assertIn(measure, answers[report]["measures"])

    def test_nobody_else_sees_it(self):
        for user_group, user in self.users.items():
            seen = (
                self.env["spreadsheet.dashboard"]
                .with_user(user)
                .search([("id", "in", [book.id for book in self.books.values()])])
            )
            self.assertEqual(
                {*seen.ids}, {self.books[name].id for name, group in GRANTED.items() if group == user_group}, user_group
            )
        portal = new_test_user(self.env, "dash_portal", "base.group_portal")
        with self.assertRaises(AccessError):
            self.books["executive"].with_user(portal).read(["name"])
        for user_group, user in self.users.items():
            if user_group not in (FINANCE, MANAGER):
                with self.assertRaises(AccessError):
                    self.books["executive"].with_user(user).read(["spreadsheet_data"])


def _get_spec(dimension):
    return ":".join(filter(None, (dimension["fieldName"], dimension.get("granularity"))))


def _get_aggregate(env, model, measure):
    return measure if measure == "__count" else f"{measure}:{env[model]._fields[measure].aggregator}"
