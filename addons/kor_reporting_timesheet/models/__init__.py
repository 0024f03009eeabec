from . import (
    kor_cost_setup_mixin,
    kor_cost_source_mixin,
    kor_cost_driver_mixin,
    kor_cost_pool,
)
