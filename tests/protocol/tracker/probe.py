"""A Tracker alone (tracker_probe), its UDP clients on raw sockets, and a strict bencode reader."""
import os
import socket
import struct
import subprocess
from pathlib import Path
from urllib.parse import quote_from_bytes

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get('ESSAIM_BINARY', ROOT / 'build' / 'debug' / 'essaim')).parent
PROBE = Path(os.environ.get('TRACKER_PROBE', BUILD / 'tests' / 'protocol' / 'tracker' / 'tracker_probe'))
PROTOCOL_ID = 0x41727101980
CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
WAIT_S = 5.0
SILENCE_S = 0.3


class Probe:
    def __init__(self, *settings, listen='127.0.0.1:0'):
        self.process = subprocess.Popen([PROBE, listen, *settings], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = self.process.stdout.readline().split()
        if len(first) != 2:
            raise RuntimeError(self.process.stderr.read().decode())
        self.port = int(first[1])

    def ask(self, line):
        self.process.stdin.write((line if isinstance(line, bytes) else line.encode()) + b'\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().rstrip('\n')

    def allow(self, v1=None, v2=None):
        assert self.ask(f"allow {v1.hex() if v1 else '-'} {v2.hex() if v2 else '-'}") == 'done'

    def forget(self, v1=None, v2=None):
        assert self.ask(f"forget {v1.hex() if v1 else '-'} {v2.hex() if v2 else '-'}") == 'done'

    def http(self, query, ip='192.0.2.1', verb='announce'):
        query = query if isinstance(query, bytes) else query.encode()
        line = b'announce ' + ip.encode() + b' ' + query if verb == 'announce' else b'scrape ' + query
        return bytes.fromhex(self.ask(line))

    def announce(self, info_hash, port=6881, ip='192.0.2.1', **keys):
        query = f'info_hash={quote_from_bytes(info_hash, safe="")}&port={port}'
        query += ''.join(f'&{key}={value}' for key, value in keys.items())
        return decode(self.http(query, ip))

    def scrape(self, *hashes):
        return decode(self.http('&'.join('info_hash=' + quote_from_bytes(h, safe='') for h in hashes), verb='scrape'))

    def totals(self):
        return {key: int(value) for key, value in (word.split('=') for word in self.ask('totals').split())}

    def tally(self):
        rows = (word.split(':') for word in self.ask('tally').split())
        return {bytes.fromhex(h): (int(s), int(l), int(c)) for h, s, l, c in rows}

    def close(self):
        self.process.stdin.close()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.errors = self.process.stderr.read().decode()
        self.process.stdout.close()
        self.process.stderr.close()
        assert code == 0, self.errors

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            self.process.kill()
            self.process.wait()
        else:
            self.close()


class Client:
    """One UDP socket, connected unless an address to bind is all it has."""

    def __init__(self, port, source='127.0.0.1', target=None):
        family = socket.AF_INET6 if ':' in source else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.socket.connect((target or source.replace('127.0.0.2', '127.0.0.1'), port))
        self.socket.settimeout(WAIT_S)
        self.stride = 18 if family == socket.AF_INET6 else 6
        self.transaction = 1000
        self.id = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def exchange(self, packet):
        self.socket.send(packet)
        return self.socket.recv(65536)

    def is_silent_to(self, packet):
        self.socket.send(packet)
        self.socket.settimeout(SILENCE_S)
        try:
            self.socket.recv(65536)
            return False
        except (TimeoutError, socket.timeout):
            return True
        finally:
            self.socket.settimeout(WAIT_S)

    def connect(self):
        self.transaction += 1
        reply = self.exchange(struct.pack('>QII', PROTOCOL_ID, CONNECT, self.transaction))
        assert len(reply) == 16
        action, transaction, self.id = struct.unpack('>IIQ', reply)
        assert (action, transaction) == (CONNECT, self.transaction)
        return self

    def packet(self, info_hash, event=0, left=1, wanted=-1, port=6881, ip=0, tail=b''):
        self.transaction += 1
        return struct.pack('>QII20s20sQQQIIIiH', self.id, ANNOUNCE, self.transaction, info_hash,
                           b'-PY0000-' + bytes(12), 0, left, 0, event, ip, 0, wanted, port) + tail

    def announce(self, info_hash, **fields):
        """(interval, leechers, seeders, peers), or the words of an error."""
        reply = self.exchange(self.packet(info_hash, **fields))
        action, transaction = struct.unpack_from('>II', reply)
        assert transaction == self.transaction
        if action == ERROR:
            return reply[8:].decode()
        assert action == ANNOUNCE
        assert (len(reply) - 20) % self.stride == 0 and len(reply) <= 1232
        peers = [reply[i:i + self.stride] for i in range(20, len(reply), self.stride)]
        return (*struct.unpack_from('>III', reply, 8), peers)

    def scrape(self, hashes, tail=b''):
        self.transaction += 1
        reply = self.exchange(struct.pack('>QII', self.id, SCRAPE, self.transaction) + b''.join(hashes) + tail)
        assert struct.unpack_from('>II', reply) == (SCRAPE, self.transaction)
        return [struct.unpack_from('>III', reply, i) for i in range(8, len(reply), 12)]


def decode(data):
    value, end = _decode(data, 0)
    assert end == len(data), 'bytes behind the end'
    return value


def _decode(data, at):
    kind = data[at:at + 1]
    if kind == b'i':
        end = data.index(b'e', at)
        text = data[at + 1:end]
        assert str(int(text)).encode() == text
        return int(text), end + 1
    if kind == b'l':
        items, at = [], at + 1
        while data[at:at + 1] != b'e':
            item, at = _decode(data, at)
            items.append(item)
        return items, at + 1
    if kind == b'd':
        pairs, at, last = {}, at + 1, None
        while data[at:at + 1] != b'e':
            key, at = _decode(data, at)
            assert last is None or key > last, 'keys must be sorted and unique'
            pairs[key], at = _decode(data, at)
            last = key
        return pairs, at + 1
    colon = data.index(b':', at)
    end = colon + 1 + int(data[at:colon])
    assert end <= len(data)
    return data[colon + 1:end], end
