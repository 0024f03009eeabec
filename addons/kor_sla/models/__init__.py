from . import kor_sla_words_mixin  # isort: skip
from . import kor_sla_terms_part_mixin  # isort: skip
from . import kor_sla_terms_mixin  # isort: skip
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
)
