"""Whoever bills at the same time, whoever is killed half-way: each period is booked once."""

import contextlib
import functools
from concurrent.futures import ThreadPoolExecutor

import clients
import psycopg2
import pytest
import requests
from crash import is_idle, kill_workers
from psycopg2 import sql

pytestmark = pytest.mark.rough

CLIENTS = 6
YEAR = {"date_from": "2026-01-01", "date_to": "2026-12-31"}
FIRST_HALF = {"date_from": "2026-01-01", "date_to": "2026-06-30"}
MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


def count_booked(site, contracts):
    """Return the number of booked items and of their periods, which must be the same, and of invoices."""
    return clients.query(
        site,
        """SELECT count(*), count(DISTINCT (contract_line_id, period_start)), count(DISTINCT move_id)
           FROM kor_billing_item WHERE state = 'booked' AND contract_id = ANY(%s)""",
        contracts,
    )[0]


def count_moves(site, contracts):
    return clients.query(site, "SELECT count(*) FROM account_move WHERE kor_contract_id = ANY(%s)", contracts)[0][0]


@pytest.mark.parametrize("kind", ["xmlrpc", "json2"])
def test_one_of_many_clients_books(site, admin, kind):
    contract = clients.make_contract(admin, "Lagoon")
    callers = [clients.KINDS[kind](site, "finance") for _number in range(CLIENTS)]
    results = clients.at_once(lambda one: one.call("kor.contract", "generate_invoice", [contract], **MARCH), callers)
    assert sorted(map(len, results)) == [0] * (CLIENTS - 1) + [1]
    assert count_booked(site, [contract]) == (1, 1, 1)
    assert count_moves(site, [contract]) == 1


def test_clients_that_overlap_book_each_period_once(site, admin):
    contract = clients.make_contract(admin, "Mesa")
    windows = [MARCH, FIRST_HALF, YEAR, FIRST_HALF, MARCH, YEAR]
    callers = [clients.XmlRpc(site, "finance") for _window in windows]
    results = clients.at_once(
        lambda one, window: one.call("kor.contract", "generate_invoice", [contract], **window), callers, windows
    )
    moves = sum(map(len, results))
    assert count_booked(site, [contract]) == (12, 12, moves)
    assert count_moves(site, [contract]) == moves


def test_one_of_many_clients_collects(site, admin):
    contract = clients.make_contract(admin, "Nectar")
    (found,) = admin.call("kor.contract", "read", [contract], fields=["partner_id"])
    clients.save_token(admin, found["partner_id"][0], clients.enable_payment(admin))
    moves = admin.call("kor.contract", "generate_invoice", [contract], **MARCH)

    def collect(client):
        try:
            return client.call("account.move", "process_payment", moves)["state"]
        except clients.Refused as refused:
            assert "Traceback" not in str(refused)
            return "refused"

    callers = [clients.XmlRpc(site, "finance") for _number in range(CLIENTS)]
    states = clients.at_once(collect, callers)
    assert states.count("done") == 1 and set(states) <= {"done", "paid", "started", "refused"}
    (attempts,) = clients.query(
        site,
        """SELECT count(*), sum(amount) FROM payment_transaction t
           JOIN account_invoice_transaction_rel r ON r.transaction_id = t.id WHERE r.invoice_id = %s""",
        moves[0],
    )
    (invoice,) = admin.call("account.move", "read", moves, fields=["amount_total", "amount_residual"])
    assert (attempts[0], float(attempts[1])) == (1, invoice["amount_total"])
    assert invoice["amount_residual"] == 0


@pytest.fixture(scope="module")
def billing_job(admin):
    return clients.find_id(admin, "kor_billing.ir_cron_bill")


def test_clients_and_the_billing_job_book_once(site, admin, billing_job):
    contracts = [clients.make_contract(admin, f"Nimbus {number}") for number in range(8)]

    def bill(client, contract):
        return client.call("kor.contract", "generate_invoice", [contract], **YEAR)

    callers = [clients.XmlRpc(site, "finance") for _contract in contracts]
    billing = [functools.partial(bill, one, contract) for one, contract in zip(callers, contracts, strict=True)]
    job = functools.partial(admin.call, "ir.cron", "method_direct_trigger", [billing_job])
    clients.at_once(lambda work: work(), [job, *billing])
    assert admin.call("ir.cron", "method_direct_trigger", [billing_job]) is True
    items, periods, moves = count_booked(site, contracts)
    assert (items, periods) == (8 * 12, 8 * 12)
    assert count_moves(site, contracts) == moves
    assert bill(admin, contracts[0]) == []


def test_billing_job_goes_on_where_a_contract_was_billed_meanwhile(site, admin, billing_job):
    contract = clients.make_contract(admin, "Nova")
    with (
        ThreadPoolExecutor(1) as pool,
        contextlib.closing(site.odoo.cluster.connect(site.database)) as database,
        database.cursor() as cursor,
    ):
        # The job sees what is due, and waits before it takes the contracts; then one of them is changed.
        cursor.execute("LOCK TABLE kor_contract IN EXCLUSIVE MODE")
        job = pool.submit(admin.call, "ir.cron", "method_direct_trigger", [billing_job])
        clients.wait_until(lambda: is_waiting(site, "kor_contract"), "billing job at the contracts")
        cursor.execute("UPDATE kor_contract SET billing_count = billing_count + 1 WHERE id = %s", [contract])
        database.commit()
        assert job.result(60) is True
    items, periods, _moves = count_booked(site, [contract])
    assert items == periods > 0


def test_database_refuses_a_second_booked_item(site, admin):
    contract = clients.make_contract(admin, "Oasis")
    admin.call("kor.contract", "generate_invoice", [contract], **MARCH)
    names = clients.query(
        site,
        """SELECT column_name FROM information_schema.columns
           WHERE table_name = 'kor_billing_item' AND column_name != 'id'""",
    )
    copy = sql.SQL("INSERT INTO kor_billing_item ({0}) SELECT {0} FROM kor_billing_item WHERE contract_id = %s").format(
        sql.SQL(", ").join(sql.Identifier(name) for (name,) in names)
    )
    with contextlib.closing(site.odoo.cluster.connect(site.database)) as database, database.cursor() as cursor:
        with pytest.raises(psycopg2.errors.UniqueViolation):
            cursor.execute(copy, [contract])
    assert count_booked(site, [contract]) == (1, 1, 1)


def is_waiting(site, table):
    return clients.query(
        site,
        """SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation
           WHERE relname = %s AND NOT granted""",
        table,
    )[0][0]


def test_killed_half_way_leaves_nothing_half_booked(site, admin):
    contracts = [clients.make_contract(admin, f"Pampa {number}") for number in range(30)]
    call = {"model": "kor.contract", "method": "generate_invoice", **MARCH}
    assert len(admin.call(ids=contracts[:10], **call)) == 10

    with (
        ThreadPoolExecutor(1) as pool,
        contextlib.closing(site.odoo.cluster.connect(site.database)) as database,
        database.cursor() as cursor,
    ):
        # Nobody can write items now: billing stops after its invoices, before its items.
        cursor.execute("LOCK TABLE kor_billing_item IN SHARE MODE")
        # Not over XML-RPC: Python's client asks again by itself when its connection is lost.
        answer = pool.submit(clients.Json2(site, "finance").call, ids=contracts, **call)
        clients.wait_until(lambda: is_waiting(site, "kor_billing_item"), "billing at its items")
        kill_workers(site)
        database.rollback()
        with pytest.raises(requests.ConnectionError):
            answer.result(60)
    clients.wait_until(lambda: is_idle(site), "end of the killed transaction")
    site.server.wait_ready()

    assert count_booked(site, contracts) == (10, 10, 10)
    assert count_moves(site, contracts) == 10
    assert len(admin.call(ids=contracts, **call)) == 20
    assert count_booked(site, contracts) == (30, 30, 30)
    assert count_moves(site, contracts) == 30
    assert admin.call(ids=contracts, **call) == []
