from . import kor_amendment_treatment
