from . import test_api_keys, test_api_limits, test_api_rest, test_integration, test_integration_portal
