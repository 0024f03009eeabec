from . import (
    test_access,
    test_comparison_page,
    test_discount,
    test_engine_discounts,
    test_engine_money,
    test_engine_pricing,
    test_plan,
    test_price_sentence,
    test_price_tiers,
    test_tiers,
    test_tools,
)
