from . import (
    kor_integration_health_mixin,
    kor_integration_state_mixin,
    kor_integration_spec_mixin,
    kor_integration_api_mixin,
    kor_integration_webhook_mixin,
    kor_integration_sso_mixin,
    kor_integration_sync_mixin,
    kor_integration_connector_mixin,
    kor_integration,
    kor_integration_log,
    kor_integration_day,
    kor_contract,
)
