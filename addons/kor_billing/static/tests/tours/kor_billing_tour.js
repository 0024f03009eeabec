import { registry } from "@web/core/registry";

const noDialog = { content: "The dialog is closed", trigger: "body:not(:has(.modal))" };

registry.category("web_tour.tours").add("kor_billing_tour", {
    steps: () => [
        {
            content: "Preview the next invoice",
            trigger: "button[name='action_open_invoice_preview']",
            run: "click",
        },
        {
            content: "The line that would be invoiced",
            trigger: ".modal .kor_invoice_preview td:contains('Base fee')",
        },
        {
            content: "Ask why",
            trigger: ".modal .kor_invoice_preview summary",
            run: "click",
        },
        {
            content: "The reason is shown",
            trigger: ".modal .kor_explanation tr:contains('Billed'):contains('100.00')",
        },
        {
            content: "Close the preview",
            trigger: ".modal footer button:contains('Close')",
            run: "click",
        },
        noDialog,
        {
            content: "Invoice what is due",
            trigger: "button[name='action_open_invoicing']",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name='action_invoice']",
            run: "click",
        },
        noDialog,
        {
            content: "The invoice is open and names its contract",
            trigger: ".o_form_view button[name='action_open_kor_contract']",
        },
        {
            content: "Explain the line",
            trigger: ".o_field_x2many button[name='action_kor_explain']",
            run: "click",
        },
        {
            content: "The table says how the amount came about",
            trigger: ".modal .kor_explanation tr:contains('Billed'):contains('100.00')",
        },
    ],
});
