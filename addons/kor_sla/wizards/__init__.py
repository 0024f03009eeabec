from . import kor_sla_outage_exclude
