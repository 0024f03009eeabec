from . import kor_integration_api, kor_integration_portal, kor_integration_usage_api, kor_sync_portal
