from . import kor_contract_cancel
