from . import kor_billing_portal, kor_estimate_portal
