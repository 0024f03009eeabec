import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("kor_usage_tour", {
    steps: () => [
        {
            content: "Look at the use",
            trigger: ".o_notebook a[name='usage']",
            run: "click",
        },
        {
            content: "The limit and its bar",
            trigger: ".kor_usage_card li[data-metric='test_sum'] .progress-bar.bg-warning",
        },
        {
            content: "Open it by day",
            trigger: ".o_notebook button[name='action_open_usage']",
            run: "click",
        },
        {
            content: "One metric is chosen, as units do not mix; choose the other one",
            trigger: ".o_search_panel:has(.active:contains('Test max')) header:contains('Test sum')",
            run: "click",
        },
        {
            content: "It is drawn",
            trigger: ".o_search_panel .active:contains('Test sum')",
        },
        { trigger: ".o_graph_view .o_graph_canvas_container canvas" },
        {
            content: "As a pivot",
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            content: "The use of the metric",
            trigger: ".o_pivot table td:contains('90')",
        },
    ],
});
