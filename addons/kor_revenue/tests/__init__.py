from . import test_control, test_recognition, test_remaining, test_report_story, test_reports
