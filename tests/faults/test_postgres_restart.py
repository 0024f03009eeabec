"""PostgreSQL goes down under billing and under posts of usage, properly and as if it had crashed."""

import contextlib
import time
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor

import clients
import psycopg2
import pytest
import requests
import usage
from crash import assert_billed_once, count_billed, prepare, trigger

pytestmark = pytest.mark.rough

CONTRACTS = 40
LOST = (requests.RequestException, clients.Refused, ValueError, OSError)


@pytest.fixture(scope="module", autouse=True)
def durable(site):
    """Let the database keep what it has confirmed; the clusters of tests do not promise that."""
    site.odoo.cluster.execute(f'ALTER DATABASE "{site.database}" SET synchronous_commit = on')
    site.kill()
    site.start_again()
    site.server.wait_ready()


@pytest.fixture(scope="module")
def job(site):
    return clients.find_id(clients.Json2(site, "admin"), "kor_billing.ir_cron_bill")


def run_to_the_end(site, job, contracts):
    """Trigger the job until all is billed; connections that the restart has cut are found out one by one."""

    def is_billed():
        with contextlib.suppress(*LOST, psycopg2.OperationalError):
            return trigger(site, job) and count_billed(site, contracts) == len(contracts)
        return False

    clients.wait_until(is_billed, "end of the run", 120)


def test_billing_goes_on_after_restarts(site, job):
    contracts = prepare(site, "Reservoir", CONTRACTS)
    met = 0
    with ThreadPoolExecutor(1) as pool:
        for mode in ("fast", "immediate", "immediate"):
            answer = pool.submit(trigger, site, job)
            time.sleep(0.6)
            met += not answer.done()
            site.odoo.cluster.restart(mode)
            with contextlib.suppress(*LOST, psycopg2.OperationalError):
                answer.result(60)
    assert met, "every run had ended before its restart"
    run_to_the_end(site, job, contracts)
    assert_billed_once(site, contracts)


def connect(site):
    """Return a client as soon as the workers have found out that their connections are cut."""

    def try_to_connect():
        with contextlib.suppress(xmlrpc.client.Error, OSError, clients.Refused):
            admin = clients.XmlRpc(site, "admin")
            return [admin for _worker in range(6) if admin.call("res.company", "search", domain=[])][:1]
        return None

    return clients.wait_until(try_to_connect, "connection after a restart")[0]


def test_every_event_that_was_taken_is_there_after_restarts(site):
    admin = connect(site)
    contracts = [clients.make_contract(admin, f"Delta {number}") for number in range(3)]
    mine = [usage.make_batches(f"r{number}", contracts, 30, 50) for number in range(3)]

    def send(own):
        reporter = usage.Reporter(site)
        return [reporter.deliver(batch, database_stops=True) for batch in own]

    with ThreadPoolExecutor(3) as pool:
        sending = [pool.submit(send, own) for own in mine]
        for mode in ("immediate", "fast"):
            time.sleep(0.5)
            site.odoo.cluster.restart(mode)
        answers = [answer for result in sending for answer, _sent in result.result(120)]
    assert all(answer["accepted"] + answer["duplicate"] == 50 for answer in answers)
    usage.check_counted_once(site, contracts, [batch for own in mine for batch in own])
