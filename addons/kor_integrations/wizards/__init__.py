from . import kor_infrastructure_change
