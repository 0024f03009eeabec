from . import kor_negotiation_portal
