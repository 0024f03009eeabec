from . import kor_usage_api, kor_usage_portal
