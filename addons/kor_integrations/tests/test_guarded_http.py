import io
import ipaddress
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_integrations.tools import guarded_http
from odoo.addons.kor_integrations.tools.addresses import Allowed, Refused, is_public, parse
from odoo.addons.kor_integrations.tools.guarded_http import Failed, request

from .receiver import receiving

LOOK_UP = "odoo.addons.kor_integrations.tools.guarded_http.socket.getaddrinfo"


def resolving(*addresses):
    """Let every name have these addresses."""

    def look_up(_host, port, **_kwargs):
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    return patch(LOOK_UP, look_up)


def make_certificate(host, folder):
    """Return the path of a certificate with its key that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    path = Path(folder) / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


NOT_CALLED = {
    "https://": "names no host",
    "": "such as",
    7: "such as",
    None: "such as",
    "https://a.example/" + "x" * 2048: "up to 2048",
    "ftp://a.example/": "begin with https",
    "gopher://a.example/": "begin with https",
    "file:///etc/passwd": "begin with https",
    "//a.example/": "begin with https",
    "a.example/hooks": "begin with https",
    "http://a.example/": "begin with https",
    "https://user@a.example/": "user or a password",
    "https://user:secret@a.example/": "user or a password",
    "https://8.8.8.8@127.0.0.1/": "user or a password",
    "https://8.8.8.8\\@127.0.0.1/": "backslashes",
    "https://a.example\\.evil.example/": "backslashes",
    "https://a.example/\r\nX-Evil: 1": "control characters",
    "https://a.example/a b": "spaces",
    "https://a.example:0x50/": "cannot be read",
    "https://a.example:99999/": "cannot be read",
    "https://[::1/": "cannot be read",
    "https://a.example:25/": "Port 25",
    "https://a.example:0/": "Port 0",
    "https://a.example/é": "letters",
    "https://a..example/": "no host name",
    "https://-a.example/": "no host name",
    "https://a%2eexample/": "no host name",
    "https://2130706433/": "unusual",
    "https://0x7f000001/": "unusual",
    "https://017700000001/": "unusual",
    "https://0177.0.0.1/": "unusual",
    "https://0x7f.0.0.1/": "unusual",
    "https://127.1/": "unusual",
    "https://127.0.0.1.1/": "unusual",
    "https://127.0.0.1/": "private",
    "https://127.0.0.1./": "private",
    "https://１２７.０.０.１/": "private",
    "https://127。0。0。1/": "private",
    "https://[::1]/": "private",
    "https://[::ffff:127.0.0.1]/": "private",
    "https://[::ffff:a9fe:a9fe]/": "private",
    "https://[0:0:0:0:0:0:0:1]/": "private",
    "https://[fe80::1%25eth0]/": "zone",
    "https://169.254.169.254/latest/meta-data/": "private",
    "https://0.0.0.0/": "private",
    "https://100.64.0.1/": "private",
}


@tagged("post_install", "-at_install", "kor_engine")
class TestAddresses(BaseCase):
    def test_only_the_open_internet_is_public(self):
        public = [
            "8.8.8.8",
            "93.184.216.34",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ]
        private = [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
            "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1",
            "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
            "2002:7f00:1::1", "2002:a00:1::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
        ]  # fmt: skip
        for address in public:
            with self.subTest(address):
                self.assertTrue(is_public(ipaddress.ip_address(address)))
        for address in private:
            with self.subTest(address):
                self.assertFalse(is_public(ipaddress.ip_address(address)))

    def test_addresses_that_are_not_called_are_refused_as_they_are_read(self):
        for url, words in NOT_CALLED.items():
            with self.subTest(url), self.assertRaisesRegex(Refused, words):
                parse(url)

    def test_addresses_that_are_called_are_read_as_they_are_asked_for(self):
        cases = {
            "https://a.example": ("a.example", 443, "/"),
            "https://A.Example./hooks?a=b#c": ("a.example", 443, "/hooks?a=b"),
            "https://bücher.example:8443/": ("xn--bcher-kva.example", 8443, "/"),
            "https://8.8.8.8/x": ("8.8.8.8", 443, "/x"),
            "https://[2606:4700::1111]:4444/": ("2606:4700::1111", 4444, "/"),
        }
        for url, (host, port, path) in cases.items():
            with self.subTest(url):
                target = parse(url)
                self.assertEqual((target.host, target.port, target.path), (host, port, path))

    def test_listed_hosts_are_called_and_no_other_ones(self):
        allowed = Allowed.read("127.0.0.1:8080, 10.1.0.0/16,[fd00::5]:443 , erp.lan:8000,, nonsense/77")
        for url in ("http://127.0.0.1:8080/", "https://10.1.2.3:22/", "https://[fd00::5]/", "http://ERP.lan.:8000/"):
            with self.subTest(url):
                parse(url, allowed=allowed)
        for url in (
            "http://127.0.0.1:8081/",
            "https://10.2.0.1/",
            "https://[fd00::5]:444/",
            "https://[fd00::6]/",
            "http://erp.lan/",
            "https://[::ffff:10.2.0.1]/",
        ):
            with self.subTest(url), self.assertRaises(Refused):
                parse(url, allowed=allowed)


@tagged("post_install", "-at_install", "kor_engine")
class TestGuardedHttp(BaseCase):
    def test_answer_is_what_the_receiver_said(self):
        with receiving(lambda *_request: (422, {"X-Reason": "so"}, b"no")) as receiver:
            answer = request("POST", receiver.url + "?a=b", data=b"{}", headers={"X-Own": "1"},
                             allow_private=receiver.host)  # fmt: skip
            self.assertEqual((answer.status, answer.headers["x-reason"], answer.body), (422, "so", b"no"))
            ((method, path, headers, body),) = receiver.requests
        self.assertEqual((method, path, body), ("POST", "/hooks?a=b", b"{}"))
        self.assertEqual((headers["Host"], headers["X-Own"]), (receiver.host, "1"))

    def test_file_is_sent_as_it_is_read(self):
        with receiving() as receiver:
            content = b"line\n" * 10_000
            request("PUT", receiver.url, data=io.BytesIO(content), headers={"Content-Length": str(len(content))},
                    allow_private=receiver.host)  # fmt: skip
            self.assertEqual(receiver.requests[0][3], content)

    def test_private_receiver_that_is_not_listed_gets_no_connection(self):
        with receiving() as receiver:
            for url in (
                receiver.url.replace("http:", "https:"),
                f"http://127.0.0.1:{receiver.server_port}/",
                f"http://localhost:{receiver.server_port}/",
                f"http://[::ffff:127.0.0.1]:{receiver.server_port}/",
            ):
                with self.subTest(url), self.assertRaises(Refused):
                    request("GET", url, plain=True, allow_private="10.0.0.1")
            self.assertFalse(receiver.requests)

    def test_name_is_refused_where_one_of_its_addresses_is_private(self):
        for addresses in (
            ["127.0.0.1"],
            ["8.8.8.8", "10.0.0.1"],
            ["10.0.0.1", "8.8.8.8"],
            ["2606:4700::1111", "::1"],
            ["::ffff:192.168.0.1"],
            ["169.254.169.254"],
        ):
            with self.subTest(addresses), resolving(*addresses), self.assertRaisesRegex(Refused, "private"):
                request("GET", "https://rebound.example/")

    def test_name_is_resolved_once_and_the_connection_goes_to_what_was_checked(self):
        answers = iter(["127.0.0.1", "127.0.0.2"])
        asked = []

        def look_up(host, port, **_kwargs):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        with receiving() as receiver, patch(LOOK_UP, look_up):
            only = f"hook.example:{receiver.server_port}"
            request("GET", f"http://{only}/", allow_private=only)
            self.assertEqual(receiver.requests[0][2]["Host"], only)
        self.assertEqual(asked, ["hook.example"])

    def test_listed_name_never_reaches_the_metadata_of_the_machine(self):
        with resolving("169.254.169.254"), self.assertRaises(Refused):
            request("GET", "http://meta.lan/", allow_private="meta.lan")

    def test_redirect_comes_back_and_is_not_followed(self):
        def answer(_method, path, *_rest):
            return (307, {"Location": "http://169.254.169.254/"}, b"") if path == "/hooks" else (200, {}, b"")

        with receiving(answer) as receiver:
            self.assertEqual(request("POST", receiver.url, allow_private=receiver.host).status, 307)
            self.assertEqual(len(receiver.requests), 1)

    def test_long_answer_is_cut(self):
        def pour(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                handler.wfile.write(b"x" * 65536)

        with receiving(lambda *_request: pour) as receiver:
            answer = request("GET", receiver.url, limit=1000, allow_private=receiver.host)
        self.assertEqual((len(answer.body), answer.is_cut), (1000, True))

    def test_answer_that_drips_ends_with_the_time(self):
        def drip(handler, head):
            handler.wfile.write(head)
            while True:
                time.sleep(0.05)
                handler.wfile.write(b"X")
                handler.wfile.flush()

        for name, head in (("head", b"HTTP/1.1 200 OK\r\nX-Slow: "), ("body", b"HTTP/1.1 200 OK\r\n\r\n")):
            with (
                self.subTest(name),
                receiving(lambda *_request, head=head: lambda handler: drip(handler, head)) as receiver,
            ):
                started = time.monotonic()
                with self.assertRaisesRegex(Failed, "in time"):
                    request("GET", receiver.url, timeout=(0.3, 0.3), allow_private=receiver.host)
                self.assertLess(time.monotonic() - started, 1)

    def test_silence_and_hanging_up_are_failures(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with self.assertRaisesRegex(Failed, "in time"):
            request("GET", f"http://{host}/", timeout=(0.2, 0.2), allow_private=host)
        with receiving(lambda *_request: lambda handler: None) as receiver, self.assertRaises(Failed):
            request("GET", receiver.url, allow_private=receiver.host)
        silent.close()
        with self.assertRaisesRegex(Failed, "refused"):
            request("GET", f"http://{host}/", allow_private=host)

    def test_look_up_that_hangs_ends_with_the_time(self):
        with patch(LOOK_UP, lambda *_args, **_kwargs: time.sleep(0.5)), self.assertRaisesRegex(Failed, "looked up"):
            request("GET", "https://a.example/", timeout=(0.1, 1))

    def test_name_that_is_not_found_passes_the_check_and_fails_the_request(self):
        with patch(LOOK_UP, side_effect=socket.gaierror):
            guarded_http.check("https://a.example/")
            with self.assertRaisesRegex(Failed, "not found"):
                request("GET", "https://a.example/")

    def test_header_with_a_line_break_is_not_sent(self):
        with receiving() as receiver:
            with self.assertRaises(Refused):
                request("GET", receiver.url, headers={"X": "a\r\nY: b"}, allow_private=receiver.host)
            self.assertFalse(receiver.requests)

    def test_certificate_must_be_for_the_name_that_was_asked_for(self):
        with TemporaryDirectory() as folder, receiving() as receiver, resolving("127.0.0.1"):
            certificate = make_certificate("hook.example", folder)
            serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            serving.load_cert_chain(certificate)
            receiver.socket = serving.wrap_socket(receiver.socket, server_side=True)
            port = receiver.server_port
            with self.assertRaisesRegex(Failed, "secure"):
                request("GET", f"https://hook.example:{port}/", allow_private="127.0.0.1")
            with patch.object(guarded_http, "_get_context", lambda: ssl.create_default_context(cafile=certificate)):
                answer = request("GET", f"https://hook.example:{port}/", allow_private="127.0.0.1")
                self.assertEqual(answer.status, 204)
                with self.assertRaisesRegex(Failed, "secure"):
                    request("GET", f"https://other.example:{port}/", allow_private="127.0.0.1")
