from . import kor_contract_invoice
from . import kor_prepaid_top_up
