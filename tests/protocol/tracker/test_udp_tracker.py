"""UDP tracker protocol: BEP 15, 41, 7, 21, 52, and what clients really send."""
import os
import random
import socket
import struct
import time

import pytest

from probe import ANNOUNCE, CONNECT, ERROR, PROTOCOL_ID, SCRAPE, Client, Probe

H = bytes(range(20))
OTHER = bytes(range(20, 40))
SILENCE_AFTER_S = 0.2


@pytest.fixture
def probe():
    with Probe('bogons') as running:
        running.allow(H)
        yield running


@pytest.fixture
def client(probe):
    with Client(probe.port) as connected:
        yield connected.connect()


def compact(ip, port):
    family = socket.AF_INET6 if ':' in ip else socket.AF_INET
    return socket.inet_pton(family, ip) + struct.pack('>H', port)


def test_bep15_connect_then_announce_leecher_meets_seeder(client):
    assert client.announce(H, left=0, port=1001)[1:] == (0, 1, [])
    interval, leechers, seeders, peers = client.announce(H, left=5, port=1002)
    assert (leechers, seeders, peers) == (1, 1, [compact('127.0.0.1', 1001)])
    assert 1620 <= interval <= 1980


def test_bep15_connect_reply_is_no_longer_than_the_request(client):
    assert len(client.exchange(struct.pack('>QII', PROTOCOL_ID, CONNECT, 1))) == 16


def test_bep15_unlisted_hash_is_refused_aloud_and_shorter_than_the_request(client):
    packet = client.packet(OTHER)
    reply = client.exchange(packet)
    assert struct.unpack_from('>I', reply)[0] == ERROR and len(reply) < len(packet)
    assert b'not tracked' in reply


def test_bep15_port_zero_is_an_error(client):
    assert 'ort 0' in client.announce(H, port=0)


def test_bep15_wrong_connection_ids_meet_silence(probe, client):
    client_id = client.id
    for wrong in (0, PROTOCOL_ID, client_id ^ 1 << 63, client_id ^ 1 << 20, client_id ^ 16):
        client.id = wrong
        assert client.is_silent_to(client.packet(H))
        assert client.is_silent_to(struct.pack('>QII', wrong, SCRAPE, 1) + H)
    assert probe.totals()['bad_connection_ids'] == 10
    client.id = client_id
    assert client.announce(H)[1] == 1


def test_bep15_connection_id_is_bound_to_the_address_not_the_port(probe, client):
    with Client(probe.port) as same_address:
        same_address.id = client.id
        assert same_address.announce(H)[1] == 1
    with Client(probe.port, source='127.0.0.2') as elsewhere:
        elsewhere.id = client.id
        assert elsewhere.is_silent_to(elsewhere.packet(H))


def test_bep15_connection_id_survives_a_restart(tmp_path):
    with Probe('bogons', f'folder={tmp_path}') as first:
        first.allow(H)
        with Client(first.port) as client:
            kept = client.connect().id
            client.announce(H, left=0)
        port = first.port
    assert (tmp_path / 'tracker.key').stat().st_mode & 0o777 == 0o600
    with Probe('bogons', f'folder={tmp_path}', listen=f'127.0.0.1:{port}') as second:
        second.allow(H)
        with Client(second.port) as client:
            client.id = kept
            assert client.announce(H, left=3, port=7)[1:3] == (1, 1)


@pytest.mark.parametrize('length', [0, 1, 8, 15])
def test_bep15_short_packets_meet_silence(client, length):
    assert client.is_silent_to(bytes(length))


def test_bep15_unknown_actions_and_cut_requests_meet_silence(client):
    for action in (3, 4, 255, 0xffffffff):
        assert client.is_silent_to(struct.pack('>QII', client.id, action, 1) + bytes(82))
    assert client.is_silent_to(client.packet(H)[:97])
    assert client.is_silent_to(struct.pack('>QII', client.id, SCRAPE, 1) + H[:19])


def test_bep41_longer_announces_and_any_options_are_accepted(client):
    for tail in (b'\x02\x09/announce', b'\x02\x09/announce\x00', b'\x01\x01\x02\x01/', b'\x09\x03abc', b'\x02\xff/cut',
                 b'\x02', bytes(1000), b'\xff' * 1300):
        assert client.announce(H, left=0, tail=tail)[2] == 1


def test_bep21_event_four_is_a_partial_seed(probe, client):
    client.announce(H, left=0, port=1)
    client.announce(H, left=9, port=2)
    _, leechers, seeders, peers = client.announce(H, event=4, left=9, port=3)
    assert (leechers, seeders, peers) == (2, 1, [compact('127.0.0.1', 2)])
    assert probe.scrape(H)[b'files'][H][b'downloaders'] == 1


@pytest.mark.parametrize('event', [5, 99, 0xffffffff])
def test_bep15_unknown_events_count_as_none(client, event):
    assert client.announce(H, event=event, left=0)[2] == 1


def test_bep15_seeders_get_leechers_only(client):
    for port in range(1, 11):
        client.announce(H, left=0, port=port)
    client.announce(H, left=1, port=100)
    assert client.announce(H, left=0, port=1)[3] == [compact('127.0.0.1', 100)]


def test_bep15_numwant_default_cap_zero_and_stopped(client):
    for port in range(1, 301):
        client.announce(H, left=0, port=port)
    for wanted, expected in ((-1, 50), (-7, 50), (0, 0), (1, 1), (80, 80), (200, 200), (10000, 200)):
        peers = client.announce(H, left=1, port=500, wanted=wanted)[3]
        assert len(peers) == expected == len(set(peers)), wanted
    assert client.announce(H, event=3, left=1, port=500)[1:] == (0, 300, [])


def test_bep15_samples_differ_and_reach_everybody(client):
    for port in range(1, 101):
        client.announce(H, left=0, port=port)
    seen = set()
    for _ in range(300):
        seen.update(client.announce(H, left=1, port=500, wanted=10)[3])
    assert len(seen) == 100


def test_bep15_completed_counts_once_for_a_retransmitted_announce(client):
    client.announce(H, event=1, left=5, port=2)
    assert client.scrape([H]) == [(0, 0, 1)]
    packet = client.packet(H, event=1, left=0, port=2)
    assert client.exchange(packet) == client.exchange(packet)
    assert client.scrape([H]) == [(1, 1, 0)]


def test_bep15_role_change_and_stop_move_the_counts(client):
    assert client.announce(H, event=2, left=5)[1:3] == (1, 0)
    assert client.announce(H, event=1, left=0)[1:3] == (0, 1)
    assert client.announce(H, left=7)[1:3] == (1, 0)
    assert client.announce(H, event=3, left=7)[1:3] == (0, 0)


def test_bep15_ip_field_is_ignored(client):
    client.announce(H, left=0, port=1, ip=0x08080808)
    assert client.announce(H, left=1, port=2)[3] == [compact('127.0.0.1', 1)]


@pytest.mark.parametrize('left', [2**63 - 1, 2**63, 2**64 - 1, 2**32])
def test_bep15_a_huge_left_is_a_leecher(client, left):
    assert client.announce(H, left=left)[1:3] == (1, 0)


def test_bep15_scrape_answers_in_order_with_zeros_for_unknown(client):
    client.announce(H, left=0)
    assert client.scrape([OTHER, H, OTHER]) == [(0, 0, 0), (1, 0, 0), (0, 0, 0)]


def test_bep15_scrape_takes_74_hashes_and_ignores_a_partial_tail(client):
    client.announce(H, left=0)
    assert client.scrape([OTHER] * 73 + [H])[73] == (1, 0, 0)
    assert len(client.scrape([H, OTHER], tail=H[:13])) == 2


def test_bep7_ipv6_peers_have_18_bytes_and_families_stay_apart():
    with Probe('bogons', listen='[::1]:0') as probe:
        probe.allow(H)
        with Client(probe.port, source='::1') as client:
            client.connect()
            probe.announce(H, port=9, ip='192.0.2.9', left=0)
            for port in range(1, 101):
                client.announce(H, left=0, port=port)
            _, leechers, seeders, peers = client.announce(H, left=1, port=500, wanted=200)
            assert (leechers, seeders, len(peers)) == (1, 101, 66)
            assert all(peer[:16] == socket.inet_pton(socket.AF_INET6, '::1') for peer in peers)


def test_bep52_both_hashes_of_a_hybrid_lead_to_one_swarm(probe, client):
    v1, v2 = os.urandom(20), os.urandom(32)
    probe.allow(v1, v2)
    client.announce(v1, left=0, port=1)
    assert client.announce(v2[:20], left=1, port=2)[3] == [compact('127.0.0.1', 1)]
    assert client.scrape([v1, v2[:20]]) == [(1, 0, 1), (1, 0, 1)]
    probe.forget(v1, v2)
    assert client.scrape([v1, v2[:20]]) == [(0, 0, 0)] * 2
    assert 'not tracked' in client.announce(v2[:20], left=1)


def test_forgotten_works_are_refused_at_once(probe, client):
    client.announce(H, left=0)
    probe.forget(H)
    assert 'not tracked' in client.announce(H, left=0)
    assert probe.totals()['seeders'] == 0


def test_open_tracker_takes_unknown_hashes_and_counts_them():
    with Probe('bogons', 'open', 'begin=5') as probe, Client(probe.port) as client:
        client.connect()
        for i in range(20):
            assert client.announce(bytes([i]) * 20, left=0)[0] > 0
        totals = probe.totals()
        assert totals['torrents'] == 5 and totals['peers_not_stored'] == 15


def test_bogons_are_answered_and_never_handed_out():
    with Probe() as probe, Client(probe.port) as client:
        probe.allow(H)
        client.connect()
        assert client.announce(H, left=0, port=1)[1:] == (0, 0, [])
        assert client.announce(H, left=1, port=2)[1:] == (0, 0, [])
        assert probe.totals()['peers_not_stored'] == 2


def test_ports_per_address_are_capped_and_ceilings_hold():
    with Probe('bogons', 'cap=4', 'peers=6') as probe, Client(probe.port) as client:
        probe.allow(H)
        probe.allow(OTHER)
        client.connect()
        for port in range(1, 20):
            client.announce(H, left=0, port=port)
        assert client.scrape([H]) == [(4, 0, 0)]
        for port in range(1, 20):
            client.announce(OTHER, left=0, port=port)
        assert client.scrape([OTHER]) == [(2, 0, 0)]
        assert probe.totals()['peers_not_stored'] == 15 + 17


def test_interval_is_spread_by_a_tenth_and_steady_for_one_endpoint(client):
    intervals = {port: client.announce(H, left=0, port=port)[0] for port in range(1, 200)}
    assert all(1620 <= interval <= 1980 for interval in intervals.values())
    assert len(set(intervals.values())) > 50
    assert max(intervals.values()) > 1900 and min(intervals.values()) < 1700
    assert client.announce(H, left=0, port=7)[0] == intervals[7]


def test_wildcard_socket_answers_from_the_address_that_was_asked():
    for listen, targets in (('0.0.0.0:0', ('127.0.0.1', '127.0.0.77')), ('[::]:0', ('::1',))):
        with Probe('bogons', 'threads=2', listen=listen) as probe:
            probe.allow(H)
            for target in targets:
                # A connected socket hears only what comes from the address it asked.
                with Client(probe.port, source='::1' if ':' in target else '127.0.0.1', target=target) as client:
                    assert client.connect().announce(H, left=0)[2] == 1


def test_ipv6_wildcard_leaves_ipv4_alone():
    with Probe(listen='[::]:0') as probe, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(('127.0.0.1', probe.port))


def test_port_in_use_is_an_error(probe):
    with pytest.raises(RuntimeError, match='cannot listen'):
        Probe(listen=f'127.0.0.1:{probe.port}')


def test_stop_is_quick(probe):
    assert int(probe.ask('stop').split()[1]) < 300


def test_swarms_come_back_after_a_restart_and_damage_is_refused(tmp_path):
    settings = ('bogons', f'folder={tmp_path}')
    with Probe(*settings) as probe, Client(probe.port) as client:
        probe.allow(H)
        client.connect().announce(H, event=1, left=0, port=1)
        client.announce(H, left=9, port=2)
    with Probe(*settings) as probe:
        probe.allow(H)
        assert probe.tally() == {H: (1, 1, 1)}
        assert probe.tally() == {}
    saved = tmp_path / 'swarms.snapshot'
    damaged = bytearray(saved.read_bytes())
    damaged[40] ^= 1
    saved.write_bytes(damaged)
    with Probe(*settings) as probe:
        probe.allow(H)
        assert probe.totals()['seeders'] == 0
    assert 'damaged' in probe.errors


def test_ten_thousand_random_datagrams_draw_nothing_but_connect_answers(probe, client):
    """Zero bytes to a sender that has not shown a connection id, but for the 16 of a connect."""
    seed = int(os.environ.get('ESSAIM_SEED', '20261123'))
    draw = random.Random(seed)
    flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    flood.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    flood.connect(('127.0.0.1', probe.port))
    flood.setblocking(False)
    connects, heard = 0, []

    def listen():
        try:
            while True:
                heard.append(flood.recv(65536))
        except BlockingIOError:
            pass

    for i in range(10000):
        packet = bytearray(draw.randbytes(draw.choice((draw.randrange(120), 16, 36, 98, 98, draw.randrange(1600)))))
        shape = draw.randrange(4)
        if shape and len(packet) >= 16:
            packet[8:12] = struct.pack('>I', draw.choice((CONNECT, ANNOUNCE, SCRAPE, ERROR)))
        if shape == 1 and len(packet) >= 36:
            packet[16:36] = H
        if shape == 2 and len(packet) >= 16 and draw.random() < 0.2:
            packet[:12] = struct.pack('>QI', PROTOCOL_ID, CONNECT)
        connects += len(packet) >= 16 and bytes(packet[:12]) == struct.pack('>QI', PROTOCOL_ID, CONNECT)
        flood.send(packet)
        if i % 50 == 0:
            listen()
            client.announce(H, left=0)  # keeps pace with the tracker, and it with us
    deadline = time.monotonic() + 5
    while len(heard) < connects and time.monotonic() < deadline:
        listen()
    time.sleep(SILENCE_AFTER_S)
    listen()
    flood.close()
    assert all(len(reply) == 16 and reply[:4] == bytes(4) for reply in heard), seed
    assert 0 < len(heard) == connects, seed
    assert client.announce(H, left=0)[2] == 1
    assert probe.totals()['seeders'] == 1





@pytest.mark.skipif(not os.environ.get('ESSAIM_LONG'), reason='takes more than a minute: ESSAIM_LONG=1')
def test_swarms_are_saved_every_minute_while_announces_go_on(tmp_path):
    probe = Probe('bogons', f'folder={tmp_path}')
    probe.allow(H)
    slowest = 0.0
    with Client(probe.port) as client:
        client.connect()
        deadline = time.monotonic() + 75
        while not (tmp_path / 'swarms.snapshot').exists():
            assert time.monotonic() < deadline
            before = time.monotonic()
            client.announce(H, left=0)
            slowest = max(slowest, time.monotonic() - before)
            time.sleep(0.02)
    probe.process.kill()
    probe.process.wait()
    assert slowest < 1
    with Probe('bogons', f'folder={tmp_path}') as again:
        again.allow(H)
        assert again.totals()['seeders'] == 1
