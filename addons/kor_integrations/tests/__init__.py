from . import (
    test_api_keys,
    test_api_rest,
    test_guarded_http,
    test_integration,
    test_integration_portal,
    test_oidc_engine,
    test_sso,
    test_sso_portal,
    test_webhook,
    test_webhook_engine,
    test_webhook_events,
    test_webhook_portal,
)
