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

/** The number of the tier, nothing for all of them; a report tells no figures of some of them together. */
function getTier(value) {
    const tier = toString(value);
    if (tier && !/^\d+$/.test(tier)) {
        throw new EvaluationError(
            _t("Key figures are of one tier, or of all of them: filter by one tier.")
        );
    }
    return tier;
}

registries.functionRegistry.add("KOR.FILTER.ID", {
    description: _t("Get the number of the record that a filter is set to, or ? where it is not one record."),
    args: [arg("filter (string)", _t("The label of the filter."))],
    category: "Odoo",
    returns: ["STRING"],
    compute: function (label) {
        const filter = this.getters.getGlobalFilterByName(toString(label));
        const chosen = filter && this.getters.getGlobalFilterValue(filter.id);
        if (!chosen) {
            return "";
        }
        const isOne = chosen.operator === "in" && chosen.ids?.length === 1;
        return isOne ? String(chosen.ids[0]) : "?";
    },
});

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
    compute: function (report, measure, dateFrom, dateTo, only = { value: "" }) {
        const tier = getTier(only);
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
    compute: function (report, dateFrom, dateTo, only = { value: "" }) {
        try {
            getTier(only);
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
