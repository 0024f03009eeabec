{
    "name": "KOR Reporting",
    "version": "19.0.1.0.0",
    "summary": "What it is worth: costs and their allocation, MRR movements, margins, retention, lifetime value",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "depends": [
        "kor_revenue",
        "kor_integrations",
        "kor_account_management",
        "spreadsheet_dashboard",
        "hr_timesheet",
    ],
}
