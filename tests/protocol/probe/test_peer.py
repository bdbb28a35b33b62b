"""Knocking at peers: BEP 3 over TCP, BEP 29 over UDP, and doors that stay shut."""
import socket
import struct
import time

import libtorrent
import pytest

from strangers import TcpServer, UdpServer, probe, silent_listener

HASH = b'h' * 20
GREETING = b'\x13BitTorrent protocol' + bytes(8)


def knock(port, infohash=HASH, address='127.0.0.1', **options):
    return probe('knock', f'{address}:{port}', infohash.hex() if infohash else '-', **options)[0]


def closed_port():
    with socket.socket() as free, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        free.bind(('127.0.0.1', 0))
        udp.bind(('127.0.0.1', free.getsockname()[1]))
        return free.getsockname()[1]


def peer(infohash):
    def answer(_, connection):
        got = connection.recv(68)
        assert len(got) == 68 and got.startswith(GREETING[:20]) and got[48:56] == b'-ES0001-'
        connection.sendall(GREETING + infohash + b'-TE0000-' + bytes(12))
    return answer


def test_a_peer_of_the_swarm_greets_back():
    with TcpServer(peer(HASH), wants_head=False) as server:
        assert knock(server.port) == 'greeted'


def test_a_peer_of_another_swarm_is_open_and_no_more():
    with TcpServer(peer(b'x' * 20), wants_head=False) as server:
        assert knock(server.port) == 'open'


@pytest.mark.parametrize('answer', [
    lambda _, connection: connection.sendall(b'HTTP/1.1 400 Bad Request\r\n\r\n' + b'x' * 100),
    lambda _, connection: connection.close(),      # one that takes encrypted connections only
    lambda _, connection: time.sleep(2),           # one that says nothing
])
def test_whatever_else_answers_is_open(answer):
    with TcpServer(answer, wants_head=False) as server:
        assert knock(server.port, timeout_ms=600) == 'open'


def test_a_door_that_nobody_opens_is_closed():
    assert knock(closed_port(), timeout_ms=400) == 'closed'


def test_without_a_swarm_a_connection_is_enough():
    with TcpServer(lambda _, connection: time.sleep(0.3), wants_head=False) as server:
        assert knock(server.port, infohash=None) == 'open'


def utp(packet):
    version, _, connection_id, stamp = struct.unpack('>BBHI', packet[:8])
    if version != 0x41:  # only a SYN is answered
        return []
    return [struct.pack('>BBHIIIHH', 0x21, 0, connection_id, stamp, 0, 1 << 16, 77, 1)]


def test_a_client_that_speaks_utp_alone_is_not_called_closed():
    with UdpServer(utp) as server:
        assert knock(server.port, timeout_ms=600) == 'open'
        for _ in range(20):
            if len(server.seen) == 2:
                break
            time.sleep(0.05)
        syn, reset = server.seen
        assert len(syn) == len(reset) == 20 and reset[0] == 0x31, 'what was opened is taken back'
        assert struct.unpack('>H', reset[2:4])[0] == (struct.unpack('>H', syn[2:4])[0] + 1) % 65536


@pytest.mark.parametrize('noise', [b'', b'x', b'\x21' + bytes(19), bytes(20), b'\x71' * 20])
def test_noise_over_udp_is_no_answer(noise):
    with UdpServer(lambda packet: [noise] * 5) as server:
        assert knock(server.port, timeout_ms=400) == 'closed'
        assert len(server.seen) == 2, 'a lost packet is sent once more'


def test_a_private_address_is_not_knocked_at():
    with silent_listener() as (port, was_visited):
        assert knock(port, private=False) == 'not_asked'
        assert knock(port, own=f'127.0.0.1:{port}') == 'not_asked'
        assert not was_visited()


def test_a_port_of_another_service_is_not_knocked_at():
    assert knock(25) == knock(6379) == 'not_asked'


@pytest.mark.parametrize('protocols', ['tcp', 'utp'])
def test_libtorrent_is_reached(tmp_path, protocols):
    (tmp_path / 'file').write_bytes(b'z' * 40000)
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, str(tmp_path / 'file'))
    maker = libtorrent.create_torrent(storage, 16384, libtorrent.create_torrent.v1_only)
    libtorrent.set_piece_hashes(maker, str(tmp_path))
    information = libtorrent.torrent_info(maker.generate())
    session = libtorrent.session({'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False,
                                  'enable_upnp': False, 'enable_natpmp': False,
                                  'enable_incoming_tcp': protocols == 'tcp', 'enable_incoming_utp': protocols == 'utp'})
    handle = session.add_torrent({'ti': information, 'save_path': str(tmp_path)})
    try:
        for _ in range(100):
            if handle.status().is_seeding and session.listen_port():
                break
            time.sleep(0.1)
        infohash = information.info_hash().to_bytes()
        assert knock(session.listen_port(), infohash) == ('greeted' if protocols == 'tcp' else 'open')
    finally:
        session.pause()
        del session
