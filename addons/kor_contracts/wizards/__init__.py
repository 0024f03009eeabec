from . import kor_amendment_agree
from . import kor_amendment_decline
from . import kor_contract_as_of
from . import kor_contract_cancel
from . import kor_contract_renew
