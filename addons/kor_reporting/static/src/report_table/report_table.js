import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Show a report as a table in which each figure leads to the records that it is made of. */
export class KorReportTable extends Component {
    static template = "kor_reporting.ReportTable";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    get table() {
        return this.props.record.data[this.props.name] || null;
    }

    get ages() {
        const most = Math.max(0, ...this.table.cohorts.map((cohort) => cohort.cells.length));
        return [...Array(most).keys()];
    }

    isLinked(row, index) {
        const column = this.table.columns[index];
        return (row.key === "total" ? column.linked_total : column.linked) && !row.cells[index].empty;
    }

    async drill(key, row) {
        const { resModel, resId } = this.props.record;
        this.action.doAction(await this.orm.call(resModel, "action_drill", [[resId], key, row]));
    }

    open(row) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: row.model,
            res_id: row.id,
            views: [[false, "form"]],
        });
    }
}

export const korReportTable = {
    component: KorReportTable,
    displayName: _t("Table of a report"),
    supportedTypes: ["json"],
    isEmpty: () => false,
};

registry.category("fields").add("kor_report_table", korReportTable);
