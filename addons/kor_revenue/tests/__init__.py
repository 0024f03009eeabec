from . import test_engine_shares, test_recognition, test_close, test_screens, test_tour
