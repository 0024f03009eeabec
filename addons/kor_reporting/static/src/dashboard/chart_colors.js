import { registries } from "@odoo/o-spreadsheet";
import "@spreadsheet/chart/odoo_chart/odoo_bar_chart";
import "@spreadsheet/chart/odoo_chart/odoo_pie_chart";

const { chartRegistry } = registries;

/** The value of a group that stands for a colour, as the records of the group have it. */
function getValue(domain, field) {
    const term = (domain || []).find((one) => Array.isArray(one) && one[0] === field);
    return term && String(term[2]);
}

/**
 * Colour groups by what they mean: Odoo colours them by their place, and what is healthy could be red.
 * A chart says so in `metaData.colors`: {field, values: {value: colour}}.
 */
function paint(chart, { data, options }) {
    const { field, values } = chart.metaData.colors;
    const read = chart.dataSource.getData().datasets;
    for (const [index, dataset] of data.datasets.entries()) {
        const colors = (read[index]?.domains || []).map((domain) => values[getValue(domain, field)]);
        if (chart.type === "odoo_bar") {
            dataset.backgroundColor = colors.find(Boolean) || dataset.backgroundColor;
        } else {
            dataset.backgroundColor = dataset.backgroundColor.map((color, place) => colors[place] || color);
        }
    }
    if (chart.type === "odoo_pie") {
        paintLegend(options.plugins.legend.labels, data.datasets[0]?.backgroundColor || []);
    }
}

function paintLegend(labels, colors) {
    const generateLabels = labels.generateLabels;
    labels.generateLabels = (shown) =>
        generateLabels(shown).map((label, place) => {
            const color = colors[place] || label.fillStyle;
            return { ...label, fillStyle: color, strokeStyle: color };
        });
}

for (const type of ["odoo_bar", "odoo_pie"]) {
    const native = chartRegistry.get(type);
    chartRegistry.replace(type, {
        ...native,
        getChartRuntime(chart, getters) {
            const runtime = native.getChartRuntime(chart, getters);
            if (chart.metaData.colors) {
                paint(chart, runtime.chartJsConfig);
            }
            return runtime;
        },
    });
}
