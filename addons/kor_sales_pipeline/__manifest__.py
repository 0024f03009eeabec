{
    "name": "KOR Sales Pipeline",
    "version": "19.0.1.0.0",
    "summary": "From lead to signed contract: pipeline, proposals, negotiation, signature",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "depends": ["kor_contracts", "sale_crm", "sale_management"],
    "data": [
        "security/kor_sales_pipeline_groups.xml",
        "security/ir.model.access.csv",
    ],
}
