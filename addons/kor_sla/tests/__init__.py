from . import test_agreement, test_agreement_change, test_policy, test_support_level
