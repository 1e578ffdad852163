"""A small TLS front: what a real deployment has before the server, on a free loopback port."""

import datetime
import http.client
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import servers

PER_HOP = {"connection", "keep-alive", "transfer-encoding", "x-forwarded-for", "x-forwarded-proto"}


def certificate(folder, *, name=None, days=1):
    """A certificate with its key, for clients to trust; gives the path of the file.

    It is for 127.0.0.1 or this host name; with negative ``days`` it has expired.
    """
    host = x509.DNSName(name) if name else x509.IPAddress(ipaddress.ip_address(servers.LOOPBACK))
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made up for the tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=9))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


class Front(BaseHTTPRequestHandler):
    """Passes every request on as it came, and says that it came over https and from whom."""

    protocol_version = "HTTP/1.1"
    target_port = 0

    def handle_request(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        behind = http.client.HTTPConnection(servers.LOOPBACK, self.target_port, timeout=30)
        behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in PER_HOP:
                behind.putheader(name, value)
        behind.putheader("X-Forwarded-Proto", "https")
        behind.putheader("X-Forwarded-For", self.client_address[0])
        behind.endheaders(body or None)
        answer = behind.getresponse()
        content = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in PER_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        behind.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request

    def log_message(self, *args):
        """Nothing to standard error."""


@contextmanager
def front(port, target_port, certificate_path):
    """Listen on ``port`` with TLS and pass everything on to ``target_port``."""
    handler = type("Handler", (Front,), {"target_port": target_port})
    server = ThreadingHTTPServer((servers.LOOPBACK, port), handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_path)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
