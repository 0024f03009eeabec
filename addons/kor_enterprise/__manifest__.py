{
    "name": "KOR Enterprise",
    "version": "19.0.1.0.0",
    "summary": "The whole suite, from the lead to the renewal; and a company to try it on",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "depends": ["kor_account_management", "kor_reporting"],
    "demo": [
        "demo/res_company_demo.xml",
        "demo/res_partner_demo.xml",
        "demo/res_users_demo.xml",
        "demo/kor_contract_demo.xml",
        "demo/kor_price_list_contract_demo.xml",
        "demo/kor_ramp_demo.xml",
        "demo/kor_revenue_close_demo.xml",
    ],
    "application": True,
}
