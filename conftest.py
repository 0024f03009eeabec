"""How property tests run: the same examples each time, and no verdict from a slow machine."""

from hypothesis import HealthCheck, settings

settings.register_profile("kor", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kor")
