from . import kor_integration_key_issue
