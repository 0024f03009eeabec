from . import (
    test_accounts,
    test_engine_backtest,
    test_engine_forecast,
    test_engine_health,
    test_health,
    test_health_access,
    test_health_backtest,
    test_health_model,
    test_health_readings,
    test_health_tour,
)
