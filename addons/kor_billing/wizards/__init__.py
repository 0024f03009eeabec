from . import kor_contract_invoice
