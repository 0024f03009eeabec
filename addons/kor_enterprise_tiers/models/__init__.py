from . import kor_engine_fields_mixin, kor_input_mixin

# A model has to be loaded before those that inherit from it.
# isort: split
from . import kor_code_mixin, kor_price_sentence_mixin, kor_tier_comparison_mixin

# isort: split
from . import kor_price_mixin, kor_price_tier_mixin

# isort: split
from . import (
    ir_attachment,
    kor_charge,
    kor_charge_tier,
    kor_discount,
    kor_feature,
    kor_metric,
    kor_plan,
    kor_support_level,
    kor_tier,
    kor_tier_limit,
)
