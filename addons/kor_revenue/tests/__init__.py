from . import test_control, test_recognition, test_remaining, test_reports
