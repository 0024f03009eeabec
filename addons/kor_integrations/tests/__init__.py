from . import (
    test_api_keys,
    test_api_rest,
    test_connector,
    test_guarded_http,
    test_integration,
    test_integration_portal,
    test_sync_engine,
    test_sync_export,
    test_sync_https,
    test_sync_portal,
    test_sync_sequence,
    test_sync_take,
)
