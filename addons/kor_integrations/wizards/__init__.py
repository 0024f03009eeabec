from . import kor_connector_setup, kor_integration_key_issue
from . import kor_infrastructure_change
