from . import kor_sla_words_mixin  # isort: skip
from . import kor_sla_terms_part_mixin  # isort: skip
from . import kor_sla_terms_mixin  # isort: skip
from . import mail_thread  # isort: skip
from . import kor_sla_fact_mixin  # isort: skip
from . import (  # isort: skip
    kor_clock_watch_mixin,
    kor_contract_ticket_mixin,
    kor_ticket_board_mixin,
    kor_ticket_clock_mixin,
    kor_ticket_event_mixin,
    kor_ticket_mail_mixin,
    kor_ticket_words_mixin,
)
from . import (
    kor_contract_status_mixin,
    kor_contract_uptime_mixin,
    kor_sla_budget_warning_mixin,
    kor_sla_monitor_intake_mixin,
    kor_sla_outage_announce_mixin,
    kor_sla_outage_report_mixin,
)  # isort: skip
from . import (
    kor_contract,
    kor_contract_agreement,
    kor_contract_amendment,
    kor_contract_change,
    kor_escalation_step,
    kor_escalation_event,
    kor_sla_agreement,
    kor_sla_band,
    kor_sla_budget,
    kor_sla_clock,
    kor_sla_event,
    kor_sla_monitor,
    kor_sla_monitor_rule,
    kor_sla_outage,
    kor_sla_pause_reason,
    kor_sla_policy,
    kor_sla_service,
    kor_sla_signal,
    kor_sla_target,
    kor_support_level,
    project_project,
    project_task,
    project_task_type,
    res_partner,
    resource_calendar,
    resource_calendar_attendance,
    resource_calendar_leaves,
)
from . import (  # isort: skip
    kor_billing_explanation,
    kor_contract_compliance_mixin,
    kor_contract_sla_credit_mixin,
    kor_contract_sla_fee_mixin,
    kor_contract_sla_settle_mixin,
    kor_sla_credit_book_mixin,
    kor_sla_report_make_mixin,
    kor_sla_report_send_mixin,
)
from . import (  # isort: skip
    account_move,
    account_move_line,
    ir_actions_report,
    kor_contract_compliance,
    kor_sla_booking,
    kor_sla_credit,
    kor_sla_dispute,
    kor_sla_report,
    kor_sla_report_line,
)
