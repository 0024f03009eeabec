from . import (
    test_agreement,
    test_agreement_change,
    test_engine_signals,
    test_monitor_api,
    test_monitor_intake,
    test_outage,
    test_policy,
    test_support_level,
)
