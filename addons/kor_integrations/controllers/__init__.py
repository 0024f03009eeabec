from . import kor_sso
