from . import kor_contract, kor_revenue_estimate, kor_sla_credit
