{
    "name": "KOR Reporting of Time",
    "version": "19.0.1.0.0",
    "summary": "Timesheets as costs of contracts: time of projects, time on tickets, support minutes",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "images": ["static/description/screen.png"],
    "depends": ["kor_reporting", "hr_timesheet"],
    "data": [
        "security/account_analytic_line_security.xml",
        "views/kor_cost_pool_views.xml",
        "views/kor_cost_pool_template_views.xml",
    ],
    "auto_install": True,
}
