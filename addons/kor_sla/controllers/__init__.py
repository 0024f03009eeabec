from . import kor_sla_monitor_api, kor_sla_status_portal
