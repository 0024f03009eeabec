from . import (
    test_agreement,
    test_agreement_change,
    test_policy,
    test_support_level,
    test_ticket,
    test_ticket_access,
    test_ticket_clock,
    test_ticket_mail,
    test_ticket_portal,
    test_ticket_watch,
)
