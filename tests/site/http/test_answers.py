"""Compression, validators, cache, limits, hosts, proxies, static files, headers of every answer."""
import gzip
import re
import resource
import shutil
import subprocess
import threading
import time

import pytest
from http_tools import Client, ask, nginx_before, probe, request


@pytest.fixture(scope="module")
def running():
    with probe(loops=2) as server:
        yield server


def fresh(port, accept=None, target="/big?size=20000", more=()):
    headers = list(more) + ([f"Accept-Encoding: {accept}"] if accept is not None else [])
    return ask(port, "GET", target, headers)


@pytest.mark.parametrize("accept, chosen", [
    (None, ""), ("", ""), ("identity", ""), ("gzip", "gzip"), ("x-gzip", "gzip"), ("br", "br"), ("zstd", "zstd"),
    ("gzip, br", "br"), ("gzip, deflate, br, zstd", "zstd"), ("gzip;q=1.0, br;q=0.5", "gzip"),
    ("br;q=0, gzip", "gzip"), ("gzip;q=0", ""), ("*", "zstd"), ("*;q=0", ""), ("gzip, *;q=0", "gzip"),
    ("zstd;q=0, *", "br"), ("GZIP", "gzip"), ("gzip;q=nonsense", ""), ("deflate", ""), ("gzip ; q=0.001", "gzip"),
])
def test_encoding_is_negotiated(running, accept, chosen):
    plain = fresh(running.port).body
    answer = fresh(running.port, accept)
    assert answer.header("content-encoding") == chosen
    assert "Accept-Encoding" in answer.header("vary")
    if chosen:
        assert len(answer.body) < len(plain)
    if chosen == "gzip":
        assert gzip.decompress(answer.body) == plain
    tool = {"br": "brotli", "zstd": "zstd"}.get(chosen)
    if tool and shutil.which(tool):
        assert subprocess.run([tool, "-dc"], input=answer.body, capture_output=True, check=True).stdout == plain


def test_small_answers_stay_plain(running):
    assert fresh(running.port, "gzip", "/big?size=100").header("content-encoding") == ""


def test_etag_and_304(running):
    first = fresh(running.port)
    etag = first.header("etag")
    assert re.fullmatch(r'"[\w-]{16}"', etag)
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = fresh(running.port, more=[f"If-None-Match: {sent}"])
        assert again.status == 304 and again.header("etag") == etag and again.header("content-length") == ""
    for sent in ('"other"', etag[:-2] + '"', "nonsense"):
        assert fresh(running.port, more=[f"If-None-Match: {sent}"]).status == 200
    assert fresh(running.port, "gzip").header("etag") != etag
    with Client(running.port) as client:  # a 304 leaves the connection in order
        client.send(request(target="/big?size=20000", headers=[f"If-None-Match: {etag}"]) + request())
        assert client.read_answer().status == 304
        assert client.read_answer().text == "Hello, world!\n"


def test_if_modified_since(running):
    for sent, status in (("Mon, 23 Nov 2026 13:00:00 GMT", 304), ("Mon, 23 Nov 2026 14:00:00 GMT", 304),
                         ("Mon, 23 Nov 2026 12:59:59 GMT", 200), ("yesterday", 200)):
        assert ask(running.port, "GET", "/dated", [f"If-Modified-Since: {sent}"]).status == status
    # If-None-Match decides alone where both are sent.
    assert ask(running.port, "GET", "/dated", ['If-None-Match: "x"',
               "If-Modified-Since: Mon, 23 Nov 2026 13:00:00 GMT"]).status == 200


def renders(answers):
    return {int(re.match(r"render (\d+)", answer.text).group(1)) for answer in answers}


def test_cache_is_single_flight():
    with probe(loops=2, workers=8) as server:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(ask(server.port, "GET", "/en/counted")))
                   for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 30 and renders(answers) == {1}
        etag = answers[0].header("etag")
        assert ask(server.port, "GET", "/en/counted", [f"If-None-Match: {etag}"]).status == 304
        assert ask(server.port, "HEAD", "/en/counted").header("etag") == etag
        # Another language, host, encoding or theme is another answer; a session makes it personal.
        assert renders([ask(server.port, "GET", "/fr/counted")]) == {2}
        assert renders([ask(server.port, "GET", "/en/counted", host="other")]) == {3}
        assert renders([ask(server.port, "GET", "/en/counted", ["Cookie: theme=dark"])]) == {4}
        assert renders([ask(server.port, "GET", "/en/counted", ["Cookie: session=x"])]) == {5}
        assert renders([ask(server.port, "GET", "/en/counted", ["Authorization: Bearer x"])]) == {6}
        assert renders([ask(server.port, "GET", "/en/counted")]) == {1}
        time.sleep(1.1)
        assert renders([ask(server.port, "GET", "/en/counted")]) == {7}


def test_a_failing_page_is_not_kept_and_all_waiters_are_answered():
    with probe(loops=2, workers=4) as server:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(ask(server.port, "GET", "/en/failing")))
                   for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status for answer in answers] == [409] * 12


def test_waiters_that_leave_harm_nobody():
    with probe(loops=1, workers=2) as server:
        for target in ("/en/counted", "/en/failing"):
            for _ in range(10):
                with Client(server.port) as client:
                    client.send(request(target=target))
        time.sleep(0.3)
        assert ask(server.port, "GET", "/en/counted").status == 200


def test_rate_limit():
    with probe(loops=1, limits=1) as server:
        with Client(server.port) as client:
            statuses = []
            for _ in range(80):
                client.send(request(target="/limited"))
                answer = client.read_answer()
                statuses.append(answer.status)
        assert statuses[:60] == [200] * 60 and statuses[-1] == 429
        assert 1 <= int(answer.header("retry-after")) <= 5
        assert ask(server.port, "GET", "/hello").status == 200
        assert ask(server.port, "GET", "/en/page").status == 200


def test_too_much_work_is_refused_at_once():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with probe(loops=1, workers=1) as server:
        clients = [Client(server.port, 30) for _ in range(1200)]
        for client in clients:
            client.send(request(target="/slow?ms=3", headers=["Connection: close"]))
        answers = [client.read_answer() for client in clients]
        assert {answer.status for answer in answers} == {200, 503}
        assert all(answer.header("retry-after") for answer in answers if answer.status == 503)
        for client in clients:
            client.socket.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def said(answer):
    return dict(pair.split("=", 1) for pair in answer.text.split())


def test_proxies_are_believed_only_when_trusted():
    forged = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"]
    with probe(loops=1) as server:
        who = said(ask(server.port, "GET", "/who", forged))
        assert who["client"] == "127.0.0.1" and who["secure"] == "0"
    with probe(loops=1, trusted=["127.0.0.0/8", "10.0.0.0/8"]) as server:
        assert said(ask(server.port, "GET", "/who"))["client"] == "127.0.0.1"
        for sent, client in [(["x-forwarded-for: 203.0.113.9"], "203.0.113.9"),
                             (["X-FORWARDED-FOR: 192.0.2.1, 203.0.113.9, 10.1.1.1"], "203.0.113.9"),
                             (["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
                             (["X-Forwarded-For: [2001:db8::1]:80"], "2001:db8::1"),
                             (["X-Forwarded-For: 203.0.113.9:1234"], "203.0.113.9"),
                             (["X-Forwarded-For: junk"], "127.0.0.1"),
                             (["X-Forwarded-For: 192.0.2.1, junk, 10.1.1.1"], "10.1.1.1"),
                             (["X-Forwarded-For: 10.1.1.1, 10.1.1.2"], "10.1.1.1")]:
            assert said(ask(server.port, "GET", "/who", sent))["client"] == client, sent
        secure = ask(server.port, "GET", "/who", ["X-Forwarded-Proto: https", "Cookie: theme=no; __Host-theme=dark"])
        assert said(secure)["secure"] == "1" and said(secure)["theme"] == "dark"
        assert secure.header("strict-transport-security") != ""
        cookie = ask(server.port, "GET", "/cookie", ["x-forwarded-proto: https"]).header("set-cookie")
        assert cookie.startswith("__Host-session=abc; Path=/; HttpOnly; SameSite=Lax; Secure")
        with nginx_before(server.port) as port:
            if port:
                assert said(ask(port, "GET", "/who", ["X-Forwarded-For: 203.0.113.9"]))["secure"] == "1"


def test_host_check():
    with probe(loops=1, host=["example.org", "[::1]"]) as server:
        for host, status in (("example.org", 200), ("EXAMPLE.org:8080", 200), ("[::1]:80", 200),
                             ("evil.example", 421), ("example.org.evil", 421), ("example.org:80:80", 421)):
            assert ask(server.port, "GET", "/who", host=host).status == status, host
        assert ask(server.port, "GET", "http://evil.example/who", host="example.org").status == 421
        assert ask(server.port, "GET", "/hello", host="192.0.2.1").status == 200  # health, announces: by address too


@pytest.mark.parametrize("headers, here", [
    ([], "1"), (["Sec-Fetch-Site: same-origin"], "1"), (["Sec-Fetch-Site: none"], "1"),
    (["Sec-Fetch-Site: cross-site"], "0"), (["Sec-Fetch-Site: same-site"], "0"),
    (["Origin: http://localhost"], "1"), (["Origin: https://localhost"], "0"), (["Origin: http://evil.example"], "0"),
    (["Origin: null"], "0"),
])
def test_requests_from_elsewhere_are_known(running, headers, here):
    answer = ask(running.port, "POST", "/who", headers)
    assert said(answer)["here"] == here


def test_every_answer_is_guarded(running):
    for target in ("/hello", "/en/page", "/nothing", "/greedy", "/assets/style.0123.css", "/en", "/%zz"):
        answer = ask(running.port, "GET", target)
        policy = answer.header("content-security-policy")
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("referrer-policy") == "same-origin"
        assert answer.header("cross-origin-opener-policy") == "same-origin"
        assert "camera=()" in answer.header("permissions-policy")
        assert re.fullmatch(r"[0-9a-f]{16}", answer.header("x-request-id"))
        assert answer.header("strict-transport-security") == ""
    bare = ask(running.port, "GET", "/announce?info_hash=%00%ff")
    assert bare.status == 200 and len(bare.headers) <= 5


def test_assets(running):
    answer = ask(running.port, "GET", "/assets/style.0123.css")
    assert answer.text == "body { color: black }\n" and "immutable" in answer.header("cache-control")
    again = ask(running.port, "GET", "/assets/style.0123.css", [f"If-None-Match: {answer.header('etag')}"])
    assert again.status == 304
    assert ask(running.port, "GET", "/assets/style.0123.css", ["Accept-Encoding: br"]).text == "(br)"
    other = ask(running.port, "GET", "/assets/style.0123.css", ["Accept-Encoding: zstd"])
    assert other.header("content-encoding") == ""
    assert ask(running.port, "GET", "/robots.txt").header("cache-control") == "public, max-age=3600"
    assert ask(running.port, "POST", "/robots.txt", body=b"x").status in (404, 405, 413)


def test_addresses(running):
    assert ask(running.port, "GET", "/en/torrent/12/a%20b%2Fc").text == "id=12 slug=a b/c\n"
    assert ask(running.port, "GET", "/t/00ff.torrent").text == "id=00ff slug=\n"
    for target in ("/de/page", "/en/torrent/12", "/t/.torrent", "//en/page", "/en//page", "/EN/page"):
        assert ask(running.port, "GET", target).status in (404, 308), target
    answer = ask(running.port, "GET", "/en?x=1")
    assert answer.status == 308 and answer.header("location") == "/en/?x=1"
    assert ask(running.port, "GET", "/en/page/").header("location") == "/en/page"
    for target in ("//evil.example", "///evil.example/", "//evil.example/root/", "/\\evil.example/root/", "//root/"):
        assert not ask(running.port, "GET", target).header("location").startswith(("//", "/\\"))


def test_language_of_errors(running):
    assert "[fr]" in ask(running.port, "GET", "/nothing", ["Accept-Language: fr-FR, en;q=0.5"]).text
    assert "[fr]" in ask(running.port, "GET", "/nothing", ["Cookie: language=fr", "Accept-Language: en"]).text
    assert "[en]" in ask(running.port, "GET", "/nothing", ["Accept-Language: de"]).text


def test_memory_of_a_request_is_bounded(running):
    assert ask(running.port, "GET", "/greedy").status == 503
    assert ask(running.port, "GET", "/hello").status == 200


def test_log_names_no_address():
    with probe(loops=1) as server:
        shown = ask(server.port, "GET", "/who").header("x-request-id")
        time.sleep(0.1)
        assert f"id={shown} route=/who status=200 ms=" in server.logged()
        assert "127.0.0.1" not in server.logged()
    with probe(loops=1, addresses=1) as server:
        ask(server.port, "GET", "/who")
        time.sleep(0.1)
        assert "address=127.0.0.1" in server.logged()


def test_two_servers_never_share_a_port(running):
    done = subprocess.run([running.process.args[0], f"listen=127.0.0.1:{running.port}"], capture_output=True,
                          text=True, timeout=10, check=False)
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{running.port}: Address already in use" in done.stderr
