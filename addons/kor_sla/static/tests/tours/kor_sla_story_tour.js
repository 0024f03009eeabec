import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("kor_sla_ticket_tour", {
    steps: () => [
        { content: "See the tickets", trigger: ".o_portal_docs a[href='/my/tickets']", run: "click", expectUnloadPage: true },
        { content: "There is none", trigger: ".alert:contains(No ticket is open)" },
        { content: "Open one", trigger: "a.kor_ticket_open", run: "click", expectUnloadPage: true },
        { trigger: "#kor_ticket_name", run: "edit Nobody can log in" },
        { trigger: "#kor_ticket_priority", run: "selectByLabel Urgent" },
        { trigger: "#kor_ticket_description", run: "edit Since eight this morning" },
        { trigger: ".kor_ticket_new button[type=submit]", run: "click", expectUnloadPage: true },
        { content: "It says what is promised", trigger: ".kor_ticket_promises tr:contains(First response):contains(1 h)" },
        { trigger: ".kor_ticket_promises tr:contains(Resolution):contains(8 h)" },
    ],
});

tours.add("kor_sla_answer_tour", {
    steps: () => [
        {
            content: "The ticket is overdue",
            trigger: ".o_data_row:contains(Nobody can log in):contains(Overdue) td[name=name]",
            run: "click",
        },
        { content: "It says so", trigger: ".o_form_view .alert-danger:contains(A promised time is over)" },
        { content: "Who was told is in its log", trigger: ".nav-link:contains(Service Level)", run: "click" },
        { trigger: ".o_field_widget[name=sla_escalation_ids] .o_data_row:contains(100):contains(Head of Support)" },
        { content: "Answer the customer", trigger: ".o-mail-Chatter-sendMessage", run: "click" },
        { trigger: ".o-mail-Composer-input", run: "edit The certificate is renewed" },
        { trigger: ".o-mail-Composer-send:enabled", run: "click" },
        { trigger: ".o-mail-Message:contains(The certificate is renewed)" },
        { content: "Resolve it", trigger: "button[name=resolve_ticket]", run: "click" },
        { content: "It can be opened again", trigger: "button[name=reopen_ticket]" },
        {
            content: "The answer was late",
            trigger: ".o_field_widget[name=sla_clock_ids] .o_data_row:contains(First response):contains(Breached)",
        },
        { trigger: ".o_field_widget[name=sla_clock_ids] .o_data_row:contains(Resolution):contains(Met)" },
    ],
});

const approve = (kind) => [
    { content: "Open a credit", trigger: `.o_data_row:contains(${kind}) td[name=contract_id]`, run: "click" },
    { content: "It says why", trigger: ".o_field_widget[name=explanation_html]:contains(Base fee)" },
    { content: "Approve it", trigger: "button[name=action_approve]", run: "click" },
    { trigger: ".o_field_widget[name=approved_by_id]:contains(Head of Support)" },
    { content: "Back", trigger: ".o_breadcrumb .o_back_button a, .breadcrumb-item.o_back_button a", run: "click" },
    { content: "It waits no more", trigger: `.o_list_view .o_data_row:contains(${kind}):contains(Approved)` },
];

tours.add("kor_sla_approve_tour", {
    steps: () => [
        { content: "Two credits wait for somebody", trigger: ".o_list_view .o_data_row:contains(Late response)" },
        ...approve("Uptime"),
        ...approve("Late response"),
    ],
});

tours.add("kor_sla_why_tour", {
    steps: () => [
        { content: "Home, the reports", trigger: ".o_portal_docs a[href='/my/sla-reports']", run: "click", expectUnloadPage: true },
        { trigger: "tr:contains(99.884259 %):contains(2 missed) a:contains(April 2026)", run: "click", expectUnloadPage: true },
        { content: "What was missed", trigger: ".kor_sla_report_portal:contains(2 of 3 targets were missed)" },
        { trigger: "table.targets tr:contains(99.9 %):contains(99.884259 %):contains(Missed)" },
        { content: "The band", trigger: ".kor_sla_report_portal:contains(the credit is 10 %)" },
        { content: "The fee", trigger: ".kor_sla_report_portal tr:contains(Base fee):contains(1,000.00)" },
        { content: "The outage", trigger: ".kor_sla_report_portal li:contains(Platform is not available):contains(50 min)" },
        { content: "The ticket", trigger: ".kor_sla_report_portal li:contains(Nobody can log in)" },
        {
            content: "The credit and its note",
            trigger: ".kor_sla_credits tr:contains(Uptime):contains(100.00):contains(given) a:contains(RINV)",
        },
        {
            trigger: ".kor_sla_credits tr:contains(Late response):contains(50.00):contains(given) a:contains(RINV)",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "The credit note", trigger: "#portal_invoice, .o_portal_invoice_sidebar, .o_portal_sidebar" },
    ],
});

tours.add("kor_sla_status_tour", {
    steps: () => [
        { trigger: ".kor_status:contains(Operational)" },
        { content: "The incident", trigger: ".kor_status:contains(Platform is not available)" },
        { content: "The credits", trigger: ".kor_status .kor_sla_credits tr:contains(April 2026):contains(100.00) a:contains(RINV)" },
    ],
});
