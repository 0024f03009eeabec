from . import test_queued_work
