from . import kor_onboarding_start
