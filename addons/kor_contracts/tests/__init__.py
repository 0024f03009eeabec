from . import test_contract_cancel_wizard, test_contract_pdf, test_engine_periods, test_portal
