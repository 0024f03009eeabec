"""Name together what the engines refuse of a contract's terms, each with a sentence for its text."""

from odoo.addons.kor_enterprise_tiers.engine.discounts import DiscountError
from odoo.addons.kor_enterprise_tiers.engine.pricing import PricingError

from .periods import PeriodError

ENGINE_ERRORS = (PeriodError, PricingError, DiscountError)
