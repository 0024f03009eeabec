from . import test_engine_bundle
from . import test_engine_delivery
from . import test_engine_position
from . import test_engine_recognition
from . import test_engine_recognition_edges
from . import test_engine_recognition_laws
