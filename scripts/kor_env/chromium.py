"""A headless Chromium, driven over its DevTools protocol: as much of it as taking pictures needs."""

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import websocket

from .say import Stop

_SWITCHES = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--lang=en-US",
)


class Page:
    def __init__(self, address: str, width: int, height: int):
        self._socket = websocket.create_connection(address, timeout=120)
        self._numbers = itertools.count(1)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        self._call("Page.enable")

    def _call(self, method: str, **parameters):
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise Stop(f"Chromium refuses {method}: {message['error']['message']}")
                return message["result"]

    def open(self, url: str) -> None:
        self._call("Page.navigate", url=url)

    def evaluate(self, script: str):
        """Return what the script comes to; a promise is waited for."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Stop(f"The page fails at {script[:100]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, condition: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            # A page that is being left has no context for a moment.
            with contextlib.suppress(Stop):
                if self.evaluate(f"Boolean({condition})"):
                    return
            time.sleep(0.2)
        raise Stop(f"Not within {seconds:.0f} s: {condition} at {self.evaluate('location.href')}")

    def picture(self) -> bytes:
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def forget(self) -> None:
        """Log out by dropping all cookies."""
        self._call("Network.clearBrowserCookies")

    def close(self) -> None:
        self._socket.close()


@contextlib.contextmanager
def browsing(width: int, height: int) -> Iterator[Page]:
    """Start Chromium with an empty profile, yield a page of that size, and end it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        raise Stop("Pictures need Chromium: install Debian's package chromium.")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Its sandbox does not work as root.
        switches = [*_SWITCHES, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        process = subprocess.Popen(
            [program, *switches, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            page = Page(_find_address(process, Path(profile)), width, height)
            yield page
            page.close()
        finally:
            process.terminate()
            process.wait(20)


def _find_address(process: subprocess.Popen, profile: Path) -> str:
    """Return the address of the first page, once the browser has written its port down."""
    written = profile / "DevToolsActivePort"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if written.is_file() and (lines := written.read_text().splitlines()):
            with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json/list", timeout=30) as answer:
                pages = [one for one in json.load(answer) if one["type"] == "page"]
            if pages:
                return pages[0]["webSocketDebuggerUrl"]
        time.sleep(0.1)
    raise Stop("Chromium did not start within a minute.")
