from . import kor_contract_cancel
from . import kor_contract_renew
