import { registry } from "@web/core/registry";

const noDialog = { content: "The dialog is closed", trigger: "body:not(:has(.modal))" };

registry.category("web_tour.tours").add("kor_revenue_tour", {
    steps: () => [
        {
            content: "Preview the close of last month",
            trigger: "button[name='action_preview']",
            run: "click",
        },
        {
            content: "What would be booked, by month",
            trigger: ".kor_close_preview th:contains('To Revenue')",
        },
        {
            content: "By customer, too",
            trigger: ".kor_close_preview tr:contains('Aurora'):contains('100.00')",
        },
        {
            content: "Post it",
            trigger: "button[name='action_post']:contains('Post')",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal footer button:contains('Post')",
            run: "click",
        },
        noDialog,
        {
            content: "Open what was recognised",
            trigger: "button[name='action_open_items']",
            run: "click",
        },
        {
            content: "Open the only row",
            trigger: ".o_data_row td:contains('Aurora')",
            run: "click",
        },
        {
            content: "It says why",
            trigger: ".kor_revenue_explanation p:contains('100.00')",
        },
        {
            content: "Three clicks for what a customer's money waits on: the menu",
            trigger: ".o_menu_sections button:contains('Revenue')",
            run: "click",
        },
        {
            content: "its first entry",
            trigger: ".o-dropdown--menu a:contains('Deferred Revenue by Customer')",
            run: "click",
        },
        {
            content: "and the customer's balance stands there",
            trigger: ".o_data_row:contains('Aurora') td[name='revenue_deferred']:contains('1,100.00')",
        },
    ],
});
