from . import (
    test_breakage,
    test_contract_cost,
    test_engine_modifications,
    test_estimate_revenue,
    test_modification,
    test_progress,
    test_recognition,
    test_running_base,
)
