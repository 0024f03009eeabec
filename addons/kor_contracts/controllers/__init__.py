from . import kor_contract_portal
from . import kor_request_portal
