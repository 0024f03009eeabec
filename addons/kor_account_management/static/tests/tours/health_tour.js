import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("kor_account_health", {
    steps: () => [
        {
            content: "The line of ninety days is drawn in the list, red where the score is low",
            trigger: ".o_data_row:has(td:contains('Aurora')) svg.o_kor_sparkline.text-danger",
        },
        {
            content: "The reason stands beside it",
            trigger: ".o_data_row td[name=health_reason]:contains('Use fell by 45 % in four weeks')",
        },
        {
            content: "Open the account",
            trigger: ".o_data_row td[name=partner_id]:contains('Aurora')",
            run: "click",
        },
        {
            content: "The page of health",
            trigger: ".o_notebook .nav-link:contains('Health')",
            run: "click",
        },
        {
            content: "Its parts are told with their reasons",
            trigger: ".kor_health_card tr:contains('Usage trend'):contains('Use fell by 45 % in four weeks')",
        },
        {
            content: "What is not known is said, too",
            trigger: ".kor_health_card tr.text-muted:contains('Payment behaviour'):contains('not known')",
        },
        {
            content: "Measure again",
            trigger: "button[name=action_measure_health]",
            run: "click",
        },
        {
            content: "Open the days",
            trigger: "button[name=action_open_snapshots]",
            run: "click",
        },
        { trigger: ".o_graph_view" },
    ],
});
