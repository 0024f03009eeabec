from . import test_engine_estimate
from . import test_engine_funnel
from . import test_expected_contract
from . import test_pipeline_access
from . import test_pipeline_figures
from . import test_pipeline_tour
from . import test_stage_conditions
from . import test_stage_visits
