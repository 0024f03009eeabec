from . import kor_billing_portal
