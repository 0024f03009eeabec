from . import (
    test_guarded_http,
    test_webhook,
    test_webhook_engine,
)
