"""Asking foreign trackers: BEP 15, BEP 48, and those who answer neither."""
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest

from strangers import (CONNECT, ERROR, SCRAPE, TcpServer, UdpServer, reply, scrape, silent_listener, udp_tracker)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'tracker'))
from probe import Probe  # noqa: E402

A, B = b'a' * 20, b'B\x00 /' + b'b' * 16


def bencoded(counts):
    entries = b''.join(b'20:%sd8:completei%de10:downloadedi%de10:incompletei%dee' % (h, s, c, l)
                       for h, (s, l, c) in sorted(counts.items()))
    return b'd5:filesd' + entries + b'ee'


# ---- trackers that behave --------------------------------------------------------------------

def test_an_udp_tracker_is_connected_to_and_asked_bep_15():
    with UdpServer(udp_tracker({A: (3, 2, 9)})) as tracker:
        assert scrape(tracker.url, A, B) == (('ok', 2, 0), [(1, 3, 2, 9), (1, 0, 0, 0)])
        assert [len(packet) for packet in tracker.seen] == [16, 56]


def test_many_hashes_go_in_batches_of_74_under_one_connection_id():
    hashes = [bytes([i]) * 20 for i in range(150)]
    with UdpServer(udp_tracker({h: (h[0], 1, 2) for h in hashes})) as tracker:
        (outcome, answered, _), claims = scrape(tracker.url, *hashes)
        assert (outcome, answered) == ('ok', 150)
        assert claims == [(1, i, 1, 2) for i in range(150)]
        assert [len(packet) for packet in tracker.seen] == [16, 16 + 74 * 20, 16 + 74 * 20, 16 + 2 * 20]


def test_a_lost_packet_is_sent_again():
    honest, lost = udp_tracker({A: (3, 2, 9)}), []

    def forgetful(packet):
        action = struct.unpack('>I', packet[8:12])[0]
        if action not in lost:
            lost.append(action)
            return []
        return honest(packet)
    with UdpServer(forgetful) as tracker:
        assert scrape(tracker.url, A, timeout_ms=300) == (('ok', 1, 0), [(1, 3, 2, 9)])
        assert tracker.seen[0] == tracker.seen[1] and tracker.seen[2] == tracker.seen[3]


def test_an_http_tracker_is_asked_by_convention_bep_48():
    with TcpServer(reply('200 OK', bencoded({A: (5, 1, 50)}))) as tracker:
        assert scrape(tracker.url + '/x/announce.php?key=7', A, B) == (('ok', 2, 0), [(1, 5, 1, 50), (0, 0, 0, 0)])
        head = tracker.seen[0].decode()
        assert head.startswith(f'GET /x/scrape.php?key=7&info_hash={"a" * 20}&info_hash=B%00%20%2F{"b" * 16} HTTP/1.1')
        assert 'User-Agent: essaim/test (+http://t.example)' in head
        for word in ('Cookie', 'Authorization', 'Accept-Encoding', 'Referer'):
            assert word not in head


def test_an_http_tracker_gets_twenty_hashes_at_a_time():
    hashes = [bytes([i]) * 20 for i in range(45)]
    with TcpServer(reply('200 OK', bencoded({h: (1, 0, 0) for h in hashes}))) as tracker:
        (outcome, answered, _), _ = scrape(tracker.url + '/announce', *hashes)
        assert (outcome, answered, len(tracker.seen)) == ('ok', 45, 3)


def test_trackers_on_ipv6_are_asked_too():
    with UdpServer(udp_tracker({A: (3, 2, 9)}), address='::1') as tracker:
        assert scrape(tracker.url, A) == (('ok', 1, 0), [(1, 3, 2, 9)])
    with TcpServer(reply('200 OK', bencoded({A: (5, 1, 50)})), address='::1') as tracker:
        assert scrape(tracker.url + '/announce', A) == (('ok', 1, 0), [(1, 5, 1, 50)])


def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', tmp_path / 'key', '-out',
                    tmp_path / 'certificate', '-days', '2', '-subj', '/CN=tracker.example'], check=True,
                   capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / 'certificate', tmp_path / 'key')
    with TcpServer(reply('200 OK', bencoded({A: (5, 1, 50)})), tls=tls) as tracker:
        url = f'https://tracker.example:{tracker.port}/announce'
        assert scrape(url, A, name='127.0.0.1')[0][0] == 'bad_certificate'
        assert tracker.seen == [], 'nothing was asked of it'


def test_our_own_tracker_understands_us():
    tracker = Probe('bogons')
    try:
        tracker.allow(v1=A)
        tracker.announce(A, port=6881, ip='127.0.0.1', left=0)
        tracker.announce(A, port=6882, ip='127.0.0.1', left=5)
        (outcome, _, _), claims = scrape(f'udp://127.0.0.1:{tracker.port}', A)
        assert (outcome, claims) == ('ok', [(1, 1, 1, 0)])
    finally:
        tracker.close()


@pytest.mark.skipif(not shutil.which('opentracker'), reason='opentracker is not installed')
@pytest.mark.parametrize('scheme', ['udp', 'http'])
def test_opentracker_understands_us(scheme):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    room = Path(tempfile.mkdtemp())  # as root it gives up its rights, and pytest's folders are closed to others
    room.chmod(0o755)
    inside = '' if os.geteuid() == 0 else room  # as root it calls the folder its root
    (room / 'list').write_text(A.hex() + '\n')  # Debian's tracks nothing that is not listed
    (room / 'conf').write_text(f'listen.tcp 127.0.0.1:{port}\nlisten.udp 127.0.0.1:{port}\n'
                               f'access.whitelist {inside}/list\ntracker.rootdir {room}\n')
    process = subprocess.Popen(['opentracker', '-f', room / 'conf'], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        query = f'info_hash={quote_from_bytes(A)}&peer_id={"p" * 20}&port=6881&uploaded=0&downloaded=0&left=0&compact=1'
        answer = b''
        for _ in range(100):  # it reads its list after it begins to answer
            try:
                with socket.create_connection(('127.0.0.1', port), 1) as http:
                    http.sendall(f'GET /announce?{query} HTTP/1.0\r\n\r\n'.encode())
                    answer = http.recv(4096)
            except ConnectionError:
                pass
            if b'peers' in answer:
                break
            time.sleep(0.1)
        assert b'peers' in answer
        url = f'{scheme}://127.0.0.1:{port}/announce'
        assert scrape(url, A) == (('ok', 1, 0), [(1, 1, 0, 0)])
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(room)


# ---- trackers that do not --------------------------------------------------------------------

def test_answers_to_another_transaction_are_waited_past():
    honest = udp_tracker({A: (3, 2, 9)})

    def noisy(packet):
        action, transaction = struct.unpack('>II', packet[8:16])
        other = (transaction + 1) & 0xffffffff
        false = [b'', b'x', struct.pack('>IIQ', CONNECT, other, 5),
                 struct.pack('>IIIII', SCRAPE, other, 99, 99, 99), struct.pack('>II', ERROR, other) + b'go away',
                 struct.pack('>II', 1 if action == SCRAPE else 7, transaction) + bytes(12)]
        return [*false, *honest(packet)]
    with UdpServer(noisy) as tracker:
        assert scrape(tracker.url, A) == (('ok', 1, 0), [(1, 3, 2, 9)])


def test_an_answer_from_another_port_is_not_heard():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger, UdpServer(lambda packet: []) as tracker:
        def forge(packet):
            transaction = packet[12:16]
            sender = tracker.last
            stranger.sendto(struct.pack('>I', CONNECT) + transaction + bytes(8), sender)
            return []
        receive = tracker.socket.recvfrom

        class Noted:
            def recvfrom(self, size):
                packet, tracker.last = receive(size)
                return packet, tracker.last

            def __getattr__(self, name):
                return getattr(kept, name)
        kept, tracker.socket = tracker.socket, Noted()
        tracker.answer = forge
        (outcome, _, _), _ = scrape(tracker.url, A, timeout_ms=200)
        assert outcome == 'no_answer'
        assert all(len(packet) == 16 for packet in tracker.seen), 'no scrape under a forged id'


@pytest.mark.parametrize('answer, outcome', [
    (lambda p: [struct.pack('>I', ERROR) + p[12:16] + b'no'], 'refused'),
    (lambda p: [struct.pack('>I', CONNECT) + p[12:16] + b'short'], 'bad_answer'),
    (lambda p: [], 'no_answer'),
])
def test_a_failing_udp_tracker_is_told_apart(answer, outcome):
    with UdpServer(answer) as tracker:
        assert scrape(tracker.url, A, timeout_ms=200)[0][0] == outcome


def test_a_flood_of_noise_does_not_prolong_the_wait():
    def flood(packet):
        for _ in range(20000):
            yield b'noise' * 20
    with UdpServer(flood) as tracker:
        start = time.monotonic()
        assert scrape(tracker.url, A, timeout_ms=300)[0][0] == 'no_answer'
        assert time.monotonic() - start < 5


@pytest.mark.parametrize('answer, outcome', [
    (reply('200 OK', b'<html>'), 'bad_answer'),
    (reply('200 OK', b''), 'bad_answer'),
    (reply('200 OK', b'd5:filesd20:' + A), 'bad_answer'),
    (reply('200 OK', b'd14:failure reason3:no!e'), 'refused'),
    (reply('200 OK', b'l' * 60000), 'bad_answer'),
    (reply('200 OK', b'd5:files' + b'd1:a' * 15000), 'bad_answer'),
    (reply('403 Forbidden'), 'refused'),
    (reply('500 Oops'), 'refused'),
    (reply('404 Not Found'), 'no_scrape'),
    (reply('200 OK', b'x' * 200_000), 'bad_answer'),
    (lambda head, connection: connection.sendall(b'HTTP/1.1 200 OK\r\n' + b'X: ' + b'y' * 100_000), 'bad_answer'),
    (lambda head, connection: connection.sendall(b'not http at all\r\n\r\n'), 'bad_answer'),
    (lambda head, connection: None, 'no_answer'),
])
def test_a_failing_http_tracker_is_told_apart(answer, outcome):
    with TcpServer(answer) as tracker:
        assert scrape(tracker.url + '/announce', A)[0][0] == outcome


def test_an_endless_body_is_cut_off():
    sent = []

    def endless(head, connection):
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        while len(sent) < 100_000:
            connection.sendall(b'x' * 10_000)
            sent.append(1)
    with TcpServer(endless) as tracker:
        start = time.monotonic()
        assert scrape(tracker.url + '/announce', A)[0][0] == 'bad_answer'
        assert time.monotonic() - start < 3
    assert len(sent) < 2000


def test_a_slow_body_is_not_waited_for():
    def slow(head, connection):
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\nd')
        for _ in range(600):
            time.sleep(0.05)
            connection.sendall(b'5')
    with TcpServer(slow) as tracker:
        start = time.monotonic()
        assert scrape(tracker.url + '/announce', A, timeout_ms=400)[0][0] == 'no_answer'
        assert time.monotonic() - start < 4


@pytest.mark.parametrize('status', ['301 Moved', '302 Found', '307 Temporary', '308 Permanent'])
def test_no_redirect_is_followed(status):
    with silent_listener() as (port, was_visited):
        with TcpServer(reply(status, Location=f'http://127.0.0.1:{port}/scrape', Refresh='0')) as tracker:
            assert scrape(tracker.url + '/announce', A)[0][0] == 'moved'
            assert len(tracker.seen) == 1
        assert not was_visited()


def test_no_proxy_of_the_environment_is_used():
    with silent_listener() as (port, was_visited):
        proxy = f'http://127.0.0.1:{port}'
        names = {name: proxy for name in ('http_proxy', 'HTTP_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy')}
        with TcpServer(reply('200 OK', bencoded({A: (5, 1, 50)}))) as tracker:
            assert scrape(tracker.url + '/announce', A, environment=names)[0][0] == 'ok'
        assert not was_visited()


# ---- where we do not go ----------------------------------------------------------------------

@pytest.mark.parametrize('url', ['http://127.0.0.1:{}/announce', 'http://localhost:{}/announce',
                                 'http://127.1:{}/announce', 'http://2130706433:{}/announce',
                                 'http://[::ffff:127.0.0.1]:{}/announce', 'http://[64:ff9b::7f00:1]:{}/announce',
                                 'http://[2002:7f00:1::]:{}/announce', 'http://0.0.0.0:{}/announce'])
def test_no_spelling_of_this_machine_is_visited(url):
    with silent_listener() as (port, was_visited):
        assert scrape(url.format(port), A, private=False)[0][0] == 'private_address'
        assert not was_visited()


@pytest.mark.parametrize('name', ['127.0.0.1', '8.8.8.8,127.0.0.1', '::1', '::ffff:127.0.0.1'])
def test_a_name_that_leads_inside_is_not_visited(name):
    with silent_listener() as (port, was_visited):
        url = f'http://tracker.example:{port}/announce'
        assert scrape(url, A, private=False, name=name)[0][0] == 'private_address'
        assert not was_visited()


def test_the_connection_goes_to_the_address_that_was_checked():
    """Whatever the name would lead to by now: only our resolver's answer is gone to."""
    with TcpServer(reply('200 OK', bencoded({A: (5, 1, 50)}))) as tracker:
        url = f'http://does-not-exist.invalid:{tracker.port}/announce'
        assert scrape(url, A, name='127.0.0.1')[0][0] == 'ok'
        assert f'Host: does-not-exist.invalid:{tracker.port}' in tracker.seen[0].decode()
    assert scrape('http://localhost:7/announce', A, private=True)[0][0] == 'bad_port'


def test_our_own_listener_is_not_visited_even_where_private_addresses_are():
    with silent_listener() as (port, was_visited):
        url = f'http://127.0.0.1:{port}/announce'
        assert scrape(url, A, own=f'127.0.0.1:{port}')[0][0] == 'own_address'
        assert scrape(url, A, own=f'0.0.0.0:{port}')[0][0] == 'own_address'
        assert not was_visited()
