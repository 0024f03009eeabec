from . import (
    test_amendment_screens,
    test_amendment_tour,
    test_contract,
    test_contract_access,
    test_contract_cancel_wizard,
    test_contract_lifecycle,
    test_contract_mrr,
    test_contract_pdf,
    test_contract_plan,
    test_engine_periods,
    test_entitlements,
    test_portal,
)
