"""The disk of the filestore is full: what needs it is refused whole, and all works when there is room again."""

import contextlib
import os
import subprocess
import uuid

import clients
import pytest

pytestmark = pytest.mark.rough

MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


@pytest.fixture
def full_disk(site):
    """Put the database's filestore on a disk of two megabytes; return a function that fills it and one that empties."""
    if os.geteuid():
        pytest.skip("Only root can mount a small disk.")
    # Databases of tests keep files within themselves, so that they can be copied; others do not.
    location = {"key": "ir_attachment.location"}
    admin = clients.XmlRpc(site, "admin")
    admin.call("ir.config_parameter", "set_param", **location, value="file")
    folder = site.odoo.data_dir / "filestore" / site.database
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"This machine mounts no small disk: {done.stderr.strip()}")
    ballast = folder / "ballast"

    def fill():
        with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    try:
        yield fill, ballast.unlink
    finally:
        admin.call("ir.config_parameter", "set_param", **location, value="db")
        subprocess.run(["umount", "--lazy", folder], check=True)


def attach(client, move, text):
    values = {"name": "Order.txt", "raw": text, "res_model": "account.move", "res_id": move}
    return client.create("ir.attachment", values)


def count_sent(site, move):
    return clients.query(
        site,
        """SELECT count(*) FILTER (WHERE res_field = 'invoice_pdf_report_file'), count(*)
             FROM ir_attachment WHERE res_model = 'account.move' AND res_id = %s""",
        move,
    )[0]


def test_invoice_is_sent_when_there_is_room_again(site, full_disk):
    fill, empty = full_disk
    admin = clients.XmlRpc(site, "admin")
    contract = clients.make_contract(admin, "Dune")
    fill()
    (move,) = admin.call("kor.contract", "generate_invoice", [contract], **MARCH)
    mails = len(site.mailbox.messages())
    with pytest.raises(clients.Refused):
        admin.call("account.move", "send_invoice", [move])
    assert count_sent(site, move) == (0, 0)
    assert len(site.mailbox.messages()) == mails
    state = clients.query(site, "SELECT state, amount_total = amount_residual FROM account_move WHERE id = %s", move)
    assert state == [("posted", True)]

    empty()
    assert admin.call("account.move", "send_invoice", [move])["sent"]
    assert count_sent(site, move)[0] == 1
    assert admin.call("kor.contract", "generate_invoice", [contract], **MARCH) == []


def test_same_file_is_stored_whole_when_there_is_room_again(site, full_disk):
    """What the full disk took of a file must not pass for the file when it comes again."""
    fill, empty = full_disk
    admin = clients.XmlRpc(site, "admin")
    contract = clients.make_contract(admin, "Oasis of files")
    (move,) = admin.call("kor.contract", "generate_invoice", [contract], **MARCH)
    text = uuid.uuid4().hex * 5000
    fill()
    with pytest.raises(clients.Refused):
        attach(admin, move, text)
    empty()
    attachment = attach(admin, move, text)
    (stored,) = admin.call("ir.attachment", "read", [attachment], fields=["raw"])
    assert getattr(stored["raw"], "data", stored["raw"]) in (text, text.encode())
