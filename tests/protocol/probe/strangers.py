"""Strangers on this machine for the probes to meet: trackers, web seeds and peers, well-behaved and not."""
import os
import socket
import struct
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get('ESSAIM_BINARY', ROOT / 'build' / 'debug' / 'essaim')).parent
RUN = Path(os.environ.get('PROBE_RUN', BUILD / 'tests' / 'protocol' / 'probe' / 'probe_run'))
MAGIC = 0x41727101980
CONNECT, SCRAPE, ERROR = 0, 2, 3


def probe(*words, private=True, timeout_ms=1000, environment=None, **options):
    """The lines probe_run answers."""
    command = [RUN, f'--timeout={timeout_ms}', *(['--private'] if private else []),
               *(f'--{key}={value}' for key, value in options.items()), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **(environment or {})})
    assert done.returncode == 0, f'{command}: {done.returncode} {done.stderr}'
    return done.stdout.splitlines()


def scrape(url, *hashes, **options):
    """(outcome, hashes answered, wait), [(known, seeders, leechers, completed)]"""
    lines = probe('scrape', url, *(h.hex() for h in hashes), **options)
    outcome, answered, wait = lines[0].split()
    return (outcome, int(answered), int(wait)), [tuple(map(int, line.split())) for line in lines[1:]]


class Server:
    """One thread, closed at the end of the test; `seen` is what came."""

    def __init__(self, kind, address='127.0.0.1'):
        self.socket = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, kind)
        self.socket.bind((address, 0))
        self.host = f'[{address}]' if ':' in address else address
        self.port = self.socket.getsockname()[1]
        self.seen = []
        self.closing = False
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing = True
        self.socket.close()
        self.thread.join(5)

    def serve(self):
        self.socket.settimeout(0.05)
        while not self.closing:
            try:
                self.serve_one()
            except TimeoutError:
                continue
            except OSError:
                if self.closing:
                    return


class UdpServer(Server):
    """answer(packet) gives the packets to send back; the address the probe is given is `url`."""

    def __init__(self, answer, **where):
        super().__init__(socket.SOCK_DGRAM, **where)
        self.answer = answer
        self.url = f'udp://{self.host}:{self.port}/announce'

    def serve_one(self):
        packet, sender = self.socket.recvfrom(4096)
        self.seen.append(packet)
        for answer in self.answer(packet):
            self.socket.sendto(answer, sender)


def udp_tracker(counts, connection_id=0x1122334455667788):
    """The answers of an honest tracker that knows counts: {hash: (seeders, leechers, completed)}."""
    def answer(packet):
        said_id, action, transaction = struct.unpack('>QII', packet[:16])
        if action == CONNECT:
            assert said_id == MAGIC and len(packet) == 16
            return [struct.pack('>IIQ', CONNECT, transaction, connection_id)]
        assert action == SCRAPE and said_id == connection_id and len(packet) % 20 == 16
        body = b''
        for at in range(16, len(packet), 20):
            seeders, leechers, completed = counts.get(packet[at:at + 20], (0, 0, 0))
            body += struct.pack('>III', seeders, completed, leechers)
        return [struct.pack('>II', SCRAPE, transaction) + body]
    return answer


class TcpServer(Server):
    """answer(request, connection) is called with the head of each request (or what came first)."""

    def __init__(self, answer, wants_head=True, tls=None, **where):
        super().__init__(socket.SOCK_STREAM, **where)
        self.socket.listen(16)
        self.answer, self.wants_head, self.tls = answer, wants_head, tls
        self.url = f'{"https" if tls else "http"}://{self.host}:{self.port}'

    def serve_one(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.settimeout(5)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            head = b''
            while self.wants_head and b'\r\n\r\n' not in head:
                piece = connection.recv(4096)
                if not piece:
                    break
                head += piece
            self.seen.append(head)
            try:
                self.answer(head, connection)
            except OSError:
                pass  # the probe has had enough


def reply(status, body=b'', **headers):
    """What to answer whatever is asked."""
    lines = [f'HTTP/1.1 {status}', f'Content-Length: {len(body)}', 'Connection: close',
             *(f'{key.replace("_", "-")}: {value}' for key, value in headers.items())]
    return lambda head, connection: connection.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + body)


@contextmanager
def silent_listener():
    """A socket that must see nobody: yields (port, a function that says whether somebody came)."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen(1)
        listener.settimeout(0.3)

        def was_visited():
            try:
                listener.accept()[0].close()
                return True
            except TimeoutError:
                return False
        yield listener.getsockname()[1], was_visited


def web_seed(content, ranges=True):
    """Serves `content` at every address, by Range."""
    def answer(head, connection):
        start, end = 0, len(content) - 1
        status, extra = '200 OK', ''
        for line in head.decode('latin-1').split('\r\n'):
            if ranges and line.lower().startswith('range: bytes='):
                start, end = map(int, line.split('=')[1].split('-'))
                status, extra = '206 Partial Content', f'Content-Range: bytes {start}-{end}/{len(content)}\r\n'
        body = content[start:end + 1]
        connection.sendall(f'HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n'.encode() + body)
    return answer
