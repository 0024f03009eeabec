from . import kor_tier_comparison_report
