import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("kor_amendment_tour", {
    steps: () => [
        {
            content: "Amend the contract",
            trigger: "button[name='action_amend']",
            run: "click",
        },
        {
            content: "Add a change",
            trigger: ".o_field_widget[name='change_ids'] .o_field_x2many_list_row_add button, .o_field_widget[name='change_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Choose the line",
            trigger: ".o_field_widget[name='change_ids'] .o_selected_row [name='line_id'] input",
            run: "edit Seats",
        },
        {
            content: "It is found",
            trigger: ".o-autocomplete--dropdown-item a:contains('Seats')",
            run: "click",
        },
        {
            content: "Say how many",
            trigger: ".o_field_widget[name='change_ids'] .o_selected_row [name='quantity'] input",
            run: "edit 15",
        },
        {
            content: "Only what this kind needs is asked for",
            trigger: ".o_field_widget[name='change_ids'] thead:not(:has(th[data-name='plan_id']))",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The preview shows before and after",
            trigger: ".kor_amendment_preview tr.table-warning:contains('10'):contains('15')",
        },
        {
            content: "Agree",
            trigger: ".o_form_statusbar button:contains('Agree')",
            run: "click",
        },
        {
            content: "Who agreed",
            trigger: ".modal [name='agreed_by'] input",
            run: "edit Ada",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "It is applied, and what it has changed is noted",
            trigger: "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains('Applied')",
        },
        {
            content: "Back to the contract",
            trigger: "button[name='action_open_contract']",
            run: "click",
        },
        {
            content: "Look at the history",
            trigger: ".o_notebook a[name='history']",
            run: "click",
        },
        {
            content: "The line that ended stays readable",
            trigger: ".kor_contract_history tr.text-muted:contains('10')",
        },
    ],
});
