"""The same ids posted by several clients at the same time: one is told accepted, the others duplicate."""

import random

import clients
import usage

CLIENTS = 6


def send_at_once(site, queues):
    """Let a client each post the batches of its queue, all let loose together; return all answers."""
    reporters = [usage.Reporter(site) for _queue in queues]
    sent = clients.at_once(lambda reporter, queue: [reporter.post(batch) for batch in queue], reporters, queues)
    return [answer for answers in sent for answer in answers]


def check_answers(answers, accepted, duplicate):
    assert [answer["rejected"] for answer in answers] == [[]] * len(answers)
    assert sum(answer["accepted"] for answer in answers) == accepted
    assert sum(answer["duplicate"] for answer in answers) == duplicate


def test_batches_posted_by_all_at_once_are_counted_once(site, admin):
    contracts = [clients.make_contract(admin, f"Rush {number}") for number in range(2)]
    batches = usage.make_batches("same", contracts, 20, 100)
    answers = send_at_once(site, [batches] * CLIENTS)
    check_answers(answers, 2000, 2000 * (CLIENTS - 1))
    assert all(answer["accepted"] in (0, 100) for answer in answers)
    usage.check_counted_once(site, contracts, batches)


def test_batches_that_overlap_in_any_order_are_counted_once(site, admin):
    """Each client has cut and shuffled the same events otherwise, so that batches share some ids only."""
    contracts = [clients.make_contract(admin, f"Overlap {number}") for number in range(3)]
    (events,) = usage.make_batches("mixed", contracts, 1, 1500)
    queues = []
    for seed in range(CLIENTS):
        mixed = random.Random(seed).sample(events, len(events))
        queues.append([mixed[first : first + 110] for first in range(0, len(mixed), 110)])
    check_answers(send_at_once(site, queues), 1500, 1500 * (CLIENTS - 1))
    usage.check_counted_once(site, contracts, [events])


def test_single_events_posted_by_all_at_once_are_counted_once(site, admin):
    contracts = [clients.make_contract(admin, "Trickle")]
    batches = usage.make_batches("one", contracts, 30, 1)
    check_answers(send_at_once(site, [batches] * CLIENTS), 30, 30 * (CLIENTS - 1))
    usage.check_counted_once(site, contracts, batches)


def test_event_reversed_by_all_at_once_is_taken_out_once(site, admin):
    contracts = [clients.make_contract(admin, "Regret")]
    (events,) = usage.make_batches("undo", contracts, 1, 20)
    usage.Reporter(site).post(events)
    queues = [
        [[{"id": f"{event['id']}-r", "contract": contracts[0], "reverses": event["id"]}] for event in events]
        for _client in range(CLIENTS)
    ]
    check_answers(send_at_once(site, queues), 20, 20 * (CLIENTS - 1))
    assert set(usage.read_rollups(site, contracts).values()) == {(0, 0)}
