from . import test_integration
