from . import (
    kor_infrastructure_api,
    kor_infrastructure_portal,
    kor_integration_api,
    kor_integration_portal,
    kor_integration_usage_api,
    kor_sso,
    kor_sso_portal,
    kor_sync_portal,
    kor_webhook_portal,
)
