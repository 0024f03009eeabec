from . import kor_onboarding_portal
