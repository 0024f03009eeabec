"""The mail server refuses: the books stay as they are, the mail waits with its reason, and goes out once."""

import contextlib

import clients
import pytest
from aiosmtpd.controller import Controller
from kor_env.server import LOOPBACK, free_port

pytestmark = pytest.mark.rough

MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


class Refusing:
    """A mail server that greets and then takes nothing."""

    def __init__(self):
        self.asked = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.asked += 1
        return "451 come back later"


@contextlib.contextmanager
def refusing():
    handler, port = Refusing(), free_port()
    controller = Controller(handler, hostname=LOOPBACK, port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


def read_mails(site, move):
    return clients.query(
        site,
        """SELECT mail.state, COALESCE(mail.failure_reason, '') FROM mail_mail mail
             JOIN mail_message message ON message.id = mail.mail_message_id
            WHERE message.model = 'account.move' AND message.res_id = %s""",
        move,
    )


def count_received(site, name):
    return sum(name in (message["subject"] or "") for message in site.mailbox.messages())


def test_invoice_waits_for_a_mail_server_that_takes_it(site):
    admin = clients.XmlRpc(site, "admin")
    contract = clients.make_contract(admin, "Refused mail")
    (move,) = admin.call("kor.contract", "generate_invoice", [contract], **MARCH)
    values = {"name": "Refusing", "smtp_host": LOOPBACK, "smtp_encryption": "none", "sequence": 0}
    with refusing() as (handler, port):
        server = admin.create("ir.mail_server", {**values, "smtp_port": port})
        sent = admin.call("account.move", "send_invoice", [move])
        assert handler.asked
        ((state, reason),) = read_mails(site, move)
        assert state == "exception" and "451" in reason
    ledger = clients.query(
        site,
        """SELECT move.state, move.amount_total = move.amount_residual, sum(line.balance) FROM account_move move
             JOIN account_move_line line ON line.move_id = move.id WHERE move.id = %s GROUP BY move.id""",
        move,
    )
    assert ledger == [("posted", True, 0)]
    (number,) = sent["sent"]
    assert not count_received(site, number)

    admin.call("ir.mail_server", "write", [server], vals={"active": False})
    mails = admin.call("mail.mail", "search", domain=[["model", "=", "account.move"], ["res_id", "=", move]])
    admin.call("mail.mail", "write", mails, vals={"state": "outgoing"})
    queue = clients.find_id(admin, "mail.ir_cron_mail_scheduler_action")
    for _twice in range(2):
        assert admin.call("ir.cron", "method_direct_trigger", [queue]) is True
    assert count_received(site, number) == 1
