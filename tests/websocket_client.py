"""A WebSocket client (RFC 6455) that also does what a good one never does: every byte of it is the test's choice."""
import base64
import hashlib
import json
import os
import socket
import struct

GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def handshake(server, address='/announce', headers=None, method='GET', version='HTTP/1.1'):
    """The bytes of a request; headers: to replace ours, or to leave out where None."""
    key = base64.b64encode(os.urandom(16)).decode()
    fields = {'Host': f'{server.host}:{server.port}', 'Upgrade': 'websocket', 'Connection': 'Upgrade',
              'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '13', **(headers or {})}
    lines = [f'{method} {address} {version}']
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                lines.append(f'{name}: {one}')
    return key, ('\r\n'.join(lines) + '\r\n\r\n').encode()


def frame(opcode, payload=b'', fin=True, mask=True, rsv=0, length=None):
    """One frame; length: what its head says, where that is to differ from the truth."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    bit = 0x80 if mask else 0
    said = len(payload) if length is None else length
    head = bytes([first, bit | said]) if said < 126 else struct.pack('>BBH', first, bit | 126, said) \
        if said < 1 << 16 else struct.pack('>BBQ', first, bit | 127, said)
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))


class WebSocket:
    """A connection after its handshake. With nothing received in time: TimeoutError."""

    def __init__(self, server, address='/announce', headers=None, timeout=20, receive_buffer=None):
        family = socket.AF_INET6 if ':' in server.address else socket.AF_INET
        self.tcp = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.tcp.settimeout(timeout)
        self.tcp.connect((server.address, server.port))
        self.rest = b''
        key, request = handshake(server, address, headers)
        self.tcp.sendall(request)
        while b'\r\n\r\n' not in self.rest:
            more = self.tcp.recv(4096)
            assert more, f'closed within the answer {self.rest}'
            self.rest += more
        head, self.rest = self.rest.split(b'\r\n\r\n', 1)
        self.head = head.decode()
        self.status = int(self.head.split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in
                        (line.partition(':') for line in self.head.split('\r\n')[1:])}
        if self.status == 101:
            wanted = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
            assert self.headers['sec-websocket-accept'] == wanted
            assert self.headers['upgrade'].lower() == 'websocket'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tcp.close()

    def send(self, opcode, payload=b'', **how):
        self.tcp.sendall(frame(opcode, payload, **how))
        return self

    def send_json(self, value):
        return self.send(TEXT, json.dumps(value, ensure_ascii=False).encode())

    def read(self, count):
        while len(self.rest) < count:
            more = self.tcp.recv(65536)
            if not more:
                raise EOFError('the server has closed the connection')
            self.rest += more
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def receive(self):
        """(opcode, payload) of the next frame, which must be whole and unmasked, as servers send them."""
        first, second = self.read(2)
        assert first & 0x70 == 0 and first & 0x80 and second & 0x80 == 0, (first, second)
        length = second
        if length == 126:
            length = struct.unpack('>H', self.read(2))[0]
            assert length > 125
        elif length == 127:
            length = struct.unpack('>Q', self.read(8))[0]
            assert length > 65535
        return first & 15, self.read(length)

    def receive_json(self):
        """The next message; pings on the way are answered."""
        while True:
            opcode, payload = self.receive()
            if opcode == PING:
                self.send(PONG, payload)
                continue
            assert opcode == TEXT, (opcode, payload)
            return json.loads(payload)

    def close_code(self):
        """Of the close frame that comes next (other messages are passed over), answered; then the end of the stream."""
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                break
        try:
            self.send(CLOSE, payload)
        except OSError:
            pass
        try:
            while self.tcp.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return struct.unpack('>H', payload[:2])[0] if payload else None
