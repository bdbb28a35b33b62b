"""Bad input at every door: a clear refusal or silence, nothing stored, the server alive.

The program of ESSAIM_BINARY may be a sanitized build: its reports end up in the log, where the fixture finds them."""
import os
import random
import socket
import sqlite3
import struct
import threading
import time

import pytest

from api_schema import problem
from bencoding import bencode
from server import LONG, WORDS, make_torrent
from tracker_client import udp_announce

RANDOM_BYTES = 10_000
SEED = int(os.environ.get('ESSAIM_SEED') or 20261123)  # printed by pytest when a test fails: same bytes again


@pytest.fixture(scope='module')
def hostile(make_module_server):
    server = make_module_server({'http.workers': '4'})
    server.member = server.sign_up('olivia')
    server.work = server.member.publish(make_torrent(server.works), 'The only work')
    return server


@pytest.fixture
def server(hostile):
    """The server must have survived, still answer, and hold one work."""
    yield hostile
    hostile.check_health()
    assert hostile.is_ready()
    assert stored(hostile) == (1, 1)
    assert hostile.list()['total'] == 1
    assert udp_announce(hostile, hostile.work)[0] == 1


def stored(server):
    """Rows of works and of their files."""
    with sqlite3.connect(f'file:{server.data}/essaim.db?mode=ro', uri=True) as store:
        found = tuple(store.execute(f'select count(*) from {table}').fetchone()[0] for table in ('torrent',
                                                                                                 'torrent_blob'))
    store.close()
    return found


def connect(server, timeout=20):
    return socket.create_connection((server.address, server.port), timeout)


def send(server, data, wait=True, half_close=True):
    """Everything the server says to these bytes."""
    said = b''
    with connect(server) as client:
        try:
            client.sendall(data)
            if half_close:
                client.shutdown(socket.SHUT_WR)
            while wait:
                part = client.recv(65536)
                if not part:
                    break
                said += part
        except (ConnectionResetError, BrokenPipeError):
            pass
    return said


# ---- random bytes ----------------------------------------------------------------------------

def test_random_bytes_at_the_http_door(server):
    chance = random.Random(SEED)
    said = send(server, chance.randbytes(RANDOM_BYTES))
    assert said.startswith(b'HTTP/1.1 400 ') or not said, said[:200]
    # The same bytes in pieces of all sizes, each on a connection of its own, some of them behind a good beginning.
    starts = [b'', b'GET ', b'GET / HTTP/1.1\r\n', b'POST /api/v1/torrents HTTP/1.1\r\nContent-Length: 99\r\n',
              b'\x16\x03\x01', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', b'GET / HTTP/1.1\r\nHost: ' + server.host.encode()]
    left = chance.randbytes(RANDOM_BYTES * 5)
    while left:
        size = chance.randrange(1, 400)
        said = send(server, chance.choice(starts) + left[:size])
        assert not said or said.startswith(b'HTTP/1.') and said[9:10] in b'45', said[:200]
        left = left[size:]


def test_random_bytes_at_the_udp_door(server):
    chance = random.Random(SEED)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect((server.address, server.udp_port))
        udp.send(chance.randbytes(RANDOM_BYTES))
        for size in [0, 1, 15, 16, 17, 36, 97, 98, 99, 1500] + [chance.randrange(2000) for _ in range(200)]:
            udp.send(chance.randbytes(size))
        for action in (0, 1, 2, 3, 0xffffffff):
            for size in (0, 4, 20, 82, 400):
                udp.send(struct.pack('>QII', 0x41727101980, action, 7) + chance.randbytes(size))
                udp.send(chance.randbytes(8) + struct.pack('>II', action, 7) + chance.randbytes(size))
        udp.settimeout(0.5)
        answers = 0
        try:
            while True:
                answer = udp.recv(4096)
                # Only well-formed connects may be answered: everything else had a false connection id.
                assert len(answer) == 16 and answer[:4] == bytes(4), answer
                answers += 1
        except TimeoutError:
            pass
        assert answers <= 5


def test_random_bytes_as_a_torrent(server):
    chance = random.Random(SEED)
    for size in (1, 100, RANDOM_BYTES):
        problem(server.member.upload(chance.randbytes(size)), 422, 'torrent')


# ---- HTTP ------------------------------------------------------------------------------------

def request(server, head, body=b'', host=True):
    lines = [head, *([b'Host: %s:%d' % (server.host.encode(), server.port)] if host else []), b'Connection: close']
    return send(server, b'\r\n'.join(lines) + b'\r\n\r\n' + body, half_close=False)


@pytest.mark.parametrize('extra, status', [
    (b'X-Long: ' + b'x' * 9000, 431), (b'\r\n'.join(b'X-%d: y' % n for n in range(200)), 431),
    (b'X' * 9000 + b': y', 431), (b'Cookie: ' + b'; '.join(b'c%d=v' % n for n in range(500)), 200),
    (b'Cookie: ' + b'x' * 7000, 200), (b'Accept-Language: ' + b'fr,' * 2000, 200),
    (b'Content-Length: 5\r\nContent-Length: 6', 400), (b'Content-Length: -1', 400),
    (b'Content-Length: 99999999999999999999', 400),
    (b'Transfer-Encoding: chunked\r\nContent-Length: 5', 400), (b'Transfer-Encoding: gzip', 400),
    (b'Bad Header: x', 400), (b' folded: x', 400), (b'X: a\x00b', 400), (b'X: a\rb', 400),
    (b'Host: other.example', 400)])
def test_headers_beyond_measure(server, extra, status):
    said = request(server, b'GET /en/about HTTP/1.1\r\n' + extra)
    assert said[:13] in (b'HTTP/1.1 %d ' % status, b'HTTP/1.1 400 ' if status != 200 else b''), said[:300]


@pytest.mark.parametrize('line, status', [
    (b'GET /' + b'x' * 5000 + b' HTTP/1.1', 414), (b'GET /en/%zz HTTP/1.1', 400), (b'GET /en/%00 HTTP/1.1', 400),
    (b'GET /../../etc/passwd HTTP/1.1', 404), (b'GET /assets/../../../etc/passwd HTTP/1.1', 404),
    (b'GET /assets/%2e%2e/%2e%2e/etc/passwd HTTP/1.1', 404), (b'GET //evil.example/ HTTP/1.1', 404),
    (b'GET http://evil.example/en/ HTTP/1.1', 421), (b'BREW /en/ HTTP/1.1', 400), (b'TRACE /en/ HTTP/1.1', 405),
    (b'GET /en/ HTTP/9.9', 505), (b'GET /en/', 505), (b'GET /en/\xff\xfe HTTP/1.1', 400),
    (b'CONNECT evil.example:80 HTTP/1.1', 405), (b'GET /en/about#x HTTP/1.1', 400)])
def test_request_lines_nobody_should_send(server, line, status):
    said = request(server, line)
    assert said.startswith(b'HTTP/1.1 4') or said.startswith(b'HTTP/1.1 5') and status == 505, said[:300]
    assert int(said[9:12]) in (status, 400, 404, 405), said[:300]
    assert b'root:' not in said


def test_a_missing_or_foreign_host_is_refused(server):
    assert request(server, b'GET /en/about HTTP/1.1', host=False)[9:12] == b'400'
    for host in (b'evil.example', b'', b'127.0.0.1.evil.example', b'a b', b'[::1', b'127.0.0.1:x'):
        assert send(server, b'GET /en/about HTTP/1.1\r\nHost: ' + host + b'\r\nConnection: close\r\n\r\n',
                    half_close=False)[9:12] in (b'421', b'400'), host


def test_slow_clients_do_not_hold_up_others(server):
    """Half-sent requests and answers nobody reads, while others are served at once."""
    slow = []
    host = b'Host: %s:%d\r\n' % (server.host.encode(), server.port)
    for number in range(60):
        client = connect(server)
        client.sendall((b'GET /en/ HTTP/1.1\r\n' + host)[:10 + number] if number % 2 else
                       b'POST /en/login HTTP/1.1\r\n' + host + b'Content-Type: application/x-www-form-urlencoded\r\n'
                       b'Content-Length: 60000\r\n\r\nname=x')
        slow.append(client)
    for _ in range(20):  # asks for much, reads nothing
        client = connect(server)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.sendall((b'GET /api/v1/openapi.json HTTP/1.1\r\n' + host + b'\r\n') * 100)
        slow.append(client)
    start = time.monotonic()
    for _ in range(20):
        assert server.get('/en/about').status_code == 200
    assert time.monotonic() - start < 5
    for client in slow:
        client.close()


def test_clients_that_vanish_in_the_middle(server):
    host = b'Host: %s:%d\r\n' % (server.host.encode(), server.port)
    for number in range(100):
        client = connect(server)
        client.sendall(b'POST /api/v1/torrents HTTP/1.1\r\n' + host +
                       b'Authorization: Bearer ' + server.member.token.encode() +
                       b'\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 100000\r\n\r\n--B\r\n' +
                       b'Content-Disposition: form-data; name="torrent"; filename="x"\r\n\r\n' + b'd' * number * 50)
        if number % 2:  # with a reset
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        client.close()


def test_many_at_once_with_every_kind_of_nonsense(server):
    chance = random.Random(SEED + 1)
    faults = []

    def storm(seed):
        mine = random.Random(seed)
        try:
            for _ in range(25):
                address = mine.choice(['/en/search?q=', '/api/v1/torrents?q=', '/announce?info_hash=', '/t/',
                                       '/en/torrent/',
                                       '/en/member/', '/scrape?', '/en/browse/', '/api/v1/torrents/'])
                junk = ''.join(mine.choice('%"<>&=\'\\/*()-:+aé\u202e🦊0') for _ in range(mine.randrange(60)))
                answer = server.get(server.url + address + junk, allow_redirects=False)
                if answer.status_code >= 500:
                    faults.append((address + junk, answer.status_code))
        except Exception as fault:
            faults.append(fault)
    threads = [threading.Thread(target=storm, args=(chance.random(),)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[:5]


# ---- torrents --------------------------------------------------------------------------------

PIECE = b'\x01' * 20
GOOD = {b'length': 5, b'name': b'x', b'piece length': 16384, b'pieces': PIECE}


def info(**changes):
    """A v1 torrent with these keys changed; None takes one away."""
    changed = {**GOOD, **{key.replace('_', ' ').encode(): value for key, value in changes.items()}}
    return bencode({b'info': dict(sorted((k, v) for k, v in changed.items() if v is not None))})


def tree(root, **more):
    return bencode({b'info': {b'file tree': root, b'meta version': 2, b'name': b'x', b'piece length': 16384, **more}})


def nested(depth):
    found = {b'': {b'length': 5, b'pieces root': b'r' * 32}}
    for _ in range(depth):
        found = {b'x': found}
    return found


HOSTILE = {
    'empty': b'', 'spaces': b'   ', 'html': b'<!doctype html><html>', 'a list': b'le', 'a number': b'i5e',
    'a text': b'4:spam',
    'no info': b'd3:fooi1ee', 'info is a list': b'd4:infolee', 'cut short': info()[:-3], 'goes on': info() + b'x',
    'a number without end': b'd4:infoi5', 'a number with zeros': b'd4:infod6:lengthi007eee',
    'minus zero': b'd4:infod6:lengthi-0eee',
    'a huge length': b'd4:info99999999999999999999:', 'a length beyond the end': b'd4:info5000:xe',
    'a negative length': b'd-1:xe',
    'deep lists': b'd4:info' + b'l' * 200_000 + b'e' * 200_000 + b'e', 'deep dictionaries': b'd1:a' * 100_000,
    'four million tokens': b'd4:infod1:al' + b'le' * 1_700_000 + b'eee',
    'the same key twice': b'd4:infod6:lengthi5e6:lengthi6eee',
    'no name': info(name=None), 'name is a number': info(name=5), 'name is empty': info(name=b''),
    'no length': info(length=None), 'negative size': info(length=-5), 'size zero': info(length=0),
    'huge size': info(length=1 << 62),
    'size is text': info(length=b'5'), 'no pieces': info(pieces=None), 'pieces of 19 bytes': info(pieces=PIECE[:19]),
    'too many pieces': info(pieces=PIECE * 2), 'too few pieces': info(length=100_000),
    'pieces is a list': info(pieces=[PIECE]),
    'no piece length': info(piece_length=None), 'piece length zero': info(piece_length=0),
    'piece length negative': info(piece_length=-16384),
    'piece length huge': info(piece_length=1 << 40), 'files is text': info(length=None, files=b'x'),
    'no files': info(length=None, files=[]),
    'a file is text': info(length=None, files=[b'x']), 'a file without path': info(length=None, files=[{b'length': 5}]),
    'a path that is text': info(length=None, files=[{b'length': 5, b'path': b'x'}]),
    'an empty path': info(length=None, files=[{b'length': 5, b'path': []}]),
    'a path of numbers': info(length=None, files=[{b'length': 5, b'path': [5]}]),
    'a path too deep': info(length=None, files=[{b'length': 5, b'path': [b'x'] * 500}]),
    'a path too long': info(length=None, files=[{b'length': 5, b'path': [b'x' * 5000]}]),
    'sizes that overflow': info(length=None, files=[{b'length': (1 << 63) - 1, b'path': [b'a']},
                                                    {b'length': (1 << 63) - 1, b'path': [b'b']}]),
    'files too many': info(length=None, files=[{b'length': 0, b'path': [b'%d' % n]} for n in range(200_001)]),
    'the same path too often': info(length=None, files=[{b'length': 1, b'path': [b'x']}] * 1000, pieces=PIECE),
    'version 3': bencode({b'info': {b'file tree': {}, b'meta version': 3, b'name': b'x', b'piece length': 16384}}),
    'version 2 without tree': bencode({b'info': {b'meta version': 2, b'name': b'x', b'piece length': 16384}}),
    'an empty tree': tree({}), 'a tree of text': tree(b'x'), 'a leaf without root': tree({b'x': {b'': {b'length': 5}}}),
    'a root of 31 bytes': tree({b'x': {b'': {b'length': 5, b'pieces root': b'r' * 31}}}),
    'a leaf that is text': tree({b'x': {b'': b'y'}}), 'a tree too deep': tree(nested(150)),
    'a layer that is false': bencode({b'info': {b'file tree': {b'x': {b'': {b'length': 32768,
                                                                            b'pieces root': b'r' * 32}}},
                                                b'meta version': 2, b'name': b'x', b'piece length': 16384},
                                      b'piece layers': {b'r' * 32: b'l' * 64}}),
    'a hybrid that differs': bencode({b'info': {b'file tree': {b'x': {b'': {b'length': 5, b'pieces root': b'r' * 32}}},
                                                b'length': 6, b'meta version': 2, b'name': b'x', b'piece length': 16384,
                                                b'pieces': PIECE}}),
}


@pytest.mark.parametrize('name', list(HOSTILE))
def test_a_hostile_torrent_is_refused_with_a_code(server, name):
    start = time.monotonic()
    answer = server.member.upload(HOSTILE[name], 'Hostile')
    faults = problem(answer, 422, 'torrent')
    assert set(faults) == {'torrent'}
    said = [fault for fault in answer.json()['errors'] if fault['field'] == 'torrent']
    assert len(said) == 1 and len(said[0]['detail']) > 10
    french = server.api('POST', '/torrents?dry_run=1', files={'torrent': HOSTILE[name]},
                        data={**WORDS, 'title': 'Hostile'},
                        headers={'Authorization': f'Bearer {server.member.token}', 'Accept-Language': 'fr'})
    assert french.status_code == 200 and french.json()['verdict'] == 'refused'
    assert french.json()['errors'][0]['code'] == said[0]['code']
    assert french.json()['errors'][0]['detail'] != said[0]['detail'], 'the fault has no French'
    assert time.monotonic() - start < 20


def test_mutated_torrents_never_break_it(server):
    """Bytes changed, cut, doubled; dry runs, so that what is still good is not stored."""
    chance = random.Random(SEED + 2)
    originals = [make_torrent(server.works, kind, files={'a': 40_000, 'b/c': 7}).content for kind in ('v1', 'v2',
                                                                                                      'hybrid')]
    verdicts = {'ok': 0, 'refused': 0}
    for _ in range(3000 if LONG else 250):
        content = bytearray(chance.choice(originals))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(content))
            match chance.randrange(4):
                case 0: content[at] = chance.randrange(256)
                case 1: del content[at:at + chance.randrange(1, 30)]
                case 2: content[at:at] = content[at:at + chance.randrange(1, 30)]
                case 3: content[at:at + 1] = chance.choice([b'i-1e', b'de', b'le', b'0:', b'99999999999:',
                                                            b'i1' + b'0' * 30 + b'e'])
        answer = server.member.upload(bytes(content), dry_run=True)
        assert answer.status_code == 200, answer.text
        verdicts[answer.json()['verdict']] += 1
    assert verdicts['refused'] > 50, verdicts
