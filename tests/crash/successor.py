"""The two sides of `essaim serve --takeover` as the control socket sees them, and a load that notices every gap."""
import array
import os
import random
import socket
import struct
import subprocess
import threading
import time

from server import BINARY, ENVIRONMENT

FORM = b'essaim takeover 1'
PROTOCOL_ID = 0x41727101980


def frame(kind, payload=b''):
    return kind + struct.pack('>I', len(payload)) + payload


def read_exactly(caller, count):
    told = b''
    while len(told) < count:
        part = caller.recv(count - len(told))
        if not part:
            raise EOFError
        told += part
    return told


def read_frame(caller):
    kind, length = struct.unpack('>cI', read_exactly(caller, 5))
    return kind, read_exactly(caller, length)


def read_sockets(caller):
    kind, count = read_frame(caller)
    assert kind == b'S', kind
    fds = []
    while len(fds) < struct.unpack('>I', count)[0]:
        _, control, _, _ = caller.recvmsg(1, socket.CMSG_SPACE(253 * 4))
        for level, type_, payload in control:
            assert (level, type_) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
            fds += array.array('i', payload).tolist()
    return fds


class Successor:
    """Asks a server to hand over, and may come to nothing at any moment."""

    def __init__(self, server):
        self.caller = socket.socket(socket.AF_UNIX)
        self.caller.settimeout(60)
        self.caller.connect(str(server.data / 'control.sock'))
        self.caller.sendall(frame(b'T', FORM))
        self.kind, self.words = read_frame(self.caller)
        self.fds = read_sockets(self.caller) if self.kind == b'Y' else []

    def say_stop(self):
        self.caller.sendall(frame(b'P'))

    def wait_for_yours(self):
        self.fds += read_sockets(self.caller)

    def come_to_nothing(self):
        for fd in self.fds:
            os.close(fd)
        self.caller.close()

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        self.come_to_nothing()


def take_over(server, settings=None, binary=None, seconds=60):
    """A new process beside the running one; true when it took over, and is then the process of `server`."""
    server.settings = {**server.settings, **(settings or {})}
    old = server.process
    with open(server.log_path, 'ab') as log, open(server.out_path, 'ab') as out:
        new = subprocess.Popen([binary or BINARY, 'serve', '--takeover', *server.options()], stdin=subprocess.DEVNULL,
                               stdout=out, stderr=log, env=ENVIRONMENT)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if old.poll() is not None:
            assert old.returncode == 0, f'the old one ended with {old.returncode}:\n{server.log()[-4000:]}'
            server.process = new
            return True
        if new.poll() is not None and old.poll() is None:
            return False
        time.sleep(0.01)
    new.kill()
    new.wait()
    raise AssertionError(f'nobody has taken over after {seconds} s:\n{server.log()[-4000:]}')


class Client:
    """Announces over UDP again and again; sends nothing twice."""

    def __init__(self, server, chance=random):
        family = socket.AF_INET6 if ':' in server.address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.connect((server.address, server.udp_port))
        self.socket.settimeout(5)
        self.peer_id, self.port, self.chance = chance.randbytes(20), chance.randrange(1, 65536), chance
        self.id = None

    def ask(self, packet, transaction):
        self.socket.send(packet)
        while True:
            answer = self.socket.recv(2048)
            if answer[4:8] == transaction:
                return answer

    def connect(self):
        transaction = self.chance.randbytes(4)
        answer = self.ask(struct.pack('>QI', PROTOCOL_ID, 0) + transaction, transaction)
        self.id = answer[8:16]

    def announce(self, info_hash, left=0, event=0, wanted=50):
        """(seeders, leechers, peers as bytes)"""
        transaction = self.chance.randbytes(4)
        answer = self.ask(self.id + struct.pack('>I', 1) + transaction + info_hash + self.peer_id + struct.pack(
            '>QQQIIIiH', 0, left, 0, event, 0, 0, wanted, self.port), transaction)
        assert answer[:4] == b'\0\0\0\1', answer
        _, leechers, seeders = struct.unpack('>III', answer[8:20])
        return seeders, leechers, answer[20:]

    def close(self):
        self.socket.close()


class Load(threading.Thread):
    """Does one thing every `every` seconds until told to end; remembers what failed and the longest wait."""

    def __init__(self, what, every):
        super().__init__()
        self.what, self.every = what, every
        self.over = threading.Event()
        self.done, self.failures, self.longest = 0, [], 0.0

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.what()
                self.done += 1
            except Exception as fault:
                self.failures.append(repr(fault))
            took = time.monotonic() - began
            self.longest = max(self.longest, took)
            if took < self.every:
                time.sleep(self.every - took)

    def end(self):
        self.over.set()
        self.join()
