import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("kor_onboarding_portal_tour", {
    steps: () => [
        {
            content: "Go to the onboarding",
            trigger: ".o_portal_my_home a[href='/my/onboarding'], .o_portal_docs a[href='/my/onboarding'], a[href='/my/onboarding']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The plan asks for something",
            trigger: ".kor_onboarding_page .lead:contains('Something waits for you')",
        },
        {
            content: "Tick off the own task",
            trigger: ".kor_customer_task:contains('login') .kor_task_done button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is done",
            trigger: ".kor_customer_task:contains('login') .fa-check-square-o",
        },
        {
            content: "Sign the configuration off",
            trigger: ".kor_step_sign .o_web_sign_auto_button",
            run: "click",
        },
        {
            content: "Send",
            trigger: ".kor_step_sign button.o_portal_sign_submit:not([disabled])",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is signed",
            trigger: ".kor_onboarding_page:contains('Signed off by')",
        },
    ],
});

registry.category("web_tour.tours").add("kor_onboarding_staff_tour", {
    steps: () => [
        {
            content: "Look at the plan",
            trigger: "button[name='action_open_onboarding']",
            run: "click",
        },
        {
            content: "What is not bought is left out",
            trigger: ".modal .o_field_widget[name='preview_html']:contains('left out')",
        },
        {
            content: "Start",
            trigger: ".modal button[name='action_start']",
            run: "click",
        },
        {
            content: "The onboarding is there",
            trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains('Not started')",
        },
        {
            content: "Complete the first step",
            trigger: ".o_field_widget[name='step_ids'] tr:contains('Account setup') button[name='action_complete']",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal button.btn-primary",
            run: "click",
        },
        {
            content: "It is on track",
            trigger: ".o_arrow_button_current:contains('On track')",
        },
        {
            content: "See the tasks",
            trigger: ".o_notebook a[name='tasks']",
            run: "click",
        },
        {
            content: "They are in their order",
            trigger: ".o_field_widget[name='task_ids'] tr.o_data_row:contains('workshop')",
        },
    ],
});
