"""How property tests run (the same examples each time), how time stands still, and which tests stay together."""

import os

import pytest
from freezegun import api, configure
from hypothesis import HealthCheck, settings

settings.register_profile("kor", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kor")

# Each of the thousands of times that tests stop the clock, freezegun looks through all modules for names of time. It
# need not look where there are none, and that a module has as many names as before is enough to know it again.
configure(extend_ignore_list=["fontTools", "num2words", "PIL", "pypdf", "reportlab", "stdnum", "weasyprint"])
api._get_module_attributes_hash = lambda module: f"{id(module)}-{len(getattr(module, '__dict__', ()))}"


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items):
    """Keep files together, and all that share a served database on one worker.

    Between them no test class of Odoo runs: at its end it stops every child process of the worker.
    """
    for item in items:
        served = "rough" if item.get_closest_marker("rough") else "served"
        item.add_marker(pytest.mark.xdist_group(served if "site" in item.fixturenames else str(item.path)))


collect_ignore_glob = []
# They install themselves beside timesheets and the OCA job queue, which the suite does not need: `make modules` runs
# their tests.
if "KOR_ALONE" not in os.environ:
    collect_ignore_glob += ["addons/kor_reporting_timesheet/tests/*", "addons/kor_queue_job/tests/*"]
# They stop what other tests stand on: `make faults` runs them.
if "KOR_FAULTS" not in os.environ:
    collect_ignore_glob.append("tests/faults/*")
