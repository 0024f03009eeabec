from . import kor_negotiation_break_off
from . import kor_negotiation_reply
from . import kor_negotiation_reply_line
