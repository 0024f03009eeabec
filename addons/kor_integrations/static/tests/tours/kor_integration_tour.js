import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("kor_integration_portal_tour", {
    steps: () => [
        {
            content: "Go to the integrations",
            trigger: ".o_portal_docs a[href='/my/integrations']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Make the first one",
            trigger: "a.kor_integration_add",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Choose keys",
            trigger: "a[data-kind='api']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Name it",
            trigger: "#kor_integration_name",
            run: "edit Warehouse",
        },
        {
            content: "Connect",
            trigger: ".kor_integration_new button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It runs, and wants a key",
            trigger: ".kor_integration_page:contains('Active') #kor_key_name",
            run: "edit ERP",
        },
        {
            content: "The key reads invoices",
            trigger: ".kor_key_form input[value='read:invoices']",
            run: "click",
        },
        {
            content: "Issue",
            trigger: ".kor_key_form button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The key is shown",
            trigger: ".kor_key_issued input.kor_key_text",
        },
        {
            content: "Rotate it",
            trigger: ".kor_integration_keys tr:contains('ERP') .kor_key_rotate",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Another one is shown, and the old one is being replaced",
            trigger: ".kor_key_issued:has(.kor_key_text) ~ div .kor_integration_keys tr:contains('Being replaced')",
        },
        {
            content: "Pause",
            trigger: ".kor_do_pause",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is paused, and no key is shown any more",
            trigger: ".kor_integration_page:contains('Paused'):not(:has(.kor_key_issued)) .kor_do_resume",
        },
    ],
});
