from . import (
    test_guarded_http,
    test_webhook,
    test_webhook_engine,
    test_webhook_events,
    test_webhook_portal,
)
from . import test_api_keys, test_api_rest, test_integration, test_integration_portal
