"""Slow heads, slow bodies, slow readers and idle clients are cut off by absolute deadlines."""
import os
import signal
import socket
import threading
import time

import pytest
from http_tools import Client, ask, probe, request

HELLO = request()


@pytest.fixture(scope="module")
def hasty():
    with probe(head_ms=300, body_ms=400, idle_ms=500, write_ms=400, loops=1) as server:
        yield server


def drip(client, data, pause=0.05, most=40):
    """Sends byte by byte until the server has had enough; returns the seconds that took."""
    start = time.monotonic()
    client.socket.settimeout(pause)
    for byte in data[:most]:
        client.send(bytes([byte]))
        try:
            if not client.more() or client.held:
                break
        except TimeoutError:
            continue
    client.socket.settimeout(5)
    return time.monotonic() - start


def test_a_dripping_head_is_cut_off(hasty):
    with Client(hasty.port) as client:
        took = drip(client, b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 100)
        assert 0.2 < took < 1.5
        assert client.read_answer().status == 408
        assert client.is_closed(5)


def test_a_dripping_body_is_cut_off(hasty):
    with Client(hasty.port) as client:
        client.send(request("POST", "/api/raw", ["Content-Length: 1000"]))
        took = drip(client, b"a" * 100)
        assert 0.2 < took < 1.5
        assert client.read_answer().status == 408


def test_a_steady_body_is_cut_off_at_its_absolute_deadline(hasty):
    """Fast enough by rate, but never done."""
    with Client(hasty.port) as client:
        client.send(request("POST", "/api/raw", ["Content-Length: 3000000"]))
        start = time.monotonic()
        while time.monotonic() - start < 5 and not client.held:
            client.send(b"a" * 2000)
            client.socket.settimeout(0.02)
            try:
                if not client.more():
                    break
            except TimeoutError:
                continue
        assert time.monotonic() - start < 1.5
        client.socket.settimeout(5)
        assert client.read_answer().status == 408


def test_an_idle_client_is_let_go(hasty):
    with Client(hasty.port) as client:
        start = time.monotonic()
        assert client.is_closed(5)
        assert 0.4 < time.monotonic() - start < 1.5
    with Client(hasty.port) as client:
        client.send(HELLO)
        assert client.read_answer().status == 200
        start = time.monotonic()
        assert client.is_closed(5)
        assert 0.4 < time.monotonic() - start < 1.5


def test_a_reader_that_stops_reading_is_cut_off(hasty):
    with Client(hasty.port) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(request(target="/big?size=30000000"))
        time.sleep(1.5)
        start, got = time.monotonic(), 0
        while piece := client.more():
            got += len(piece)
            client.held = b""
        assert got < 30000000 and time.monotonic() - start < 5


def test_a_slow_reader_that_goes_on_gets_everything(hasty):
    with Client(hasty.port) as client:
        client.send(request(target="/big?size=6000000"))
        for _ in range(20):
            time.sleep(0.05)
            client.more()
        assert len(client.read_answer().body) == 6000000


def test_a_slow_handler_is_waited_for(hasty):
    assert ask(hasty.port, "GET", "/slow?ms=900").text == "at last\n"


def test_sigterm_finishes_what_is_under_way():
    with probe(loops=2) as server:
        said, refused = [], []

        def slow():
            said.append(ask(server.port, "GET", "/slow?ms=600"))

        threads = [threading.Thread(target=slow) for _ in range(6)]
        idle = [Client(server.port) for _ in range(5)]
        for thread in threads:
            thread.start()
        with Client(server.port) as uploading:
            uploading.send(request("POST", "/api/raw", ["Content-Length: 10"]) + b"hello")
            time.sleep(0.2)
            os.kill(server.process.pid, signal.SIGTERM)
            time.sleep(0.2)
            for client in idle:
                assert client.is_closed(2)
                client.socket.close()
            try:
                with socket.create_connection(("127.0.0.1", server.port), 1):
                    pass
            except OSError:
                refused.append(True)
            uploading.send(b"world")
            assert "bytes=10" in uploading.read_answer().text
            assert uploading.is_closed()
        for thread in threads:
            thread.join()
        assert [answer.text for answer in said] == ["at last\n"] * 6
        assert all(answer.header("connection") == "close" for answer in said)
        assert refused
        assert server.process.wait(5) == 0


def test_a_full_house_drops_who_idles_longest():
    with probe(loops=1, connections=20, idle_ms=60000) as server:
        idle = [Client(server.port) for _ in range(21)]
        time.sleep(0.2)
        for _ in range(5):
            assert ask(server.port).status == 200
        assert idle[0].is_closed(1)
        for client in idle:
            client.socket.close()


def test_without_descriptors_the_server_still_answers():
    with probe(loops=1, idle_ms=60000) as server:
        import resource
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (40, 40))
        idle = [Client(server.port) for _ in range(60)]
        time.sleep(0.3)
        assert ask(server.port).status == 200
        used = sum(map(int, open(f"/proc/{server.process.pid}/stat").read().split()[13:15]))
        time.sleep(0.5)
        later = sum(map(int, open(f"/proc/{server.process.pid}/stat").read().split()[13:15]))
        assert later - used < 25, "spins without descriptors"
        for client in idle:
            client.socket.close()
