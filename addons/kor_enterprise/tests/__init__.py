from . import test_access_matrix, test_languages, test_life_in_browser, test_life_over_rpc, test_overrides
