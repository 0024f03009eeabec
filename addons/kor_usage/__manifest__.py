{
    "name": "KOR Usage",
    "version": "19.0.1.0.0",
    "summary": "Metered use of contracts: events counted exactly once, daily rollups, an API for batches",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "depends": ["kor_contracts"],
    "data": [
        "security/kor_usage_groups.xml",
        "security/ir.model.access.csv",
        "security/kor_usage_security.xml",
        "views/kor_usage_rollup_views.xml",
        "views/kor_usage_event_views.xml",
        "views/kor_metric_views.xml",
        "views/kor_contract_views.xml",
        "views/kor_usage_menus.xml",
    ],
}
