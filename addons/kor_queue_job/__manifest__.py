{
    "name": "KOR Job Queue",
    "version": "19.0.1.0.0",
    "summary": "Billing runs and revenue closes spread over the workers of the OCA job queue",
    "category": "KOR Enterprise",
    "author": "KOR Enterprise",
    "license": "LGPL-3",
    "images": ["static/description/screen.png"],
    "depends": ["kor_revenue", "queue_job"],
    "data": ["data/queue_job_data.xml"],
    "auto_install": True,
}
