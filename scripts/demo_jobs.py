"""Let the suite's jobs work once, in Odoo's shell, so that a new demo starts with nothing left to do or to send."""

# In this order: what is billed is collected, what is measured is warned of.
JOBS = (
    "kor_contracts.ir_cron_kor_contract_states",
    "kor_billing.ir_cron_bill",
    "kor_billing.ir_cron_collect",
    "kor_billing.ir_cron_dun",
    "kor_contracts.ir_cron_kor_contract_renewals",
    "kor_usage.ir_cron_usage_alert",
    "kor_sla.ir_cron_kor_sla_budget",
    "kor_sla.ir_cron_sla_report",
    "kor_sales_pipeline.ir_cron_kor_negotiation_remind",
    "kor_onboarding.ir_cron_kor_onboarding_follow",
    "kor_integrations.ir_cron_kor_integration_health",
    "kor_integrations.ir_cron_kor_infrastructure_capacity",
    "kor_account_management.ir_cron_kor_health",
    "kor_account_management.ir_cron_kor_follow",
    "kor_account_management.ir_cron_kor_advise",
    "kor_reporting.ir_cron_cost_refresh",
    "kor_reporting.ir_cron_mrr_movement",
)

# Jobs work in a transaction of their own, which would wait for this one.
env.cr.commit()
for job in JOBS:
    env.ref(job).method_direct_trigger()
# To see what the jobs have written. The demo's customers have no mailbox.
env.cr.commit()
env["mail.mail"].search([("state", "in", ("outgoing", "exception"))]).cancel()
failed = env["mail.notification"].search([("notification_type", "=", "email"), ("failure_type", "=", "mail_smtp")])
failed.write({"notification_status": "sent", "failure_type": False, "failure_reason": False})
