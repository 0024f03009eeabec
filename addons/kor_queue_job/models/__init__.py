from . import kor_billing_run
from . import kor_revenue_close
