import { Component, onMounted, onWillUnmount, xml } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const PAUSE = 2000;

/** Show how far a report is that is made in the background, until it is done. */
export class KorReportProgress extends Component {
    static template = xml`<span class="o_kor_report_progress"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        onMounted(() => {
            this.timer = browser.setInterval(() => this.refresh(), PAUSE);
        });
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    async refresh() {
        if (!this.isLoading && ["waiting", "running"].includes(this.props.record.data.state)) {
            this.isLoading = true;
            try {
                await this.props.record.load();
            } finally {
                this.isLoading = false;
            }
        }
    }
}

registry.category("view_widgets").add("kor_report_progress", { component: KorReportProgress });
