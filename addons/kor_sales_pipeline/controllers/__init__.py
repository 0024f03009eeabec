from . import kor_proposal_portal
