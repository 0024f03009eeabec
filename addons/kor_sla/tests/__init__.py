from . import (
    test_agreement,
    test_agreement_change,
    test_availability,
    test_clock,
    test_clock_laws,
    test_credits,
    test_engine_fees,
    test_intervals,
    test_policy,
    test_support_level,
)
