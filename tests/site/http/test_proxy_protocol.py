"""PROXY protocol v2 ahead of HTTP: from trusted balancers only, and then the client is who it says."""
import contextlib
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time

import pytest
from http_tools import Client, ask, free_port, probe, request

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
CLIENT = "192.0.2.7"


def header(source=CLIENT, command=0x21, fields=b""):
    """As a balancer writes it; source None: AF_UNSPEC."""
    if source is None:
        kind, addresses = 0, b""
    elif ":" in source:
        kind = 0x21
        addresses = socket.inet_pton(socket.AF_INET6, source) + bytes(15) + b"\1" + struct.pack(">HH", 4, 80)
    else:
        kind, addresses = 0x11, socket.inet_aton(source) + b"\x7f\0\0\1" + struct.pack(">HH", 4000, 80)
    rest = addresses + fields
    return SIGNATURE + struct.pack(">BBH", command, kind, len(rest)) + rest


WHO = request(target="/who")


@pytest.fixture(scope="module")
def behind():
    """A listener for balancers; 127.0.0.1 is one, and proxies at 192.0.2.99 are believed too."""
    with probe(proxy=1, trusted=["127.0.0.1", "192.0.2.99"], head_ms=400, loops=1) as server:
        yield server


def who(port, *pieces, pause=0.0):
    with Client(port) as client:
        for piece in pieces:
            client.send(piece)
            time.sleep(pause)
        return client.read_answer().text


@pytest.mark.parametrize("source, shown", [
    (CLIENT, CLIENT),
    ("2001:db8::9", "2001:db8::9"),
    ("::ffff:192.0.2.8", "192.0.2.8"),
    (None, "127.0.0.1"),
])
def test_the_client_is_who_the_balancer_says(behind, source, shown):
    assert f"client={shown} " in who(behind.port, header(source) + WHO)


def test_the_balancers_own_connections_are_its_own(behind):
    assert "client=127.0.0.1 " in who(behind.port, header(command=0x20) + WHO)


def test_the_header_may_come_in_pieces(behind):
    pieces = [bytes([byte]) for byte in header()]
    assert f"client={CLIENT} " in who(behind.port, *pieces, WHO[:9], WHO[9:], pause=0.003)


def test_fields_are_passed_over_and_tls_is_heard(behind):
    noise = b"\x04" + struct.pack(">H", 700) + bytes(700)
    tls = b"\x20" + struct.pack(">H", 5) + b"\x01" + bytes(4)
    assert "secure=0" in who(behind.port, header(fields=noise) + WHO)
    assert "secure=1" in who(behind.port, header(fields=noise + tls) + WHO)


def test_the_client_stays_for_all_requests_of_the_connection(behind):
    with Client(behind.port) as client:
        client.send(header() + WHO + WHO)
        assert f"client={CLIENT} " in client.read_answer().text
        assert f"client={CLIENT} " in client.read_answer().text
        client.send(WHO)
        assert f"client={CLIENT} " in client.read_answer().text


def test_what_the_client_writes_about_itself_is_not_believed(behind):
    lie = request(target="/who", headers=["X-Forwarded-For: 203.0.113.1", "X-Forwarded-Proto: https"])
    told = who(behind.port, header() + lie)
    assert f"client={CLIENT} " in told and "secure=0" in told
    # Behind the balancer another proxy that is believed: its word counts.
    told = who(behind.port, header("192.0.2.99") + lie)
    assert "client=203.0.113.1 " in told and "secure=1" in told


@pytest.mark.parametrize("first", [
    WHO,
    b"PROXY TCP4 192.0.2.7 127.0.0.1 4000 80\r\n",
    SIGNATURE + b"\x31\x11\0\0",
    SIGNATURE + b"\x21\x12\0\x0c" + bytes(12),
    SIGNATURE + b"\x21\x11\xff\xff",
    header() + header() + WHO,
])
def test_without_a_right_header_nothing_is_answered(behind, first):
    with Client(behind.port) as client:
        client.send(first)
        answer = client.read_answer()
        if first.startswith(header()):  # the second one is no HTTP
            assert answer.status == 400
        else:
            assert answer is None


def test_a_header_that_does_not_come_is_waited_for_within_its_deadline(behind):
    with Client(behind.port) as client:
        client.send(header()[:20])
        start = time.monotonic()
        assert client.is_closed(5)
        assert 0.2 < time.monotonic() - start < 2


def test_nobody_but_balancers_may_connect():
    with probe(proxy=1, trusted=["192.0.2.99"]) as server:
        with Client(server.port) as client:
            client.send(header() + WHO)
            assert client.read_answer() is None
        assert "proxied connection refused" in server.logged()
        assert "127.0.0.1" not in server.logged()


def test_elsewhere_the_header_is_bad_http():
    with probe(trusted=["127.0.0.1"]) as server:
        with Client(server.port) as client:
            client.send(header() + WHO)
            assert client.read_answer().status == 400
            assert client.is_closed()
        assert ask(server.port, target="/who").status == 200


HAPROXY = """
defaults
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  mode {mode}
frontend in
  bind 127.0.0.1:{port}
  bind [::1]:{port} v6only
  default_backend out
backend out
  server essaim 127.0.0.1:{upstream} {options}
"""


@contextlib.contextmanager
def haproxy_before(upstream, mode, options):
    binary = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")
    assert binary, "haproxy is not installed: ./dev test installs it"
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="essaim-haproxy-") as folder:
        conf = pathlib.Path(folder, "conf")
        conf.write_text(HAPROXY.format(port=port, upstream=upstream, mode=mode, options=options))
        with subprocess.Popen([binary, "-db", "-q", "-f", conf]) as server:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            try:
                yield port
            finally:
                server.terminate()


@pytest.mark.parametrize("mode", ["tcp", "http"])
def test_haproxy_is_understood(mode):
    with probe(proxy=1, trusted=["127.0.0.1"], loops=2) as server:
        options = "send-proxy-v2 proxy-v2-options crc32c,unique-id check inter 100"
        with haproxy_before(server.port, mode, options) as port:
            time.sleep(0.3)  # its health checks come as LOCAL
            with socket.create_connection(("127.0.0.1", port), 5, source_address=("127.9.8.7", 0)) as client:
                client.sendall(request(target="/who", headers=["Connection: close"]))
                assert b"client=127.9.8.7 " in b"".join(iter(lambda: client.recv(65536), b""))
            with socket.create_connection(("::1", port), 5) as client:
                client.sendall(request(target="/who", headers=["Connection: close"]))
                assert b"client=::1 " in b"".join(iter(lambda: client.recv(65536), b""))
        assert "refused" not in server.logged()


def test_version_1_is_refused_and_said_so():
    with probe(proxy=1, trusted=["127.0.0.1"]) as server:
        with haproxy_before(server.port, "tcp", "send-proxy") as port:
            with Client(port) as client:
                client.send(WHO)
                assert client.read_answer() is None
        assert "version 1" in server.logged()
