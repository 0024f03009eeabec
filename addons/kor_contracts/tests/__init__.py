from . import test_contract_pdf, test_engine_periods, test_portal
