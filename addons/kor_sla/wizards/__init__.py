from . import kor_ticket_pause
