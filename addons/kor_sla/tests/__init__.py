from . import test_engine_signals, test_monitor_api, test_monitor_intake, test_outage
