from . import (
    test_engine_infrastructure,
    test_engine_infrastructure_cost,
    test_guarded_http,
    test_infrastructure,
    test_infrastructure_access,
    test_infrastructure_checks,
    test_infrastructure_http,
    test_infrastructure_readings,
)
