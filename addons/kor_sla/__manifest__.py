{
    "name": "KOR SLA",
    "version": "19.0.1.0.0",
    "summary": "Service levels: support tickets, outages, compliance, and credits for what was missed",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "depends": ["kor_billing", "project"],
    "data": [
        "security/kor_sla_groups.xml",
        "security/ir.model.access.csv",
        "security/kor_sla_security.xml",
        "views/kor_sla_menus.xml",
    ],
}
