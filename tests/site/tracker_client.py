"""Small announces over HTTP and UDP, as a client would send them."""
import os
import socket
import struct
from urllib.parse import quote

import libtorrent


def swarm_hash(work):
    return bytes.fromhex(work['infohash_v1'] or work['infohash_v2'][:40])


def http_announce(server, work, port=6881, left=0, event='', address=None, headers=None, **more):
    """The decoded answer; `work`: one of the API, or a hash of 20 bytes."""
    infohash = work if isinstance(work, bytes) else swarm_hash(work)
    peer_id = b'-TE0001-' + b'%012d' % port
    ask = {'port': port, 'uploaded': 0, 'downloaded': 0, 'left': left, 'compact': 1, 'event': event, **more}
    query = '&'.join([f'info_hash={quote(infohash, safe="")}', f'peer_id={quote(peer_id, safe="")}',
                      *(f'{key}={value}' for key, value in ask.items() if value != '')])
    answer = server.get(f'{address or server.http_announce}?{query}', headers=headers)
    assert answer.status_code == 200, answer.text
    return libtorrent.bdecode(answer.content)


def url_options(path):
    """The path of the announce address, as clients send it over UDP (BEP 41)."""
    parts = [path[at:at + 255] for at in range(0, len(path), 255)]
    return b''.join(bytes([2, len(part)]) + part.encode() for part in parts) + b'\0'


def udp_announce(server, work, port=6881, left=0, event=2, timeout=5, path='', peer_id=b'-TE0002-'):
    """(action, body) of the answer to an announce; event 2: started."""
    infohash = work if isinstance(work, bytes) else swarm_hash(work)
    family = socket.AF_INET6 if ':' in server.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.settimeout(timeout)
        udp.connect((server.address, server.udp_port))
        transaction = os.urandom(4)
        udp.send(struct.pack('>QI', 0x41727101980, 0) + transaction)
        answer = udp.recv(2048)
        assert len(answer) == 16 and answer[:8] == bytes(4) + transaction
        transaction = os.urandom(4)
        udp.send(answer[8:] + struct.pack('>I', 1) + transaction + infohash + peer_id + b'%012d' % port +
                 struct.pack('>QQQIIIiH', 0, left, 0, event, 0, 7, -1, port) + (url_options(path) if path else b''))
        answer = udp.recv(2048)
        assert answer[4:8] == transaction
        return struct.unpack('>I', answer[:4])[0], answer[8:]
