{
    "name": "KOR Integrations",
    "version": "19.0.1.0.0",
    "summary": "How customers are connected: API keys, webhooks, single sign-on, data sync, connectors, infrastructure",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "depends": ["kor_sla", "kor_onboarding", "auth_oauth", "maintenance"],
    "external_dependencies": {"python": ["paramiko", "PyJWT"]},
    "data": [
        "security/kor_integrations_groups.xml",
        "security/ir.model.access.csv",
        "security/kor_integrations_security.xml",
        "views/kor_integration_views.xml",
        "views/kor_integration_log_views.xml",
        "views/kor_integrations_menus.xml",
    ],
}
