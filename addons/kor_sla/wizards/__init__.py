from . import kor_sla_credit_decline, kor_sla_outage_exclude, kor_sla_report_month, kor_ticket_pause
