from . import test_negotiation
from . import test_negotiation_access
from . import test_negotiation_concurrency
from . import test_negotiation_portal
from . import test_negotiation_reminder
from . import test_negotiation_reply
