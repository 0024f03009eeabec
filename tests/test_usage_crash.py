"""The server dies in the middle of posts, again and again: each event is counted once."""

import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import clients
import pytest
import usage

pytestmark = pytest.mark.rough

CLIENTS, BATCHES, SIZE = 4, 40, 50


@pytest.fixture(scope="module")
def contracts(site):
    admin = clients.XmlRpc(site, "admin")
    return [clients.make_contract(admin, f"Crash {number}") for number in range(3)]


def count_events(site, contracts):
    return usage.count_stored(site, contracts)[0]


def kill_while_posts_wait(site, contracts):
    """Kill the server while its workers have stored events that they have not added up yet."""
    with contextlib.closing(usage.locked_rollups(site, contracts)):
        clients.wait_until(lambda: usage.count_waiting(site) >= 2, "both workers in the middle of a post")
        site.kill()


def kill_any_time(site, contracts):
    time.sleep(0.05)
    site.kill()


def test_events_count_once_whenever_the_server_is_killed(site, contracts):
    mine = [usage.make_batches(f"c{number}", contracts, BATCHES, SIZE) for number in range(CLIENTS)]
    batches = [batch for own in mine for batch in own]
    kills = (kill_while_posts_wait, kill_any_time, kill_while_posts_wait)

    def send(own):
        reporter = usage.Reporter(site)
        return [reporter.deliver(batch) for batch in own]

    with ThreadPoolExecutor(CLIENTS) as pool:
        sending = [pool.submit(send, own) for own in mine]
        for number, kill in enumerate(kills):
            share = len(batches) * SIZE * (number + 1) // (len(kills) + 2)
            clients.wait_until(lambda share=share: count_events(site, contracts) >= share, "some of the events")
            kill(site, contracts)
            site.start_again()
        answers = [answer for result in sending for answer in result.result(90)]

    # Two posts for sure were lost by each kill that had waited for them.
    assert sum(sent - 1 for _answer, sent in answers) >= 4
    assert all(answer["accepted"] + answer["duplicate"] == SIZE for answer, _sent in answers)
    assert not any(answer["rejected"] for answer, _sent in answers)
    usage.check_counted_once(site, contracts, batches)


def test_answer_that_got_lost_is_made_up_by_posting_again(site, contracts):
    """The events are counted, their answer is not heard: the sender cannot know, and posts them again."""
    site.server.wait_ready()
    admin = clients.XmlRpc(site, "admin")
    own = [clients.make_contract(admin, "Silence")]
    (batch,) = usage.make_batches("lost", own, 1, SIZE)
    body = json.dumps(batch).encode()
    head = (
        f"POST /kor/api/v1/usage HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {clients.api_key(site, 'admin')}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", site.port)) as connection:
        connection.sendall(head.encode() + body)
        clients.wait_until(lambda: count_events(site, own) == SIZE, "all events")
        site.kill()
    site.start_again()
    answer, _sent = usage.Reporter(site).deliver(batch)
    assert answer == {"accepted": 0, "duplicate": SIZE, "rejected": []}
    usage.check_counted_once(site, own, [batch])
