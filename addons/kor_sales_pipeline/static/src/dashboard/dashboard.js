import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatDate, deserializeDate, serializeDate } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatMonetary } from "@web/views/fields/formatters";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const { DateTime } = luxon;

/** Show the figures of a pipeline for a period; every number opens the opportunities behind it. */
export class KorSalesDashboard extends Component {
    static template = "kor_sales_pipeline.Dashboard";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ period: "year", teamId: false, data: null });
        this.periods = {
            month: _t("This month"),
            quarter: _t("This quarter"),
            year: _t("Last 12 months"),
            all: _t("All time"),
        };
        this.display = { controlPanel: {} };
        onWillStart(() => this.load());
    }

    get range() {
        const today = DateTime.local();
        const starts = {
            month: today.startOf("month"),
            quarter: today.startOf("quarter"),
            year: today.minus({ months: 11 }).startOf("month"),
            all: DateTime.local(2000, 1, 1),
        };
        return [serializeDate(starts[this.state.period]), serializeDate(today)];
    }

    async load() {
        const ids = this.state.teamId ? [this.state.teamId] : [];
        this.state.data = await this.orm.call("crm.team", "kor_dashboard", [ids, ...this.range]);
        this.state.teamId = this.state.data.team_id;
    }

    setPeriod(period) {
        this.state.period = period;
        return this.load();
    }

    setTeam(event) {
        this.state.teamId = parseInt(event.target.value);
        return this.load();
    }

    format(value, kind) {
        if (kind === "money") {
            return formatMonetary(value, { currencyId: this.state.data.currency_id, digits: [16, 0] });
        }
        const whole = Number.isInteger(value) && !["percent", "days"].includes(kind);
        const text = formatFloat(value, { digits: [16, whole ? 0 : 1] });
        return kind === "percent" ? `${text} %` : text;
    }

    formatDay(day) {
        return formatDate(deserializeDate(day));
    }

    monthName(month) {
        const names = { undated: _t("No date"), overdue: _t("Overdue") };
        return names[month] || formatDate(deserializeDate(`${month}-01`), { format: "LLL yyyy" });
    }

    /** Return the stages with the share that reaches the next one. */
    get stages() {
        const { stages, conversions, standing } = this.state.data;
        return stages.map((stage, index) => {
            const next = stages[index + 1];
            const step = next && conversions.find((one) => one.from === stage.key && one.to === next.key);
            return { ...stage, ...(standing[stage.id] || { deals: 0, value: 0, arr: 0 }), step };
        });
    }

    conversionOf(from, to) {
        return this.state.data.conversions.find((one) => one.from === from && one.to === to);
    }

    get highestForecast() {
        return Math.max(1, ...this.state.data.forecast.months.map((month) => month.value));
    }

    open(name, domain) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: "crm.lead",
            domain,
            context: { active_test: false },
            views: [
                [false, "list"],
                [false, "pivot"],
                [false, "form"],
            ],
        });
    }

    openStage(stage) {
        const team = ["team_id", "=", this.state.data.team_id];
        return this.open(stage.name, [team, ["stage_id", "=", stage.id], ["won_status", "=", "pending"]]);
    }

    openMonth(month) {
        const open = [["team_id", "=", this.state.data.team_id], ["won_status", "=", "pending"]];
        const name = this.monthName(month);
        const today = DateTime.local();
        if (month === "undated") {
            return this.open(name, [...open, ["date_deadline", "=", false]]);
        }
        if (month === "overdue") {
            return this.open(name, [...open, ["date_deadline", "<", serializeDate(today)]]);
        }
        const first = deserializeDate(`${month}-01`);
        return this.open(name, [
            ...open,
            ["date_deadline", ">=", serializeDate(DateTime.max(first, today))],
            ["date_deadline", "<", serializeDate(first.plus({ months: 1 }))],
        ]);
    }

    openReport(xmlId) {
        return this.action.doAction(xmlId);
    }
}

registry.category("actions").add("kor_sales_pipeline.dashboard", KorSalesDashboard);
