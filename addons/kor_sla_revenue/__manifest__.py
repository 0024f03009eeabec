{
    "name": "KOR SLA and Revenue",
    "version": "19.0.1.0.0",
    "summary": "Credits for missed service levels lower revenue in the month of the failure",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "images": ["static/description/screen.png"],
    "depends": ["kor_revenue", "kor_sla"],
    "post_init_hook": "post_init_hook",
    "auto_install": True,
}
