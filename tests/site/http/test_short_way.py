"""Announces go the short way, many in one write: in order, whole, within limits, and told apart by nothing."""
import re
import socket
import time

import pytest
from http_tools import Client, ask, probe, request


@pytest.fixture(scope="module")
def server():
    with probe(loops=1, idle_ms=1500, write_ms=700) as running:
        yield running


def short(size, *headers, **settings):
    return request(target=f"/short?{size}", headers=headers, **settings)


def body(size):
    return bytes(ord("a") + i % 23 for i in range(size))


def without_date(answer):
    return [(key, value) for key, value in answer.headers if key != "date"]


@pytest.mark.parametrize("size", [1, 9, 10, 99, 100, 999, 1000, 4096])
def test_both_ways_answer_the_same(server, size):
    by_short = ask(server.port, target=f"/short?{size}")
    by_long = ask(server.port, target=f"/short?{size}", headers=["Content-Length: 0"])
    assert by_short.status == by_long.status == 200
    assert by_short.body == by_long.body == body(size)
    assert without_date(by_short) == without_date(by_long)
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", by_short.header("date"))


def test_a_burst_is_answered_in_order_and_between_other_answers(server):
    sizes = [1 + 37 * n % 900 for n in range(300)]
    with Client(server.port) as client:
        for n, size in enumerate(sizes):
            client.send(short(size) + (request(target="/who") if n % 7 == 0 else b""))
        for n, size in enumerate(sizes):
            assert client.read_answer().body == body(size)
            if n % 7 == 0:
                assert client.read_answer().text.startswith("client=")


def test_a_burst_in_one_write_comes_in_few_packets(server):
    """One write a burst: the answers to 20 requests arrive in one piece or two, not in 20."""
    with Client(server.port) as client:
        client.send(short(100) * 20)
        time.sleep(0.3)
        assert client.more().count(b"HTTP/1.1 200 OK") == 20


def test_a_burst_cut_anywhere_is_put_together(server):
    whole = short(5) + short(50) + short(500)
    for cut in range(1, len(whole), 7):
        with Client(server.port) as client:
            client.send(whole[:cut])
            time.sleep(0.002)
            client.send(whole[cut:])
            assert [len(client.read_answer().body) for _ in range(3)] == [5, 50, 500]


def test_close_is_heard_and_what_follows_is_not(server):
    with Client(server.port) as client:
        client.send(short(7) + short(8, "Connection: close") + short(9))
        assert len(client.read_answer().body) == 7
        last = client.read_answer()
        assert len(last.body) == 8 and last.header("connection") == "close"
        assert client.is_closed()
        assert not client.held
    with Client(server.port) as client:
        client.send(short(8, "Connection: close"))
        assert len(client.read_answer().body) == 8
        assert client.is_closed()


@pytest.mark.parametrize("odd, status", [
    (request(target="/short?5", host=None), 400),
    (short(5, "Host: other"), 400),
    (short(5, "X-Bad : 1"), 400),
    (short(5, "X-Bad: \x01"), 400),
    (short(5, " folded"), 400),
    (short(5, "Content-Length: 3") + b"abc", 413),
    (short(5, "Transfer-Encoding: chunked", "Content-Length: 3"), 400),
    (short(5, "Expect: nothing"), 417),
    (b"GET /short?5 HTTP/1.1\nHost: localhost\n\n", 400),
    (b"GET /short?5#x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /short?" + b"5" * 4100 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    (request(target="/short?5", headers=[f"X-{n}: 1" for n in range(60)]), 431),
    (request("POST", "/short?5"), 405),
    (request("HEAD", "/short?5"), 200),
    (request(target="/short?5", version="HTTP/1.0"), 200),
    (request(target="/%73hort?5"), 404),
])
def test_what_is_not_plain_is_judged_the_long_way(server, odd, status):
    with Client(server.port) as client:
        client.send(short(3) + odd)
        assert len(client.read_answer().body) == 3
        assert client.read_answer(head_only=odd.startswith(b"HEAD")).status == status


def test_limits_hold_for_each_address():
    with probe(loops=1, limits=1) as server:
        with Client(server.port) as client:
            client.send(short(5) * 100)
            seen = [client.read_answer().status for _ in range(100)]
        assert seen[:60] == [200] * 60 and seen[-1] == 429


def test_a_reader_that_does_not_read_is_cut_off_and_holds_up_nobody(server):
    burst = short(4096) * 200
    with Client(server.port, timeout=20) as lazy:
        lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.socket.setblocking(False)
        start = time.monotonic()
        slowest, sent = 0.0, 0
        while time.monotonic() - start < 10:
            try:
                sent += lazy.socket.send(burst)
            except BlockingIOError:
                pass
            except (ConnectionResetError, BrokenPipeError):
                break
            before = time.monotonic()
            assert ask(server.port, target="/short?5").status == 200
            slowest = max(slowest, time.monotonic() - before)
            time.sleep(0.02)
        else:
            raise AssertionError("it was never cut off")
        assert slowest < 0.5


def test_a_slow_reader_gets_everything(server):
    with Client(server.port, timeout=20) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        client.send(short(4096) * 150)
        for n in range(150):
            if n % 25 == 0:
                time.sleep(0.2)
            assert client.read_answer().body == body(4096)


def test_idle_connections_still_end(server):
    with Client(server.port) as client:
        client.send(short(5))
        assert client.read_answer().status == 200
        start = time.monotonic()
        assert client.is_closed(5)
        assert 0.8 < time.monotonic() - start < 4


def test_a_server_that_stops_answers_what_has_arrived_and_closes():
    with probe(loops=1) as server:
        with Client(server.port) as client:
            client.send(short(5))
            assert client.read_answer().status == 200
            server.process.send_signal(15)
            assert client.is_closed(5)
