"""How property tests run: the same examples each time, and no verdict from a slow machine. And how time stands still."""

from freezegun import api, configure
from hypothesis import HealthCheck, settings

settings.register_profile("kor", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kor")

# Each of the thousands of times that tests stop the clock, freezegun looks through all modules for names of time. It
# need not look where there are none, and that a module has as many names as before is enough to know it again.
configure(extend_ignore_list=["fontTools", "num2words", "PIL", "pypdf", "reportlab", "stdnum", "weasyprint"])
api._get_module_attributes_hash = lambda module: f"{id(module)}-{len(getattr(module, '__dict__', ()))}"

# Installs itself beside timesheets, which the suite does not need: `make modules` runs its tests.
collect_ignore_glob = ["addons/kor_reporting_timesheet/tests/*"]
