from . import (
    test_agreement,
    test_agreement_change,
    test_availability_records,
    test_budget,
    test_engine_signals,
    test_monitor_api,
    test_monitor_intake,
    test_outage,
    test_policy,
    test_support_level,
    test_track_uptime,
    test_uptime_batch,
)
