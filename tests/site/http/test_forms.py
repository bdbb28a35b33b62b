"""Declared forms: url-encoded, multipart in any pieces, faults beside their field."""
import hashlib
import random

import pytest
from http_tools import Client, ask, probe, request

URLENCODED = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def running():
    with probe(loops=1) as server:
        yield server


def post(running, body, target="/en/form", content_type=URLENCODED):
    return ask(running.port, "POST", target, [content_type] if content_type else [], body=body)


def test_fields_are_decoded(running):
    text = post(running, b"title=%C3%A9t%C3%A9+2026&words=a%0D%0Ab%0Dc&secret=+x+&age=7&kind=two&yes=on&csrf=tok").text
    assert "title: given=1 number=0 bytes=10" in text
    assert f"words: given=1 number=0 bytes=5 file= sha1={hashlib.sha1(bytes([97, 10, 98, 10, 99])).hexdigest()}" in text
    assert f"secret: given=1 number=0 bytes=3 file= sha1={hashlib.sha1(b' x ').hexdigest()}" in text
    assert "age: given=1 number=7" in text and "csrf=tok" in text and "error" not in text


@pytest.mark.parametrize("body, error", [
    (b"", "title missing"), (b"title=", "title missing"), (b"title=+++", "title missing"),
    (b"title=" + b"a" * 21, "title too_long"), (b"title=%ff", "title not_utf8"),
    (b"title=a%00b", "title control_character"), (b"title=a%0Ab", "title control_character"),
    (b"title=a&age=x", "age not_a_number"), (b"title=a&age=151", "age out_of_range"),
    (b"title=a&age=99999999999999999999", "age not_a_number"), (b"title=a&kind=three", "kind unknown_choice"),
    (b"title=a&kind=one|two", "kind unknown_choice"), (b"title=a&yes=maybe", "yes unknown_choice"),
    (b"title=a&title=b", "title duplicate_field"), (b"title=a&words=%01", "words control_character"),
])
def test_faults_stand_beside_their_field(running, body, error):
    assert f"error {error}" in post(running, body).text


def test_all_faults_are_told_at_once(running):
    assert post(running, b"title=&age=x&kind=no").text.count("error ") == 3


@pytest.mark.parametrize("body, status, words", [
    (b"title=a&nope=1", 422, "undeclared_field nope"), (b"title=%zz", 400, "bad_encoding"),
    (b"title=%e", 400, "bad_encoding"), (b"&".join(b"csrf=1" for _ in range(65)), 422, "too_many_fields"),
])
def test_wrong_forms_are_refused(running, body, status, words):
    answer = post(running, body)
    assert answer.status == status and words in answer.text


def test_content_types(running):
    for content_type in (None, "Content-Type: text/plain", "Content-Type: application/json",
                         "Content-Type: multipart/form-data; boundary=x"):
        assert post(running, b"title=a", content_type=content_type).status == 415
    assert post(running, b"title=a", content_type=URLENCODED + "; charset=UTF-8").status == 200
    assert post(running, b"csrf=a", "/en/button").status == 200
    assert post(running, b"other=a", "/en/button").status == 422
    assert ask(running.port, "POST", "/en/button").status == 200
    assert post(running, b'{"any": "json"}', "/api/raw", "Content-Type: application/json").text.startswith("bytes=15")


def test_query_of_a_form_is_checked(running):
    assert ask(running.port, "GET", "/en/form?title=a").status == 200
    assert ask(running.port, "GET", "/en/form?title=a&nope=1").status == 422
    assert ask(running.port, "GET", "/en/form?title=a&utm_source=x&fbclid=y").status == 200
    assert ask(running.port, "GET", "/en/page?utm_source=x").status == 200


def test_bodies_are_bounded(running):
    assert post(running, b"title=" + b"a" * 70000).status == 413
    assert post(running, b"x", "/api/none").status == 413
    with Client(running.port) as client:
        client.send(request("POST", "/en/form", [URLENCODED, "Transfer-Encoding: chunked"]))
        for _ in range(40):
            client.send(b"1000\r\n" + b"a" * 4096 + b"\r\n")
        assert client.read_answer().status == 413


def part(name, content, more=""):
    disposition = f'--XyZ\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return disposition.encode() + content + b"\r\n"


END = b"--XyZ--\r\n"
MULTIPART = "Content-Type: multipart/form-data; boundary=XyZ"


def upload(running, body, target="/en/upload", content_type=MULTIPART):
    return post(running, body, target, content_type)


@pytest.mark.parametrize("content", [
    b"a", b"\r\n", b"\r\n--XyZ", b"--XyZ--", b"\r\n--Xy", b"\r", b"\r\n-" * 5000, b"\0" * 100000,
    random.Random(1).randbytes(1000000), b"\r\n--XyY" * 20000,
], ids=["one", "crlf", "near_delimiter", "bare_delimiter", "start", "cr", "dashes", "zeros", "random", "almost"])
@pytest.mark.parametrize("pieces", [None, 1000])
def test_file_content_is_exact(running, content, pieces):
    if content == b"\r\n--XyZ":
        content = b"\r\n--XyA"
    body = part("title", b"T") + part("file", content, '; filename="a b.torrent"') + part("csrf", b"tok") + END
    with Client(running.port, 30) as client:
        client.send(request("POST", "/en/upload", [MULTIPART, f"Content-Length: {len(body)}"]))
        for at in range(0, len(body), pieces or len(body)):
            client.send(body[at:at + (pieces or len(body))])
        answer = client.read_answer()
    expected = f"bytes={len(content)} file=a b.torrent sha1={hashlib.sha1(content).hexdigest()}"
    assert answer.status == 200 and expected in answer.text and "csrf=tok" in answer.text


def test_multipart_byte_by_byte(running):
    body = b"preamble\r\n" + part("file", b"hello", '; filename="x"') + part("title", b"") + END + b"epilogue"
    with Client(running.port, 30) as client:
        client.send(request("POST", "/en/upload", [MULTIPART, "Transfer-Encoding: chunked"]))
        for byte in body:
            client.send(b"1\r\n" + bytes([byte]) + b"\r\n")
        client.send(b"0\r\n\r\n")
        assert "bytes=5 file=x" in client.read_answer().text


@pytest.mark.parametrize("disposition, name", [
    ('; filename="a.torrent"', "a.torrent"), ("; filename=a.torrent", "a.torrent"),
    ('; filename="C:\\\\dir\\\\a.torrent"', "a.torrent"), ('; filename="../../etc/passwd"', "passwd"),
    ('; filename="say \\"hi\\".torrent"', 'say "hi".torrent'), ("; filename*=UTF-8''%c3%a9.torrent", "é.torrent"),
    ('; filename="é.torrent"', "é.torrent"),
])
def test_file_names(running, disposition, name):
    answer = upload(running, part("file", b"hello", disposition) + END)
    assert f"file={name} " in answer.text


@pytest.mark.parametrize("body, said", [
    (part("file", b"", '; filename=""') + END, "error file missing"),
    (part("title", b"a") + END, "error file missing"),
    (part("file", b"a") + part("file", b"b") + END, "error file duplicate_field"),
    (part("file", b"a") + part("title", b"a" * 21) + END, "error title too_long"),
    (part("file", b"a") + part("title", b"a" * 100000) + END, "error title too_long"),
    (part("file", b"a" * (2 * 1024 * 1024 + 1)) + END, "error file file_too_large"),
], ids=["empty_file", "no_file", "two_files", "long_text", "very_long_text", "large_file"])
def test_faults_of_parts(running, body, said):
    answer = upload(running, body)
    assert answer.status == 200 and said in answer.text


@pytest.mark.parametrize("body, status", [
    (b"hello", 400), (part("file", b"a"), 400), (part("file", b"a") + b"--XyZ-", 400),
    (b"--XyZ\r\n\r\nhello\r\n" + END, 400), (b"--XyZ\r\nContent-Type: a/b\r\n\r\nhello\r\n" + END, 400),
    (b"--XyZ\r\nContent-Disposition: attachment; name=file\r\n\r\nhello\r\n" + END, 400),
    (b"--XyZ\r\nContent-Disposition: form-data\r\n\r\nhello\r\n" + END, 400),
    (b"--XyZ\r\nContent-Disposition: form-data; name=\"file\r\n\r\nhello\r\n" + END, 400),
    (b"--XyZ\r\nX: " + b"a" * 20000 + b"\r\n\r\nhello\r\n" + END, 400), (b"--XyZjunk\r\n" + END, 400),
    (part("nope", b"a") + END, 422), (b"".join(part("csrf", b"a") for _ in range(65)) + END, 422),
], ids=range(12))
def test_malformed_multipart(running, body, status):
    assert upload(running, body).status == status


def test_boundaries(running):
    body = part("file", b"hello") + END
    for content_type, status in (("boundary=XyZ", 200), ('boundary="XyZ"', 200), ("charset=utf-8; Boundary=XyZ", 200),
                                 ("boundary=", 400), ("", 400), ("boundary=" + "a" * 71, 400), ("boundary=other", 400)):
        assert upload(running, body, content_type=f"Content-Type: multipart/form-data; {content_type}").status == status
    assert upload(running, body * 200, "/en/upload/small").status == 413
