from . import kor_usage_api
