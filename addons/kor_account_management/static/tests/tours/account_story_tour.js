import { registry } from "@web/core/registry";

const onboarding = {
    content: "Go to the onboarding",
    trigger: "a[href='/my/onboarding']",
    run: "click",
    expectUnloadPage: true,
};

const tickOff = (task) => [
    {
        content: `Tick off: ${task}`,
        trigger: `.kor_customer_task:contains('${task}') .kor_task_done button`,
        run: "click",
        expectUnloadPage: true,
    },
    { content: "It is done", trigger: `.kor_customer_task:contains('${task}') .fa-check-square-o` },
];

const signOff = (step) => [
    {
        content: `Sign: ${step}`,
        trigger: `section.card:contains('${step}') .kor_step_sign .o_web_sign_auto_button`,
        run: "click",
    },
    {
        content: "Send",
        trigger: `section.card:contains('${step}') .kor_step_sign button.o_portal_sign_submit:not([disabled])`,
        run: "click",
        expectUnloadPage: true,
    },
    { content: "It is signed", trigger: `section.card:contains('${step}'):contains('Signed off by')` },
];

registry.category("web_tour.tours").add("kor_account_story_tick", {
    steps: () => [
        onboarding,
        { content: "The plan asks for something", trigger: ".lead:contains('Something waits for you')" },
        ...tickOff("Agree on the plan"),
        ...tickOff("Send us the list of your users"),
    ],
});

registry.category("web_tour.tours").add("kor_account_story_sign", {
    steps: () => [
        onboarding,
        ...signOff("Account setup"),
        ...signOff("Initial configuration"),
        ...signOff("Training"),
        ...signOff("Integration setup"),
    ],
});

registry.category("web_tour.tours").add("kor_account_story_finish", {
    steps: () => [
        onboarding,
        { content: "The customer reads that it is live", trigger: ".lead:contains('You are live')" },
        ...signOff("Go-live support"),
        { content: "Nothing is left", trigger: ".lead:contains('Everything is done')" },
    ],
});

registry.category("web_tour.tours").add("kor_account_story_risk", {
    steps: () => [
        {
            content: "The list says who is at risk, and why",
            trigger: ".o_data_row:contains('Aurora') td[name=health_band]:contains('At risk')",
        },
        {
            content: "Open the account",
            trigger: ".o_data_row:contains('Aurora') td[name=partner_id]",
            run: "click",
        },
        {
            content: "The signals stand there",
            trigger: ".o_field_widget[name=signal_ids] tr:contains('Health at risk')",
        },
        {
            content: "The playbook gave the manager something to do",
            trigger: ".o-mail-Activity:contains('Call the sponsor')",
        },
        { content: "Read why", trigger: ".o_notebook a[name=health]", run: "click" },
        {
            content: "Use has fallen",
            trigger: ".kor_health_card tr:contains('Usage trend'):contains('Use fell by 50 % in four weeks')",
        },
        {
            content: "Two things are not used any more",
            trigger: ".kor_health_card tr:contains('2 of 4 things bought are used; not used:')",
        },
        {
            content: "What is not known counts neither way",
            trigger: ".kor_health_card tr.text-muted:contains('Payment behaviour'):contains('not known')",
        },
        { content: "What of the renewal?", trigger: ".o_button_more", run: "click" },
        { trigger: ".o-dropdown--menu button[name=action_open_renewals]", run: "click" },
        {
            content: "It stands in the forecast, at risk",
            trigger: ".o_kanban_group:contains('At risk') .o_kanban_record:contains('Aurora'):contains('43')",
        },
    ],
});

registry.category("web_tour.tours").add("kor_account_story_upsell", {
    steps: () => [
        {
            content: "Make an opportunity of the full seats",
            trigger: ".o_data_row:contains('Users: all 20 are taken'):contains('240.00') button[name=action_convert]",
            run: "click",
        },
        {
            content: "It is one, with what it is worth in a year",
            trigger: ".o_form_view .o_field_widget[name=expected_revenue] input:value('240.00')",
        },
    ],
});
