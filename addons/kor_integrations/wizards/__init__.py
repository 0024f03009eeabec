from . import kor_connector_setup
