"""A mail server for the demo and the tests: it keeps every message as a file and sends nothing on."""

import itertools
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller

from .server import LOOPBACK, free_port


class Mailbox:
    def __init__(self, folder: Path):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(len(list(folder.glob("*.eml"))) + 1)
        self.port = free_port()
        self._controller = Controller(self, hostname=LOOPBACK, port=self.port)
        self._controller.start()

    async def handle_DATA(self, server, session, envelope):
        (self.folder / f"{next(self._numbers):05}.eml").write_bytes(envelope.original_content)
        return "250 kept"

    def messages(self) -> list[Message]:
        return [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(self.folder.glob("*.eml"))]

    def stop(self) -> None:
        self._controller.stop()

    def odoo_options(self) -> list[str]:
        return [f"--smtp={LOOPBACK}", f"--smtp-port={self.port}", "--email-from=billing@kor.example"]
