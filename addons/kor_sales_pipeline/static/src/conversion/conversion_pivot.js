import { registry } from "@web/core/registry";
import { PivotModel } from "@web/views/pivot/pivot_model";
import { pivotView } from "@web/views/pivot/pivot_view";

const STAGES = ["from_stage_id:array_agg_distinct", "to_stage_id:array_agg_distinct"];
const MEANS = ["rate", "days"];

/** Leave the means empty where several pairs of stages come together: they are a mean of nothing. */
class KorConversionPivotModel extends PivotModel {
    _getMeasureSpecs(config) {
        return [...super._getMeasureSpecs(config), ...STAGES];
    }

    _getMeasurements(group, config) {
        const measurements = super._getMeasurements(group, config);
        if (STAGES.some((stages) => group[stages]?.length > 1)) {
            MEANS.forEach((mean) => delete measurements[mean]);
        }
        return measurements;
    }
}

registry.category("views").add("kor_conversion_pivot", { ...pivotView, Model: KorConversionPivotModel });
