from . import test_recognition, test_recognition_random, test_recognition_story
