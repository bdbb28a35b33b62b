"""`essaim serve --takeover`: nothing that is asked is lost, and a successor that comes to nothing changes nothing."""
import os
import random
import socket
import subprocess
import threading
import time

import pytest
import requests

from server import BINARY, ENVIRONMENT, LONG, free_port, wait_for
from successor import FORM, Client, Load, Successor, frame, read_frame, take_over

HASH = bytes(range(20))
TAKEOVERS = 20 if LONG else 3
OPEN = {'tracker.open': 'yes', 'tracker.peers_per_address_max': '0', 'tracker.new_swarms_per_address_max': '0'}


def new_connection(server):
    answer = requests.get(server.url + '/livez', headers={'Connection': 'close'}, timeout=10)
    assert answer.status_code == 200


def one_announce(server, **options):
    client = Client(server)
    try:
        client.connect()
        return client.announce(HASH, **options)
    finally:
        client.close()


@pytest.mark.parametrize('threads', [1, 3])
def test_under_load_nothing_is_lost(make_server, threads):
    server = make_server({**OPEN, 'tracker.udp_threads': str(threads), 'http.loops': str(threads)})
    seeder = Client(server)
    seeder.connect()
    seeder.announce(HASH, event=2)
    clients = [Client(server) for _ in range(4)]
    for client in clients:
        client.connect()
    kept = requests.Session()
    query = 'info_hash=' + '%01' * 20 + '&port=7&left=1&peer_id=' + 'x' * 20
    works = {
        'UDP announce': (lambda: clients[0].announce(HASH, left=1), 0.001),
        'UDP announce, many swarms': (lambda: clients[1].announce(random.randbytes(20)), 0.001),
        'UDP connect': (clients[2].connect, 0.01),
        'HTTP announce, one connection': (lambda: kept.get(f'{server.http_announce}?{query}', timeout=10), 0.002),
        'new connection': (lambda: new_connection(server), 0.01),
        'page of a worker': (lambda: server.get('/readyz', timeout=10).raise_for_status(), 0.01),
    }
    loads = {name: Load(*work) for name, work in works.items()}
    for load in loads.values():
        load.start()
    time.sleep(1)
    # A machine that is busy with other things is silent now and then all by itself.
    usual = max(load.longest for load in loads.values())
    for _ in range(TAKEOVERS):
        time.sleep(0.5)
        assert take_over(server), server.log()[-3000:]
    time.sleep(0.5)
    for load in loads.values():
        load.end()
    for name, load in loads.items():
        print(f'{name}: {load.done} done, {len(load.failures)} failed, longest silence {load.longest * 1000:.0f} ms')
    for name, load in loads.items():
        assert not load.failures, f'{name}: {load.failures[:5]}'
        assert load.done > 10 * TAKEOVERS, f'{name}: {load.done}'
        assert load.longest < 1 + 5 * usual, f'{name}: silent for {load.longest} s, {usual} s before'
    # Its connection id was made three processes ago, and it never announced again.
    assert seeder.announce(HASH, left=0)[0] == 1
    assert one_announce(server, left=1)[0] == 1, 'the swarm did not come over'


def test_connections_come_over_with_what_waits_in_them(server):
    idle = [socket.create_connection((server.address, server.port)) for _ in range(50)]
    for connection in idle:
        connection.settimeout(30)
        connection.sendall(b'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
        assert b'200' in connection.recv(4096)
    assert take_over(server)
    for connection in idle:
        connection.sendall(b'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
        assert b'200' in connection.recv(4096)
        connection.close()


def test_a_request_under_way_is_finished(make_server):
    server = make_server()
    member = server.sign_up('ada')
    made = server.make_torrent()
    slow = socket.create_connection((server.address, server.port))
    slow.settimeout(30)
    boundary = b'xyz'
    body = b''.join(b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, name, value)
                    for name, value in [(b'title', b'A slow work'), (b'category', b'books'), (b'license', b'CC0-1.0'),
                                        (b'author', b'Ada'), (b'source_url', b'own'), (b'description', b'x')])
    body += (b'--%s\r\nContent-Disposition: form-data; name="torrent"; filename="a.torrent"\r\n\r\n' % boundary
             + made.content + b'\r\n--%s--\r\n' % boundary)
    slow.sendall((f'POST /api/v1/torrents HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {member.token}\r\n'
                  f'Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {len(body)}\r\n\r\n').encode()
                 + body[:100])
    took = threading.Thread(target=lambda: time.sleep(1) or slow.sendall(body[100:]))
    took.start()
    assert take_over(server)
    took.join()
    assert b' 201 ' in slow.recv(4096)
    found = server.list(q='slow')
    assert found['total'] == 1 and found['items'][0]['title'] == 'A slow work', 'read before it was there?'
    slow.close()


def test_what_is_written_while_the_successor_reads_is_known_to_it(server):
    """The catalogue is read before the old one stops; what was published since is caught up with."""
    member = server.sign_up('ada')
    works = [member.publish(server.make_torrent(), f'Published number {i}') for i in range(5)]
    over = threading.Event()
    published = []

    def publish():
        while not over.is_set():
            try:
                answer = member.upload(server.make_torrent(size=100), f'Published while number {len(published)}')
            except requests.RequestException:
                continue
            if answer.status_code == 201:
                published.append(answer.json()['id'])
    thread = threading.Thread(target=publish)
    thread.start()
    for _ in range(3):
        time.sleep(0.2)
        assert take_over(server)
    over.set()
    thread.join()
    assert published
    assert server.list(q='published', limit=1)['total'] == len(works) + len(published)


# ---- successors that come to nothing -------------------------------------------------------------

def settle(server):
    """It answers, has its swarms, and there is nobody else."""
    wait_for(server.is_ready, 'the old one goes on', 30)
    assert server.process.poll() is None
    assert one_announce(server, left=1)[0] == 1
    new_connection(server)
    server.command('user', 'list')


@pytest.mark.parametrize('phase', ['before anything is read', 'offered', 'stopping', 'yours'])
def test_a_successor_that_is_gone_changes_nothing(make_server, phase):
    server = make_server(OPEN)
    server.allowed_errors = ['successor_failed']
    one_announce(server, event=2)
    loads = [Load(lambda: one_announce(server, left=1), 0.005), Load(lambda: new_connection(server), 0.005)]
    kept = requests.Session()
    kept.get(server.url + '/livez')
    for load in loads:
        load.start()
    for _ in range(3):
        if phase == 'before anything is read':
            caller = socket.socket(socket.AF_UNIX)
            caller.connect(str(server.data / 'control.sock'))
            caller.sendall(frame(b'T', FORM))
            caller.close()
            continue
        with Successor(server) as successor:
            assert successor.kind == b'Y' and len(successor.fds) >= 3, successor.words
            if phase != 'offered':
                successor.say_stop()
            if phase == 'yours':
                successor.wait_for_yours()
        settle(server)
    for load in loads:
        load.end()
        print(f'{phase}: {load.done} done, {len(load.failures)} failed, longest {load.longest * 1000:.0f} ms')
        assert not load.failures, load.failures[:3]
    settle(server)
    assert kept.get(server.url + '/livez').status_code == 200
    assert take_over(server)
    settle(server)


def test_a_successor_killed_while_it_reads_the_swarms_changes_nothing(make_server):
    """kill -9 at random moments of its start."""
    server = make_server(OPEN)
    server.allowed_errors = ['successor_failed']
    one_announce(server, event=2)
    failed = 0
    for i in range(60 if LONG else 12):
        old = server.process
        new = subprocess.Popen([BINARY, 'serve', '--takeover', *server.options()], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        time.sleep(random.uniform(0, 0.12))
        new.kill()
        new.wait()
        try:
            old.wait(0.5)
        except subprocess.TimeoutExpired:
            failed += 1
            settle(server)
            continue
        # It was faster, and its own death is a crash like any other.
        assert old.returncode == 0
        server.start()
    print(f'{failed} of {i + 1} were killed before they were ready')


def test_a_successor_that_cannot_start_changes_nothing(make_server):
    server = make_server(OPEN)
    one_announce(server, event=2)
    server.allowed_errors = ['successor_failed']
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        for settings in ({'http.listen': f'127.0.0.1:{server.port} 127.0.0.1:{port}'}, {'http.listen': 'nonsense'},
                         {'tracker.udp_threads': '1000'}, {'store.url': 'sqlite:/nowhere/at/all.db'}):
            before = dict(server.settings)
            assert not take_over(server, settings), settings
            server.settings = before
            settle(server)
    settle(server)


def test_only_one_may_take_over(server):
    with Successor(server) as first:
        assert first.kind == b'Y'
        with Successor(server) as second:
            assert second.kind == b'X' and b'takeover_under_way' in second.words
        assert not take_over(server)
    wait_for(lambda: take_over(server), 'the first has given up', 20)


# ---- predecessors that come to nothing -----------------------------------------------------------

class Predecessor(threading.Thread):
    """Offers sockets as a server does, and dies."""

    def __init__(self, server, stops):
        super().__init__()
        self.stops = stops
        server.data.mkdir(parents=True, exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(server.data / 'control.sock'))
        self.listener.listen()
        self.http = socket.create_server((server.address, server.port), reuse_port=True)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.udp.bind((server.address, server.udp_port))

    def run(self):
        caller, _ = self.listener.accept()
        with caller:
            assert read_frame(caller) == (b'T', FORM)
            fds = [self.http.fileno(), self.udp.fileno(), self.listener.fileno()]
            caller.sendall(frame(b'Y', FORM) + frame(b'S', b'\0\0\0\3'))
            socket.send_fds(caller, [b'\0'], fds)
            if self.stops:
                assert read_frame(caller)[0] == b'P'
        for held in (self.http, self.udp, self.listener):
            held.close()


@pytest.mark.parametrize('stops', [False, True])
def test_a_predecessor_that_dies_is_succeeded(make_server, stops):
    server = make_server(OPEN, start=False)
    predecessor = Predecessor(server, stops)
    predecessor.start()
    # What came to the old one is answered by the new one.
    waiting = socket.create_connection((server.address, server.port))
    waiting.settimeout(30)
    waiting.sendall(b'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    packet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packet.settimeout(30)
    packet.connect((server.address, server.udp_port))
    packet.send(b'\0\0\4\x17\x27\x10\x19\x80' + b'\0\0\0\0' + b'abcd')
    server.process = subprocess.Popen([BINARY, 'serve', '--takeover', *server.options()], stdin=subprocess.DEVNULL,
                                      stdout=open(server.out_path, 'ab'), stderr=open(server.log_path, 'ab'),
                                      env=ENVIRONMENT)
    assert b'200' in waiting.recv(4096)
    assert packet.recv(100)[:8] == b'\0\0\0\0abcd'
    predecessor.join()
    server.command('user', 'list')
    waiting.close()
    packet.close()


def test_without_a_predecessor_it_starts_as_ever(make_server):
    server = make_server(OPEN, start=False)
    server.process = subprocess.Popen([BINARY, 'serve', '--takeover', *server.options()], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=open(server.log_path, 'ab'), env=ENVIRONMENT)
    wait_for(server.is_ready, 'it answers', 30)
    server.kill()
    # Its control socket lies about; nobody is behind it.
    server.killed = False
    server.process = subprocess.Popen([BINARY, 'serve', '--takeover', *server.options()], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=open(server.log_path, 'ab'), env=ENVIRONMENT)
    wait_for(server.is_ready, 'it answers again', 30)


# ---- other settings ------------------------------------------------------------------------------

def test_addresses_come_and_go(make_server):
    server = make_server(OPEN)
    one_announce(server, event=2)
    more, udp = free_port(), free_port()
    old_udp = server.udp_port
    assert take_over(server, {'http.listen': f'127.0.0.1:{server.port} 127.0.0.1:{more}',
                              'tracker.udp_listen': f'127.0.0.1:{udp}', 'tracker.udp_threads': '2', 'http.loops': '2'})
    assert requests.get(f'http://127.0.0.1:{more}/livez', timeout=10).status_code == 200
    server.udp_port = udp
    settle(server)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(('127.0.0.1', old_udp))
    # Fewer threads than sockets: none may be left without somebody who reads it.
    assert take_over(server, {'tracker.udp_threads': '1', 'http.loops': '1', 'http.listen': f'127.0.0.1:{server.port}'})
    for _ in range(50):
        settle_udp = one_announce(server, left=1)
        new_connection(server)
    assert settle_udp[0] == 1
    with pytest.raises(requests.ConnectionError):
        requests.get(f'http://127.0.0.1:{more}/livez', timeout=10)


def test_both_families_and_hundreds_of_connections(make_server):
    server = make_server({**OPEN, 'http.connections_max': '5000'}, address='::1')
    idle = [socket.create_connection(('::1', server.port)) for _ in range(900)]
    one_announce(server, event=2)
    assert take_over(server)
    settle(server)
    for connection in idle[::50]:
        connection.settimeout(20)
        connection.sendall(b'GET /livez HTTP/1.1\r\nHost: [::1]\r\n\r\n')
        assert b'200' in connection.recv(4096)
    for connection in idle:
        connection.close()
    assert len(os.listdir(f'/proc/{server.process.pid}/fd')) < 1000
