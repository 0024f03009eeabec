import { isLoadingError } from "@spreadsheet/o_spreadsheet/errors";
import { EvaluationError, helpers, registries } from "@odoo/o-spreadsheet";
import { _t } from "@web/core/l10n/translation";

const { arg, toJsDate, toNumber, toString } = helpers;

/** The day of a spreadsheet's date, as reports take it. */
function toDay(value, locale) {
    const date = toJsDate(toNumber(value, locale), locale);
    const pad = (number) => String(number).padStart(2, "0");
    return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** What the report answers; kept as long as the spreadsheet is open, so that one answer serves all its figures. */
function getReport({ locale, odooDataProvider }, report, dateFrom, dateTo) {
    return odooDataProvider.serverData.get(
        "kor.financial.report",
        `generate_${toString(report)}_report`,
        [toDay(dateFrom, locale), toDay(dateTo, locale), { group_by: "tier" }]
    );
}

/** The number of the tier, nothing for all of them. */
function getTier(tiers) {
    const [tier, another] = toString(tiers)
        .split(",")
        .map((id) => id.trim())
        .filter(Boolean);
    if (another) {
        throw new EvaluationError(
            _t("Key figures are of one tier, or of all of them: choose one tier.")
        );
    }
    return tier;
}

const REPORT = arg("report (string)", _t("revenue, cost, profitability, lifetime_value or churn."));
const DAYS = [
    arg("date_from (date)", _t("The first day.")),
    arg("date_to (date)", _t("The last day.")),
    arg("tier (string, optional)", _t("The number of a tier; without it, all customers.")),
];

registries.functionRegistry.add("KOR.REPORT", {
    description: _t("Get a figure of a report of KOR, as the report itself shows it."),
    args: [REPORT, arg("measure (string)", _t("Its name, such as mrr_closing.")), ...DAYS],
    category: "Odoo",
    returns: ["NUMBER"],
    compute: function (report, measure, dateFrom, dateTo, tiers = { value: "" }) {
        const tier = getTier(tiers);
        const name = toString(measure);
        const found = getReport(this, report, dateFrom, dateTo);
        if (!(name in found.measures)) {
            throw new EvaluationError(_t("The report has no figure %s.", name));
        }
        const figures = tier ? found.rows.find((row) => String(row.id) === tier) : found.totals;
        if (figures?.[name] === undefined) {
            throw new EvaluationError(figures?.reasons?.[name] || _t("There is nothing to tell."));
        }
        return { value: figures[name], format: this.getters.getCompanyCurrencyFormat() };
    },
});

registries.functionRegistry.add("KOR.REPORT.NOTE", {
    description: _t("Get the sentence by which a report of KOR says why it has no figures."),
    args: [REPORT, ...DAYS],
    category: "Odoo",
    returns: ["STRING"],
    compute: function (report, dateFrom, dateTo, tiers = { value: "" }) {
        try {
            getTier(tiers);
            getReport(this, report, dateFrom, dateTo);
        } catch (error) {
            if (isLoadingError(error)) {
                throw error;
            }
            return error.message;
        }
        return "";
    },
});
