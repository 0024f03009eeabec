"""A run that is killed again and again, or worked off from two sides, bills every contract exactly once."""

import contextlib
import random
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import clients
import pytest
import requests
from crash import assert_billed_once, count_billed, is_idle, kill_workers, prepare, trigger

pytestmark = pytest.mark.rough

CONTRACTS, KILLS = 60, 20
_WORK = "env['kor.billing.run']._cron_bill()\n"


@pytest.fixture(scope="module")
def job(site):
    admin = clients.Json2(site, "admin")
    return clients.find_id(admin, "kor_billing.ir_cron_bill")


def test_run_that_is_killed_twenty_times_bills_everything_once(site, job):
    contracts = prepare(site, "Quarry", CONTRACTS)
    moments, met, seen = random.Random(20), 0, []
    with ThreadPoolExecutor(1) as pool:
        for _kill in range(KILLS):
            answer = pool.submit(trigger, site, job)
            time.sleep(moments.uniform(0.05, 0.8))
            met += not answer.done()
            kill_workers(site)
            with contextlib.suppress(requests.ConnectionError, clients.Refused, ValueError):
                answer.result(60)
            seen.append(count_billed(site, contracts))
    # Not all kills came too early or too late to meet the run.
    assert met >= 5 and seen == sorted(seen)
    clients.wait_until(lambda: is_idle(site), "end of the killed transactions")
    site.server.wait_ready()
    # A job has ten seconds, and is called again.
    clients.wait_until(lambda: trigger(site, job) and count_billed(site, contracts) == CONTRACTS, "end of the run")
    assert_billed_once(site, contracts)
    assert trigger(site, job) is True
    assert_billed_once(site, contracts)


def test_two_workers_at_once_bill_everything_once(site):
    contracts = prepare(site, "Ravine", 40)
    command = site.odoo.command("shell", site.database, "--no-http", "--log-level=warn")
    workers = [
        subprocess.Popen(command, env=site.odoo.environment(), stdin=subprocess.PIPE, text=True) for _one in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda worker: worker.communicate(_WORK + "env.cr.commit()\n", timeout=80), workers))
    assert [worker.returncode for worker in workers] == [0, 0]
    assert_billed_once(site, contracts)
