from . import kor_contract_portal
