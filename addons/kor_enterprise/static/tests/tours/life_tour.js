import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const noDialog = { content: "The dialog is closed", trigger: "body:not(:has(.modal))" };

tours.add("kor_life_propose_tour", {
    steps: () => [
        {
            content: "Make the proposal from the lead",
            trigger: "button[name=action_kor_generate_proposal]",
            run: "click",
        },
        {
            content: "It offers what the plan holds",
            trigger: ".o_field_widget[name=order_line] .o_data_row:contains(Base fee):contains('1,100.00')",
        },
        { content: "Send it", trigger: "button[name=action_quotation_send]", run: "click" },
        {
            content: "The mail is written",
            trigger: ".modal footer button[name=action_send_mail]:enabled",
            run: "click",
        },
        noDialog,
        {
            content: "The proposal is out",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Quotation Sent)",
        },
    ],
});

tours.add("kor_life_sign_off_tour", {
    // As in the account's story, but on one day and without the integration, which Gold does not hold: the first loses
    // its last three steps, the second its way to the page.
    steps: () => [
        ...tours.get("kor_account_story_sign").steps().slice(0, -3),
        ...tours.get("kor_account_story_finish").steps().slice(1),
    ],
});

tours.add("kor_life_bill_tour", {
    steps: () => [
        { content: "Invoice what is due", trigger: "button[name=action_open_invoicing]", run: "click" },
        {
            content: "The first month",
            trigger: ".modal .kor_invoice_preview tr:contains(Base fee):contains('1,000.00')",
        },
        { content: "The set-up", trigger: ".modal .kor_invoice_preview tr:contains(Set-up):contains('600.00')" },
        { content: "Confirm", trigger: ".modal button[name=action_invoice]", run: "click" },
        noDialog,
        {
            content: "The invoice names its contract",
            trigger: ".o_form_view button[name=action_open_kor_contract]",
        },
        { content: "With the tax", trigger: ".o_field_widget[name=tax_totals]:contains('1,840.00')" },
    ],
});

tours.add("kor_life_pay_tour", {
    steps: () => [
        { content: "The money came in", trigger: "button[name=action_register_payment]", run: "click" },
        {
            content: "All of it",
            trigger: ".modal .o_field_widget[name=amount] input:value('1,840.00')",
        },
        { content: "Note it", trigger: ".modal button[name=action_create_payments]", run: "click" },
        noDialog,
        {
            content: "The invoice says so",
            trigger: ".o_form_view .ribbon:contains(Paid), .o_form_view .ribbon:contains(In Payment)",
        },
    ],
});

tours.add("kor_life_close_tour", {
    steps: () => [
        { content: "Preview the close of last month", trigger: "button[name=action_preview]", run: "click" },
        {
            content: "What the customer's month is worth",
            trigger: ".kor_close_preview tr:contains(Harbour):contains('1,655.00')",
        },
        { content: "Post it", trigger: "button[name=action_post]:contains(Post)", run: "click" },
        { content: "Confirm", trigger: ".modal footer button:contains(Post)", run: "click" },
        noDialog,
        {
            content: "It is booked",
            trigger: "button[name=action_open_items]:contains('1,655.00')",
        },
    ],
});

tours.add("kor_life_amend_tour", {
    steps: () => [
        { content: "Amend the contract", trigger: "button[name=action_amend]", run: "click" },
        {
            content: "Add a change",
            trigger: ".o_field_widget[name=change_ids] .o_field_x2many_list_row_add :is(a, button)",
            run: "click",
        },
        {
            content: "Choose the users",
            trigger: ".o_field_widget[name=change_ids] .o_selected_row [name=line_id] input",
            run: "edit Users",
        },
        { trigger: ".o-autocomplete--dropdown-item a:contains(Users)", run: "click" },
        {
            content: "Say how many",
            trigger: ".o_field_widget[name=change_ids] .o_selected_row [name=quantity] input",
            run: "edit 25",
        },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        {
            content: "The preview shows the 25",
            trigger: ".kor_amendment_preview tr.table-warning:contains(25)",
        },
        { content: "Agree", trigger: ".o_form_statusbar button:contains(Agree)", run: "click" },
        { content: "Who agreed", trigger: ".modal [name=agreed_by] input", run: "edit Jane Harbour" },
        { content: "Confirm", trigger: ".modal button[name=action_confirm]", run: "click" },
        {
            content: "It holds from today on",
            trigger: "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains(Applied)",
        },
    ],
});

tours.add("kor_life_renew_tour", {
    steps: () => [
        { content: "Renew the contract", trigger: ".o_form_statusbar button:contains(Renew)", run: "click" },
        { content: "A year more", trigger: ".modal .o_field_widget[name=months] input:value('12')" },
        { content: "For 4 % more", trigger: ".modal .o_field_widget[name=uplift] input", run: "edit 4" },
        { content: "Who agreed", trigger: ".modal .o_field_widget[name=agreed_by] input", run: "edit Jane" },
        {
            content: "The price is known before",
            trigger: ".modal .o_field_widget[name=mrr_after]:contains('1,300.00')",
        },
        { content: "Confirm", trigger: ".modal button[name=action_confirm]", run: "click" },
        noDialog,
        {
            content: "It is renewed, and not once more",
            trigger: ".o_form_view .o_form_statusbar:not(:has(button:contains(Renew)))",
        },
    ],
});
