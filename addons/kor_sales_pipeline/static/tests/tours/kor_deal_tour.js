import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("kor_deal_counter_tour", {
    steps: () => [
        {
            content: "Go from the proposal to its negotiation",
            trigger: "form.kor_negotiate button:contains(Negotiate)",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "It stands at the price of the proposal", trigger: "#kor_counter input[name$=_price_unit]:value(10)" },
        {
            content: "Ask for another price",
            trigger: "#kor_counter tr:contains(Users) input[name$=_price_unit]",
            run: "edit 8",
        },
        {
            content: "Say why",
            trigger: "#kor_counter tr:contains(Users) input[name$=_reason]",
            run: "edit Others ask for less",
        },
        {
            content: "Ask for another uptime",
            trigger: "#kor_uptime",
            run() {
                // Typed key by key, a number field drops “99.” and keeps what follows.
                this.anchor.value = "99.95";
            },
        },
        {
            content: "Send it",
            trigger: "form.kor_counter button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "The seller has it", trigger: ".badge:contains(We look at it)" },
        { content: "It is in the history", trigger: "#kor_history:contains(Others ask for less):contains(Take back)" },
    ],
});

registry.category("web_tour.tours").add("kor_deal_sign_tour", {
    steps: () => [
        { content: "Read the answer", trigger: "#kor_history:contains(In the middle.)" },
        {
            content: "Accept it",
            trigger: "form.kor_accept button:contains(Accept and Sign)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Sign the second version, at its price",
            trigger: "body[is-ready=true] #sale_order_sidebar_button a[data-bs-target='#modalaccept']",
            run: "click",
        },
        { trigger: ".modal .o_web_sign_name_and_signature input", run: "edit Jane Harbour" },
        { trigger: ".modal canvas.o_web_sign_signature", run: "canvasNotEmpty" },
        { trigger: ".modal .o_portal_sign_submit:enabled", run: "click", expectUnloadPage: true },
        { content: "It is signed", trigger: "#quote_content:contains(Thank You)" },
    ],
});
