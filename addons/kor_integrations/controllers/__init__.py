from . import kor_infrastructure_api, kor_infrastructure_portal
