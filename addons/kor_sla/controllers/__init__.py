from . import kor_ticket_portal
