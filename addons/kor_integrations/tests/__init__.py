from . import test_guarded_http
