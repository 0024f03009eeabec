from . import kor_proposal_portal
from . import kor_negotiation_portal
