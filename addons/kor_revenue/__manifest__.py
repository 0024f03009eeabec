{
    "name": "KOR Revenue",
    "version": "19.0.1.0.0",
    "summary": "What contracts earn: performance obligations, schedules, contract balances, monthly close",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "depends": ["kor_billing"],
    "data": [
        "security/kor_revenue_groups.xml",
        "security/ir.model.access.csv",
        "security/kor_revenue_security.xml",
    ],
}
