import { EvaluationError, helpers, registries } from "@odoo/o-spreadsheet";
import { _t } from "@web/core/l10n/translation";

const { arg, toJsDate, toNumber, toString } = helpers;

/** The day of a spreadsheet's date, as reports take it. */
function toDay(value, locale) {
    const date = toJsDate(toNumber(value, locale), locale);
    const pad = (number) => String(number).padStart(2, "0");
    return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

// One report answers all of its figures: the answer is kept as long as the spreadsheet is open.
registries.functionRegistry.add("KOR.REPORT", {
    description: _t("Get a figure of a report of KOR, as the report itself shows it."),
    args: [
        arg("report (string)", _t("revenue, cost, profitability, lifetime_value or churn.")),
        arg("measure (string)", _t("The name of the figure, such as mrr_closing.")),
        arg("date_from (date)", _t("The first day.")),
        arg("date_to (date)", _t("The last day.")),
        arg("tier (string, optional)", _t("The number of a tier; without it, all customers.")),
    ],
    category: "Odoo",
    returns: ["NUMBER"],
    compute: function (report, measure, dateFrom, dateTo, tier = { value: "" }) {
        const locale = this.locale;
        const tiers = toString(tier)
            .split(",")
            .map((id) => id.trim())
            .filter(Boolean);
        if (tiers.length > 1) {
            throw new EvaluationError(_t("A figure is of one tier, or of all of them: choose one."));
        }
        const found = this.odooDataProvider.serverData.get(
            "kor.financial.report",
            `generate_${toString(report)}_report`,
            [toDay(dateFrom, locale), toDay(dateTo, locale), { group_by: "tier" }]
        );
        const name = toString(measure);
        const figures = tiers.length
            ? found.rows.find((row) => String(row.id) === tiers[0])
            : found.totals;
        if (!(name in found.measures)) {
            throw new EvaluationError(_t("The report has no figure %s.", name));
        }
        const value = figures?.[name];
        if (value === undefined) {
            throw new EvaluationError(figures?.reasons?.[name] || _t("The report says nothing of this."));
        }
        return { value, format: this.getters.getCompanyCurrencyFormat() };
    },
});
