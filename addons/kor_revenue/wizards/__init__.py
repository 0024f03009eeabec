from . import kor_revenue_period
