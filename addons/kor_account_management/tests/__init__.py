from . import test_engine_backtest, test_engine_forecast, test_engine_health
