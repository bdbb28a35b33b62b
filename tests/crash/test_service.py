"""What a service manager does with us, and we with it: sockets that are bound before we start, what we tell it, and the
unit files of packaging/systemd."""
import os
import re
import shutil
import signal
import socket
import subprocess

import pytest
import requests

from server import BINARY, ENVIRONMENT, ROOT, wait_for
from successor import Client

UNITS = ROOT / 'packaging' / 'systemd'
CONNECT = b'\0\0\4\x17\x27\x10\x19\x80' + b'\0\0\0\0' + b'abcd'


class Manager:
    """Binds the sockets of a server, starts it with them, hears what it says."""

    def __init__(self, server, shares_ports):
        self.server = server
        self.tcp = socket.create_server((server.address, server.port), reuse_port=shares_ports)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shares_ports)
        self.udp.bind((server.address, server.udp_port))
        self.ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ears.bind(str(server.folder / 'notify'))
        self.ears.settimeout(60)

    def start(self, listen_pid='$$', extra=()):
        fds = [self.tcp.fileno(), self.udp.fileno(), *extra]
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
        # They begin at 3 in the program; LISTEN_PID is the number exec keeps.
        moves = ' '.join(f'{3 + i}<&{fd} {fd}<&-' for i, fd in enumerate(high))
        script = f'export LISTEN_PID={listen_pid} LISTEN_FDS={len(fds)}; exec "$@" {moves}'
        with open(self.server.log_path, 'ab') as log, open(self.server.out_path, 'ab') as out:
            self.server.process = subprocess.Popen(
                ['bash', '-c', script, 'bash', BINARY, 'serve', *self.server.options()], stdin=subprocess.DEVNULL,
                stdout=out, stderr=log, pass_fds=high,
                env={**ENVIRONMENT, 'NOTIFY_SOCKET': str(self.server.folder / 'notify')})
        for fd in high:
            os.close(fd)

    def hear(self):
        return dict(line.split('=', 1) for line in self.ears.recv(4096).decode().splitlines())

    def close(self):
        for held in (self.tcp, self.udp, self.ears):
            held.close()


@pytest.fixture(params=[True, False], ids=['shared ports', 'ports of its own'])
def manager(request, make_server):
    server = make_server({'tracker.open': 'yes', 'http.loops': '2', 'tracker.udp_threads': '2'}, start=False)
    made = Manager(server, request.param)
    yield made
    made.close()


def test_what_came_before_the_start_is_answered(manager):
    server = manager.server
    waiting = socket.create_connection((server.address, server.port))
    waiting.settimeout(60)
    waiting.sendall(b'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    packet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packet.settimeout(60)
    packet.connect((server.address, server.udp_port))
    packet.send(CONNECT)
    manager.start()
    assert b'200' in waiting.recv(4096)
    assert packet.recv(100)[:8] == b'\0\0\0\0abcd'
    for _ in range(20):
        assert requests.get(server.url + '/livez', timeout=10).status_code == 200
        client = Client(server)
        client.connect()
        client.close()
    waiting.close()
    packet.close()


def test_a_restart_refuses_nobody(manager):
    server = manager.server
    manager.start()
    assert manager.hear()['READY'] == '1'
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0
    with socket.create_connection((server.address, server.port)) as waiting:
        manager.start()
        waiting.settimeout(60)
        waiting.sendall(b'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
        assert b'200' in waiting.recv(4096)


def test_it_is_told_of_start_reload_and_end(manager):
    server = manager.server
    manager.start()
    told = manager.hear()
    assert told['READY'] == '1' and told['MAINPID'] == str(server.process.pid)
    wait_for(server.is_ready, 'it said so', 5)
    server.process.send_signal(signal.SIGHUP)
    told = manager.hear()
    assert told['RELOADING'] == '1' and int(told['MONOTONIC_USEC']) > 0
    assert manager.hear() == {'READY': '1'}
    server.process.send_signal(signal.SIGTERM)
    assert manager.hear() == {'STOPPING': '1'}
    assert server.process.wait(60) == 0
    server.process = None


def test_sockets_of_another_process_are_not_ours(manager):
    """LISTEN_PID names somebody else: we bind our own, which are taken."""
    manager.start(listen_pid='1')
    assert manager.server.process.wait(60) == 1
    assert 'in use' in manager.server.log()
    manager.server.process = None


def test_what_is_no_listener_is_refused(manager):
    with open('/dev/null', 'rb') as nothing:
        manager.start(extra=[nothing.fileno()])
    assert manager.server.process.wait(60) == 1
    assert 'neither listens nor is bound' in manager.server.log()
    manager.server.process = None


def test_a_socket_no_setting_names_is_given_up_and_said(manager):
    with socket.create_server(('127.0.0.1', 0)) as other:
        port = other.getsockname()[1]
        manager.start(extra=[other.fileno()])
        assert manager.hear()['READY'] == '1'
    assert f'127.0.0.1:{port}' in manager.server.log()
    with pytest.raises(requests.ConnectionError):
        requests.get(f'http://127.0.0.1:{port}/livez', timeout=10)


# ---- unit files ----------------------------------------------------------------------------------

analyze = pytest.mark.skipif(not shutil.which('systemd-analyze'), reason='systemd-analyze is not installed')


@pytest.fixture
def units(tmp_path):
    """Copies that name the program of this build: systemd-analyze looks whether it is there."""
    for unit in UNITS.glob('essaim.s*'):
        text = unit.read_text().replace('/usr/bin/essaim', str(BINARY))
        # Its manual pages are not installed here.
        (tmp_path / unit.name).write_text(re.sub('(?m)^Documentation=.*\n', '', text))
    return tmp_path


@analyze
def test_the_units_are_well_formed(units):
    done = subprocess.run(['systemd-analyze', 'verify', units / 'essaim.service', units / 'essaim.socket'],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


@analyze
def test_the_service_is_hardened(units):
    done = subprocess.run(['systemd-analyze', 'security', '--offline=yes', '--threshold=15', units / 'essaim.service'],
                          capture_output=True, text=True, check=False)
    print(re.search('Overall exposure level.*', done.stdout)[0])
    assert done.returncode == 0, done.stdout


def test_the_socket_unit_names_the_standard_addresses():
    text = (UNITS / 'essaim.socket').read_text()
    table = subprocess.run([BINARY, 'settings', '--json'], capture_output=True, text=True, check=True,
                           env=ENVIRONMENT, cwd='/').stdout
    for name, key in (('http.listen', 'ListenStream'), ('tracker.udp_listen', 'ListenDatagram')):
        standard = re.search(rf'"name":"{name}".*?"default":"([^"]*)"', table)[1]
        assert re.findall(f'(?m)^{key}=(.*)$', text) == standard.split()
