"""The server dies in the middle of deliveries, again and again: no event is lost, none gets another id."""

import contextlib
import json
import runpy
import threading
import time
from collections import defaultdict
from pathlib import Path

import clients
import pytest
import requests
from standardwebhooks.webhooks import Webhook

pytestmark = pytest.mark.rough

ROOT = Path(__file__).resolve().parents[1]
RECEIVER = runpy.run_path(str(ROOT / "addons" / "kor_integrations" / "tests" / "receiver.py"))
OUTBOX, OUTAGES, KILLS = 300, 16, 2
_EMIT = """
contract = env["kor.contract"].browse({contract})
env["kor.event"]._emit("contract.amended", {{contract: [(contract, {{"number": n}}) for n in range({count})]}})
"""


class Listener:
    """Remember what came under each id, and check every signature as it comes."""

    def __init__(self):
        self.bodies = defaultdict(set)
        self.count = 0
        self.forged = []
        self.secret = None

    def answer(self, _method, _path, headers, body):
        try:
            Webhook(self.secret).verify(body, headers)
        except Exception as error:  # noqa: BLE001
            self.forged.append(error)
        time.sleep(0.01)
        self.bodies[headers["webhook-id"]].add(body)
        self.count += 1
        return 204, {}, b""


@pytest.fixture(scope="module")
def listener():
    listener = Listener()
    with RECEIVER["receiving"](listener.answer) as receiver:
        listener.url, listener.host = receiver.url, receiver.host
        yield listener


@pytest.fixture(scope="module")
def contract(site, listener):
    """Return a contract whose webhook sends to the listener."""
    admin = clients.XmlRpc(site, "admin")
    contract = clients.make_contract(admin, "Listening")
    setting = {"key": "kor_integrations.allow_private_addresses", "value": listener.host}
    admin.call("ir.config_parameter", "set_param", **setting)
    webhook = admin.call(
        "kor.contract", "create_integration", [contract], spec={"kind": "webhook", "url": listener.url}
    )
    assert admin.call("kor.integration", "manage_integration", [webhook], action="activate") == "active"
    listener.secret = admin.call("kor.integration", "reveal_secret", [webhook])
    return contract


def run_job(site, job):
    """Run the job once, unless the server dies meanwhile."""
    with contextlib.suppress(OSError, requests.RequestException, clients.Refused):
        clients.XmlRpc(site, "admin").call("ir.cron", "method_direct_trigger", [job])


def cause_outages(site, contract, service, started):
    """Open outages one after another; whether one that was answered by silence is there, the sender cannot know."""
    for number in range(OUTAGES):
        started.set()
        values = {"name": f"Outage {number}", "service_id": service, "contract_ids": [[6, 0, [contract]]]}
        for _attempt in range(200):
            try:
                clients.XmlRpc(site, "admin").create("kor.sla.outage", values)
                break
            except (OSError, clients.Refused):
                time.sleep(0.1)


def count_events(site, contract):
    return clients.query(site, "SELECT count(*) FROM kor_event WHERE contract_id = %s", contract)[0][0]


def test_every_event_arrives_under_one_id_whenever_the_server_is_killed(site, listener, contract):
    admin = clients.XmlRpc(site, "admin")
    service = admin.create("kor.sla.service", {"name": "Crashing", "code": "crashing", "for_all": True})
    job = clients.find_id(admin, "kor_integrations.ir_cron_webhooks")
    site.shell(_EMIT.format(contract=contract, count=OUTBOX))
    started = threading.Event()
    causing = threading.Thread(target=cause_outages, args=(site, contract, service, started), daemon=True)
    causing.start()
    started.wait(60)
    for number in range(KILLS):
        # In the middle of a batch, which has forty messages of one end point.
        goal = listener.count + 2 * 40 + 13
        running = threading.Thread(target=run_job, args=(site, job), daemon=True)
        running.start()
        clients.wait_until(lambda goal=goal: listener.count >= goal, f"deliveries before kill {number}")
        site.kill()
        running.join(60)
        # What the worker had on its way was not written down: it is sent again.
        sending = clients.query(site, "SELECT count(*) FROM kor_webhook_delivery WHERE is_sending")[0][0]
        assert sending, "the server was killed while nothing was on its way"
        site.start_again()
        site.server.wait_ready()
    causing.join(90)
    assert not causing.is_alive()

    run_job(site, job)
    check_deliveries(site, listener, contract)
    check_facts(site, listener, contract, service)


def check_deliveries(site, listener, contract):
    rows = clients.query(
        site,
        """SELECT e.key, d.state FROM kor_event e LEFT JOIN kor_webhook_delivery d ON d.event_id = e.id
            WHERE e.contract_id = %s""",
        contract,
    )
    assert {state for _key, state in rows} == {"delivered"}
    assert not listener.forged
    assert set(listener.bodies) == {key for key, _state in rows}
    # Sent again, a message is the same to the byte.
    assert all(len(bodies) == 1 for bodies in listener.bodies.values())
    assert listener.count > len(rows), "nothing was sent twice: no kill has hit a delivery"


def check_facts(site, listener, contract, service):
    """Raise unless each fact that was committed was told, and none that was not."""
    told = defaultdict(set)
    for key, (body,) in listener.bodies.items():
        message = json.loads(body)
        told[message["type"]].add((message["subject"], json.dumps(message["data"], sort_keys=True), key))
    assert len(told["com.kor.contract.amended.v1"]) == OUTBOX
    outages = clients.query(site, "SELECT id FROM kor_sla_outage WHERE service_id = %s", service)
    subjects = [subject for subject, _data, _key in told["com.kor.outage.started.v1"]]
    assert sorted(subjects) == sorted(f"outages/{id_}" for (id_,) in outages)
    assert len(outages) >= OUTAGES
