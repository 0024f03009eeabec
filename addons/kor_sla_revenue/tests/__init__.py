from . import test_service_credits
