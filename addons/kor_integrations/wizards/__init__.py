from . import kor_connector_setup, kor_integration_key_issue
