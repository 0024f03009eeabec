from . import test_recognition, test_close, test_screens, test_tour
