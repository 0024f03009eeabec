from . import test_access_matrix, test_life_over_rpc
