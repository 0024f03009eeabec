from . import kor_revenue_period
from . import kor_amendment_treatment
