from . import kor_report_request
