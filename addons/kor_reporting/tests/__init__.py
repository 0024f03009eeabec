from . import (
    test_engine_allocation,
    test_engine_bridge,
    test_engine_departments,
    test_engine_lifetime,
    test_engine_margin,
    test_engine_mrr,
    test_engine_mrr_laws,
    test_engine_retention,
)
