from . import kor_sla_report_portal, kor_ticket_portal
