from . import kor_sla_report_portal
