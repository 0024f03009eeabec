from . import kor_sla_monitor_api, kor_sla_report_portal, kor_sla_status_portal, kor_ticket_portal
