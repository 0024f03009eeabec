from odoo.tests import HttpCase, tagged

# What a dashboard is made of is worked out in the browser alone: formulas of the suite among those of spreadsheets.
CODE = """
(async () => {
    const get = (name) => odoo.loader.modules.get(name);
    await get("@web/core/assets").loadBundle("spreadsheet.o_spreadsheet");
    const { createSpreadsheetModel, waitForDataLoaded } = get("@spreadsheet/helpers/model");
    const env = odoo.__WOWL_DEBUG__.root.env;
    const refuse = (condition, text) => {
        if (!condition) {
            throw new Error(text);
        }
    };
    for (const [name, id] of Object.entries(%(dashboards)s)) {
        const { snapshot, revisions } = await env.services.http.get(`/spreadsheet/dashboard/data/${id}`);
        const model = createSpreadsheetModel({ env, data: snapshot, revisions });
        const [shown, data] = model.getters.getSheetIds();
        const read = (sheetId, col, row) => model.getters.getEvaluatedCell({ sheetId, col, row });
        await waitForDataLoaded(model);
        for (const sheetId of [shown, data]) {
            for (const cell of Object.values(model.getters.getEvaluatedCells(sheetId))) {
                refuse(cell.type !== "error", `${name}: ${cell.value} ${cell.message}`);
            }
        }
        for (const id of model.getters.getChartIds(shown)) {
            const { metaData } = model.getters.getChartDefinition(id);
            if (!metaData?.colors) {
                continue;
            }
            const { datasets } = model.getters.getChartRuntime(id).chartJsConfig.data;
            const colors = datasets
                .filter((one) => one.data.some(Boolean))
                .flatMap((one) => [one.backgroundColor].flat().slice(0, one.data.length));
            const wanted = Object.values(metaData.colors.values);
            refuse(colors.every((color) => wanted.includes(color)), `${name}: ${id} is coloured ${colors}`);
        }
        if (!snapshot.sheets[1].cells.B8.includes("KOR.REPORT")) {
            continue;
        }
        const [, report, measure] = snapshot.sheets[1].cells.B8.match(/KOR.REPORT\\("(\\w+)","(\\w+)"/);
        const day = (col) => {
            const number = read(data, col, 2).value;
            return new Date(Date.UTC(1899, 11, 30 + number)).toISOString().slice(0, 10);
        };
        const answer = await env.services.orm.call(
            "kor.financial.report", `generate_${report}_report`, [day(1), day(2), { group_by: "tier" }]
        );
        // A dash stands for what is not there yet, too.
        for (let tries = 0; tries < 300 && read(data, 1, 7).value === "–"; tries++) {
            await new Promise((resolve) => setTimeout(resolve, 100));
            model.dispatch("EVALUATE_CELLS");
        }
        const found = read(data, 1, 7).value;
        refuse(found === answer.totals[measure], `${name}: ${measure} is ${found}, not ${answer.totals[measure]}`);
        const value = { operator: "in", ids: %(tiers)s };
        model.dispatch("SET_GLOBAL_FILTER_VALUE", { id: "tier", value });
        await waitForDataLoaded(model);
        refuse(read(data, 1, 7).value === "–", `${name}: a figure of two tiers`);
        refuse(read(data, 7, 1).value.includes("one tier"), `${name}: does not say why`);
    }
    console.log("test successful");
})();
"""


@tagged("post_install", "-at_install")
class TestDashboardPage(HttpCase):
    def test_no_cell_is_an_error_and_figures_are_those_of_the_report(self):
        names = ("executive", "revenue", "customers", "support")
        values = {
            "dashboards": {name: self.env.ref(f"kor_reporting.dashboard_{name}").id for name in names},
            "tiers": self.env["kor.tier"].search([], limit=2).ids,
        }
        self.browser_js(
            "/odoo/action-spreadsheet_dashboard.ir_actions_dashboard_action",
            CODE % values,
            "odoo.isReady === true",
            login="admin",
            timeout=120,
        )
