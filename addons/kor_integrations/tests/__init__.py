from . import test_guarded_http, test_oidc_engine, test_sso
