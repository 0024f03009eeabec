from . import (
    test_availability,
    test_clock,
    test_clock_laws,
    test_credits,
    test_intervals,
)
