from . import (
    test_engine_bundle,
    test_engine_delivery,
    test_engine_position,
    test_engine_recognition,
    test_engine_recognition_edges,
    test_engine_recognition_laws,
    test_recognition,
    test_recognition_ledger,
    test_recognition_random,
    test_recognition_story,
)
