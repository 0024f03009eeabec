{
    "name": "KOR Account Management",
    "version": "19.0.1.0.0",
    "summary": "Accounts and their managers: health, renewals, upsell, playbooks",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "depends": ["kor_sla", "kor_sales_pipeline", "survey"],
    "data": [
        "security/kor_account_management_groups.xml",
        "security/ir.model.access.csv",
        "security/kor_account_management_security.xml",
        "views/kor_account_management_menus.xml",
    ],
}
