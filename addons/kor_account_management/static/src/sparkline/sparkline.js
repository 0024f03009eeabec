import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const WIDTH = 120;
const HEIGHT = 28;
const MARGIN = 3;
const DAY = 24 * 3600 * 1000;

/** Draw scores from 0 to 100 over the days as a small line; a gap in the days is a gap in the line. */
export class KorSparkline extends Component {
    static template = "kor_account_management.Sparkline";
    static props = {
        ...standardFieldProps,
        days: { type: Number, optional: true },
        low: { type: Number, optional: true },
        high: { type: Number, optional: true },
    };
    static defaultProps = { days: 90, low: 45, high: 70 };

    get width() {
        return WIDTH;
    }

    get height() {
        return HEIGHT;
    }

    get points() {
        const rows = this.props.record.data[this.props.name] || [];
        const today = Date.parse(luxon.DateTime.local().toISODate());
        return rows.map(([day, score]) => {
            const age = (today - Date.parse(day)) / DAY;
            return {
                day,
                score,
                x: MARGIN + (WIDTH - 2 * MARGIN) * Math.max(0, Math.min(1, 1 - age / this.props.days)),
                y: this.level(score),
                time: Date.parse(day),
            };
        });
    }

    level(score) {
        return HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * score) / 100;
    }

    get path() {
        let last = null;
        const steps = [];
        for (const point of this.points) {
            // Some days without a score are bridged; more than a week is not.
            const isNew = !last || point.time - last.time > 7 * DAY;
            steps.push(`${isNew ? "M" : "L"}${point.x.toFixed(1)},${point.y.toFixed(1)}`);
            last = point;
        }
        return steps.join(" ");
    }

    get last() {
        return this.points.at(-1);
    }

    get tone() {
        const score = this.last.score;
        return score >= this.props.high ? "text-success" : score >= this.props.low ? "text-warning" : "text-danger";
    }

    get label() {
        const first = this.points[0];
        return _t("Health from %(from)s to %(to)s in %(days)s days", {
            from: Math.round(first.score),
            to: Math.round(this.last.score),
            days: Math.max(1, Math.round((this.last.time - first.time) / DAY)),
        });
    }
}

export const korSparkline = {
    component: KorSparkline,
    displayName: _t("Sparkline"),
    supportedTypes: ["json"],
    supportedOptions: [
        { label: _t("Days"), name: "days", type: "number" },
        { label: _t("Red below"), name: "low", type: "number" },
        { label: _t("Green from"), name: "high", type: "number" },
    ],
    extractProps: ({ options }) => ({ days: options.days, low: options.low, high: options.high }),
    isEmpty: () => false,
};

registry.category("fields").add("kor_sparkline", korSparkline);
