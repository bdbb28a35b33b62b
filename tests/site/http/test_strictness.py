"""What a server must refuse so that it and a proxy before it never disagree on where a request ends."""
import random

import pytest
from http_tools import Client, ask, nginx_before, probe, request

HELLO = request()


@pytest.fixture(scope="module")
def running():
    with probe(head_ms=2000, body_ms=2000, idle_ms=5000) as server:
        yield server


@pytest.fixture(scope="module")
def behind_nginx(running):
    with nginx_before(running.port) as port:
        if port is None:
            pytest.skip("nginx is not installed")
        yield port


def head(*lines):
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


POST = "POST /api/raw HTTP/1.1"
GET = "GET /hello HTTP/1.1"
HOST = "Host: localhost"
CHUNKED = "Transfer-Encoding: chunked"

# name, bytes, status direct
REFUSED = [
    ("two_content_lengths", head(POST, HOST, "Content-Length: 5", "Content-Length: 5") + b"hello", 400),
    ("two_different_content_lengths", head(POST, HOST, "Content-Length: 5", "Content-Length: 6") + b"hello!", 400),
    ("content_length_list", head(POST, HOST, "Content-Length: 5, 5") + b"hello", 400),
    ("content_length_plus", head(POST, HOST, "Content-Length: +5") + b"hello", 400),
    ("content_length_minus", head(POST, HOST, "Content-Length: -5") + b"hello", 400),
    ("content_length_hex", head(POST, HOST, "Content-Length: 0x5") + b"hello", 400),
    ("content_length_empty", head(POST, HOST, "Content-Length: ") + b"hello", 400),
    ("content_length_too_big", head(POST, HOST, "Content-Length: 99999999999999999999999") + b"hello", 400),
    ("chunked_and_length", head(POST, HOST, CHUNKED, "Content-Length: 5") + b"0\r\n\r\n", 400),
    ("length_and_chunked", head(POST, HOST, "Content-Length: 5", CHUNKED) + b"0\r\n\r\n", 400),
    ("unknown_transfer_encoding", head(POST, HOST, "Transfer-Encoding: gzip") + b"hello", 400),
    ("chunked_not_last", head(POST, HOST, "Transfer-Encoding: chunked, gzip") + b"0\r\n\r\n", 400),
    ("chunked_twice", head(POST, HOST, CHUNKED, CHUNKED) + b"0\r\n\r\n", 400),
    ("chunked_obscured", head(POST, HOST, "Transfer-Encoding: xchunked") + b"0\r\n\r\n", 400),
    ("chunked_in_1_0", head("POST /api/raw HTTP/1.0", HOST, CHUNKED) + b"0\r\n\r\n", 400),
    ("te_tab_value", head(POST, HOST, "Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n", 400),
    ("nul_in_header", head(GET, HOST, "X-A: a\0b"), 400),
    ("nul_in_target", head("GET /hel\0lo HTTP/1.1", HOST), 400),
    ("folded_header", head(GET, HOST, "X-A: a", " b"), 400),
    ("folded_header_with_tab", head(GET, HOST, "X-A: a", "\tb"), 400),
    ("folded_first_header", head(GET, " Host: localhost"), 400),
    ("space_before_colon", head(GET, HOST, "X-A : a"), 400),
    ("space_in_name", head(GET, HOST, "X A: a"), 400),
    ("no_name", head(GET, HOST, ": a"), 400),
    ("no_colon", head(GET, HOST, "Nonsense"), 400),
    ("no_host", head(GET), 400),
    ("two_hosts", head(GET, HOST, HOST), 400),
    ("empty_host", head(GET, "Host: "), 400),
    ("bare_cr_in_header", head(GET, HOST, "X-A: a\rX-B: b"), 400),
    ("bare_lf_line", b"GET /hello HTTP/1.1\nHost: localhost\n\n", 400),
    ("bare_lf_in_header", b"GET /hello HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n", 400),
    ("junk_method", head("G\x01T /hello HTTP/1.1", HOST), 400),
    ("lower_case_method", head("get /hello HTTP/1.1", HOST), 400),
    ("unknown_method", head("FROB /hello HTTP/1.1", HOST), 400),
    ("no_target", head("GET HTTP/1.1", HOST), 400),
    ("space_in_target", head("GET /hel lo HTTP/1.1", HOST), 400),
    ("high_bytes_in_target", head("GET /h\xe9 HTTP/1.1", HOST), 400),
    ("fragment_in_target", head("GET /hello#x HTTP/1.1", HOST), 400),
    ("relative_target", head("GET hello HTTP/1.1", HOST), 400),
    ("bad_percent", head("GET /%zz HTTP/1.1", HOST), 400),
    ("encoded_nul", head("GET /%00 HTTP/1.1", HOST), 400),
    ("http_0_9", head("GET /hello HTTP/0.9", HOST), 505),
    ("http_2_0", head("GET /hello HTTP/2.0", HOST), 505),
    ("http_1_2", head("GET /hello HTTP/1.2", HOST), 505),
    ("http_2_preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
    ("tls_hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ("other_expectation", head(POST, HOST, "Content-Length: 5", "Expect: magic") + b"hello", 417),
    ("chunk_size_junk", head(POST, HOST, CHUNKED) + b"zz\r\nhello\r\n0\r\n\r\n", 400),
    ("chunk_size_signed", head(POST, HOST, CHUNKED) + b"+5\r\nhello\r\n0\r\n\r\n", 400),
    ("chunk_size_0x", head(POST, HOST, CHUNKED) + b"0x5\r\nhello\r\n0\r\n\r\n", 400),
    ("chunk_size_huge", head(POST, HOST, CHUNKED) + b"ffffffffffffffffff\r\nhello\r\n0\r\n\r\n", 400),
    ("chunk_size_with_space", head(POST, HOST, CHUNKED) + b"5 \r\nhello\r\n0\r\n\r\n", 400),
    ("chunk_bare_lf", head(POST, HOST, CHUNKED) + b"5\nhello\n0\n\n", 400),
    ("chunk_longer_than_said", head(POST, HOST, CHUNKED) + b"5\r\nhello!\r\n0\r\n\r\n", 400),
    ("chunk_extension", head(POST, HOST, CHUNKED) + b"5;a=b\r\nhello\r\n0\r\n\r\n", 400),
    ("trailer", head(POST, HOST, CHUNKED) + b"5\r\nhello\r\n0\r\nX-A: b\r\n\r\n", 400),
    ("get_with_body", head(GET, HOST, "Content-Length: 5") + b"hello", 413),
    ("target_too_long", head("GET /" + "a" * 5000 + " HTTP/1.1", HOST), 414),
    ("headers_too_large", head(GET, HOST, *[f"X-{i}: {'a' * 300}" for i in range(30)]), 431),
    ("one_header_too_large", head(GET, HOST, "X-A: " + "a" * 9000), 431),
    ("too_many_headers", head(GET, HOST, *[f"X-{i}: a" for i in range(60)]), 431),
]


# Where the request ends is clear, only what it asks for is wrong: the connection lives on.
CLEAR = {"fragment_in_target", "bad_percent", "encoded_nul"}


@pytest.mark.parametrize("name, sent, status", REFUSED, ids=[case[0] for case in REFUSED])
def test_refuses(running, name, sent, status):
    with Client(running.port) as client:
        client.send(sent + HELLO)
        answer = client.read_answer()
        assert answer.status in (status if isinstance(status, tuple) else (status,)), answer.text
        # Nothing behind a request of unclear length is ever taken for another request.
        assert (answer.header("connection") == "close") == (name not in CLEAR)
        rest = client.read_answer()
        assert rest is None if name not in CLEAR else rest.text == "Hello, world!\n"


@pytest.mark.parametrize("sent", [case[1] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_one_request_through_nginx_is_one_answer(behind_nginx, sent):
    """Whatever nginx makes of it, the two of them agree on how many requests there were."""
    with Client(behind_nginx) as client:
        client.send(sent + request(target="/who", headers=["X-Last: 1", "Connection: close"]))
        answers = []
        while (answer := client.read_answer()) is not None:
            answers.append(answer)
            if answer.header("connection") == "close":
                break
        assert 1 <= len(answers) <= 3
        assert sum("client=" in answer.text for answer in answers if answer.status == 200) <= 1


ACCEPTED = [
    ("plain", HELLO, "Hello"),
    ("blank_line_before", b"\r\n" + HELLO, "Hello"),
    ("absolute_target", head("GET http://localhost/hello HTTP/1.1", HOST), "Hello"),
    ("http_1_0_without_host", head("GET /hello HTTP/1.0"), "Hello"),
    ("header_names_in_any_case", head(GET, "hOST: localhost", "ACCEPT-encoding: identity"), "Hello"),
    ("chunked", head(POST, HOST, CHUNKED) + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "bytes=11"),
    ("chunked_upper_hex", head(POST, HOST, "transfer-encoding: Chunked") + b"B\r\nhello world\r\n0\r\n\r\n",
     "bytes=11"),
    ("chunked_leading_zeros", head(POST, HOST, CHUNKED) + b"000b\r\nhello world\r\n00\r\n\r\n", "bytes=11"),
    ("length", head(POST, HOST, "Content-Length: 5") + b"hello", "bytes=5"),
    ("length_zero", head(POST, HOST, "Content-Length: 0"), "bytes=0"),
    ("no_length", head(POST, HOST), "bytes=0"),
    ("upgrade_is_ignored", head(GET, HOST, "Connection: Upgrade", "Upgrade: h2c"), "Hello"),
    ("empty_header_value", head(GET, HOST, "X-A:", "X-B: "), "Hello"),
]


@pytest.mark.parametrize("sent, said", [case[1:] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
@pytest.mark.parametrize("piece", [100000, 1, 7])
def test_accepts_in_any_pieces(running, sent, said, piece):
    with Client(running.port) as client:
        for at in range(0, len(sent), piece):
            client.send(sent[at:at + piece])
        answer = client.read_answer()
        assert answer.status == 200
        assert said in answer.text


def test_expect_100_continue(running):
    with Client(running.port) as client:
        client.send(head(POST, HOST, "Content-Length: 5", "Expect: 100-continue"))
        assert client.read_answer().status == 100
        client.send(b"hello")
        assert "bytes=5" in client.read_answer().text
    with Client(running.port) as client:
        client.send(head(POST, HOST, "Content-Length: 50000000", "Expect: 100-continue"))
        assert client.read_answer().status == 413


def test_pipelined_requests_are_answered_in_order(running):
    """The slow first one holds back the quick second one, and none is lost."""
    with Client(running.port) as client:
        client.send(request(target="/slow?ms=200") + HELLO + request(target="/big?size=300000")
                    + request("POST", "/api/raw", body=b"hello") + request("HEAD", "/who") + HELLO)
        assert client.read_answer().text == "at last\n"
        assert client.read_answer().text == "Hello, world!\n"
        assert len(client.read_answer().body) == 300000
        assert "bytes=5" in client.read_answer().text
        assert client.read_answer(head_only=True).status == 200
        assert client.read_answer().text == "Hello, world!\n"


def test_a_thousand_pipelined_requests(running):
    with Client(running.port) as client:
        client.send(HELLO * 1000 + request(headers=["Connection: close"]))
        for _ in range(1001):
            assert client.read_answer().text == "Hello, world!\n"
        assert client.is_closed()


def test_keep_alive_and_close(running):
    with Client(running.port) as client:
        for _ in range(3):
            client.send(HELLO)
            assert client.read_answer().header("connection") == ""
        client.send(request(headers=["Connection: close"]))
        assert client.read_answer().header("connection") == "close"
        assert client.is_closed()
    with Client(running.port) as client:
        client.send(request(version="HTTP/1.0", headers=["Connection: keep-alive"]))
        assert client.read_answer().header("connection") == "keep-alive"
        client.send(request(version="HTTP/1.0"))
        assert client.read_answer().header("connection") == "close"
        assert client.is_closed()


def test_a_half_closed_client_still_gets_its_answer(running):
    with Client(running.port) as client:
        client.send(request(target="/slow?ms=200"))
        client.socket.shutdown(1)
        assert client.read_answer().text == "at last\n"


def test_a_client_that_leaves_early_harms_nobody(running):
    for _ in range(20):
        with Client(running.port) as client:
            client.send(request(target="/slow?ms=50") + HELLO)
    assert ask(running.port).status == 200


def test_methods(running):
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        answer = ask(running.port, method, "/who")
        assert answer.status == 405
        assert answer.header("allow") == "GET, HEAD, POST, OPTIONS"
    assert ask(running.port, "OPTIONS", "/who").header("allow") == "GET, HEAD, POST, OPTIONS"
    assert ask(running.port, "OPTIONS", "*").status in (204, 404)
    head_answer = ask(running.port, "HEAD", "/big?size=5000")
    assert head_answer.status == 200 and head_answer.header("content-length") == "5000"
    assert ask(running.port, "GET", "/nothing").status == 404


def test_10000_random_byte_strings(running):
    chance = random.Random(20261123)
    starts = [b"", b"GET ", b"GET /hello HTTP/1.1\r\n", b"POST /en/form HTTP/1.1\r\nHost: a\r\n",
              b"POST /en/upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n"
              b"Content-Length: 100\r\n\r\n--x\r\n", head(POST, HOST, CHUNKED)]
    for _ in range(10000):
        with Client(running.port) as client:
            client.send(chance.choice(starts) + chance.randbytes(chance.randrange(1, 200)))
    assert running.process.poll() is None
    assert ask(running.port).status == 200
