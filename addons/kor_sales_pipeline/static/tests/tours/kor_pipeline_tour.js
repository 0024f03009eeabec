import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("kor_pipeline_tour", {
    steps: () => [
        {
            content: "The dashboard counts the open deals; open them",
            trigger: "[data-card=open]:contains(Open deals)",
            run: "click",
        },
        { content: "They are listed", trigger: ".o_list_view .o_data_row:contains(Tour of the harbour)" },
        { content: "Back to the dashboard", trigger: ".o_breadcrumb .o_back_button a", run: "click" },
        { content: "Choose another period", trigger: ".o_kor_sales_dashboard button:contains(All time)", run: "click" },
        { trigger: ".o_kor_sales_dashboard button.active:contains(All time)" },
        { content: "See how many went on", trigger: ".o_kor_sales_dashboard a:contains(By month)", run: "click" },
        { content: "There is a share for each stage", trigger: ".o_pivot tbody td:not(.o_empty):contains(0.00)" },
        { content: "None for all stages together", trigger: ".o_pivot tbody tr:first td.o_empty" },
        { trigger: ".o_menu_sections button:contains(Sales)", run: "click" },
        { trigger: ".o-dropdown--menu a:contains(Pipeline)", run: "click" },
        {
            content: "Drag a lead that lacks everything into the proposal stage",
            trigger: ".o_kanban_record:contains(Tour of the harbour)",
            run: "drag_and_drop(.o_kanban_group:contains(Proposal))",
        },
        {
            content: "It is refused with what is still to do",
            trigger: ".modal:contains(Still to do):contains(Choose the customer) .modal-footer button",
            run: "click",
        },
        {
            content: "It stands where it stood",
            trigger: ".o_kanban_group:contains(Lead generation) .o_kanban_record:contains(Tour of the harbour)",
            run: "click",
        },
        { content: "Its checklist says so too", trigger: ".nav-link:contains(Checklist)", run: "click" },
        { trigger: "[name=kor_checklist_html]:contains(Choose the customer.)" },
    ],
});
