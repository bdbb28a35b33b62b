"""The real program, started in a folder of its own on free ports of this machine, and hands to use it with.

    def test_a_page(server):                    one server for this test, empty
    def test_a_list(site):                      one server for all tests of this file
    def test_closed(make_server):               any number, with settings
        server = make_server({'accounts.registration': 'closed'})

A test fails when its server died, was told of a fault by a sanitizer, logged an error, or did not stop in good order.
The program is that of ESSAIM_BINARY, else build/release/essaim.
"""
import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import libtorrent
import requests

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get('ESSAIM_BINARY') or ROOT / 'build' / 'release' / 'essaim').resolve()
LONG = bool(os.environ.get('ESSAIM_LONG'))
PASSWORD = 'long enough to be safe'
READY_S = 90
SANITIZER_WORDS = re.compile('AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|Assertion')
SANITIZERS = {'ASAN_OPTIONS': 'detect_leaks=1:abort_on_error=1', 'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1'}
# What starts with ESSAIM_ would be read as a setting.
ENVIRONMENT = {**SANITIZERS, **{key: value for key, value in os.environ.items() if not key.startswith('ESSAIM_')}}
# What a work needs beside its title to be published.
WORDS = {'category': 'books', 'license': 'CC0-1.0', 'author': 'Ada Example', 'source_url': 'https://example.org/',
         'description': 'Made for a test.', 'tags': 'test', 'language': 'en'}
counter = itertools.count(1)


def wait_for(condition, what, seconds=60.0, every=0.1):
    """What condition() returns once that is true."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'{seconds:.0f} s have passed without: {what}')
        time.sleep(every)


def free_port():
    """A port free for TCP and UDP, IPv4 and IPv6; below those the kernel gives away by itself, so it stays free."""
    while True:
        port = random.randrange(16000, 32000)
        try:
            for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    with socket.socket(family, kind) as probe:
                        probe.bind((address, port))
            return port
        except OSError:
            continue


# ---- torrents --------------------------------------------------------------------------------

@dataclass
class Made:
    """A torrent made here, and where its content lies."""
    content: bytes  # of the .torrent file
    path: Path      # of the file or folder it describes
    name: str
    v1: str = ''    # info-hashes in hex, empty where it has none
    v2: str = ''

    @property
    def hash(self):
        return self.v1 or self.v2


FLAGS = {'v1': libtorrent.create_torrent.v1_only, 'v2': libtorrent.create_torrent.v2_only, 'hybrid': 0}


def make_torrent(folder, kind='hybrid', size=40_000, name=None, files=None, private=False, piece_length=16384):
    """Content and .torrent by python3-libtorrent. files: {'path/in/torrent': bytes or a size}; else one file."""
    name = name or f'work-{next(counter)}-{random.randrange(1 << 40):010x}' + ('' if files else '.bin')
    path = Path(folder) / name
    for place, content in (files or {'': size}).items():
        target = path / place if place else path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(random.randbytes(content) if isinstance(content, int) else content)
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, str(path))
    maker = libtorrent.create_torrent(storage, piece_length, FLAGS[kind])
    maker.set_priv(private)
    libtorrent.set_piece_hashes(maker, str(path.parent))
    content = libtorrent.bencode(maker.generate())
    return Made(content, path, name, *hashes_of(content))


def hashes_of(content):
    hashes = libtorrent.torrent_info(libtorrent.bdecode(content)).info_hashes()
    return (str(hashes.v1) if hashes.has_v1() else '', str(hashes.v2) if hashes.has_v2() else '')


def info_of(content):
    """The bytes of the info dictionary, cut out without understanding them."""
    def skip(at):
        if content[at:at + 1] in b'dl':
            at += 1
            while content[at:at + 1] != b'e':
                at = skip(at)
            return at + 1
        if content[at:at + 1] == b'i':
            return content.index(b'e', at) + 1
        colon = content.index(b':', at)
        return colon + 1 + int(content[at:colon])
    assert content[:1] == b'd', content[:40]
    at = 1
    while content[at:at + 1] != b'e':
        start, at = at, skip(at)
        value = at
        at = skip(at)
        if content[start:value] == b'4:info':
            return content[value:at]
    raise AssertionError('there is no info')


# ---- people ----------------------------------------------------------------------------------

@dataclass
class Member:
    """Somebody with an account and a token of it."""
    server: 'Server'
    name: str
    password: str = PASSWORD
    id: str = ''
    token: str = ''

    def api(self, method, address, **options):
        headers = {'Authorization': f'Bearer {self.token}', **options.pop('headers', {})}
        return self.server.api(method, address, headers=headers, **options)

    def upload(self, torrent, title=None, dry_run=False, **words):
        """The answer to POST /api/v1/torrents; torrent: bytes or Made. words replace those of WORDS; None: not sent."""
        made = isinstance(torrent, Made)
        words = {**WORDS, 'title': title or (torrent.name if made else 'A work'), **words}
        return self.api('POST', '/torrents' + ('?dry_run=1' if dry_run else ''),
                        files={'torrent': ('work.torrent', torrent.content if made else torrent)},
                        data={key: value for key, value in words.items() if value is not None})

    def publish(self, torrent, title=None, **words):
        """The work as the API shows it after a successful upload."""
        answer = self.upload(torrent, title, **words)
        assert answer.status_code == 201, answer.text
        return self.server.torrent(answer.json()['id'])

    def browser(self):
        """A Browser of this member, signed in."""
        return Browser(self.server).sign_in(self.name, self.password)


class Browser(requests.Session):
    """A browser without JavaScript: cookies, and forms with their CSRF tokens. Addresses may be relative."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.trust_env = False

    def request(self, method, url, *given, **options):
        url = url if '://' in url else self.server.url + url
        return super().request(method, url, *given, **{'timeout': 60, **options})

    def csrf(self, page='/en/settings'):
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(page).text)
        assert found, f'{page} has no form with a CSRF token'
        return found[1]

    def post_form(self, address, fields, page=None, csrf=None, **options):
        """Posts fields with the token of the form on `page` (the address itself when not given)."""
        return self.post(address, data={'csrf': csrf or self.csrf(page or address), **fields}, **options)

    def sign_in(self, name, password=PASSWORD):
        answer = self.post_form('/en/login', {'name': name, 'password': password})
        assert answer.status_code == 200 and not answer.url.endswith('/login'), answer.text
        return self


# ---- the server ------------------------------------------------------------------------------

@dataclass
class Server:
    folder: Path
    settings: dict = field(default_factory=dict)
    address: str = '127.0.0.1'  # or ::1
    allowed_errors: list = field(default_factory=list)  # patterns of log lines a test provokes on purpose

    def __post_init__(self):
        self.folder = Path(self.folder)
        self.data = self.folder / 'data'
        self.works = self.folder / 'works'
        self.works.mkdir(parents=True, exist_ok=True)
        self.log_path, self.out_path = self.folder / 'serve.log', self.folder / 'serve.out'
        self.process, self.killed = None, False
        self.log_read = 0
        self.has_run = False
        self.local = threading.local()
        self.sessions = []
        self.choose_ports()

    def choose_ports(self):
        self.port, self.udp_port = free_port(), free_port()
        self.host = f'[{self.address}]' if ':' in self.address else self.address
        self.url = f'http://{self.host}:{self.port}'

    @property
    def udp_announce(self):
        return f'udp://{self.host}:{self.udp_port}/announce'

    @property
    def http_announce(self):
        return f'{self.url}/announce'

    @property
    def web_announce(self):
        return self.http_announce.replace('http://', 'ws://')

    def options(self):
        settings = {'http.listen': f'{self.host}:{self.port}', 'site.url': self.url,
                    'tracker.udp_listen': f'{self.host}:{self.udp_port}', 'tracker.allow_private_addresses': 'yes',
                    'limits.enabled': 'no', **self.settings}
        given = ((key, value) for key, value in settings.items() if value is not None)
        return ['--data', str(self.data), *itertools.chain(*(('--set', f'{k}={v}') for k, v in given))]

    # -- running

    def start(self):
        for _ in range(5):
            if self.start_once():
                return self
            self.choose_ports()  # somebody took one in the meantime
        raise AssertionError('no free port: ' + self.log())

    def start_once(self):
        assert BINARY.exists(), f'{BINARY} is missing: ./dev build'
        self.killed = False
        with open(self.log_path, 'ab') as log, open(self.out_path, 'ab') as out:
            self.process = subprocess.Popen([BINARY, 'serve', *self.options()], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=log, env=ENVIRONMENT)
        end = time.monotonic() + READY_S
        while not self.is_ready():
            if self.process.poll() is not None:
                if 'in use' in self.log() and not self.has_run:
                    return False
                raise AssertionError(f'the server ended with {self.process.returncode}:\n{self.log()[-4000:]}')
            assert time.monotonic() < end, f'not ready after {READY_S} s:\n{self.log()[-4000:]}'
            time.sleep(0.05)
        self.has_run = True
        return True

    def is_ready(self):
        try:
            return requests.get(self.url + '/readyz', timeout=10).status_code == 200
        except requests.RequestException:
            return False

    def kill(self):
        """As kill -9 or a power cut of the process does it."""
        self.killed = True
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=60):
        """In good order; fails when it was not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f'the server did not stop in {seconds} s:\n{self.log()[-4000:]}') from None
        assert self.killed or self.process.returncode == 0, \
            f'the server ended with {self.process.returncode}:\n{self.log()[-6000:]}'

    def restart(self):
        self.stop()
        self.start()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        return self.log_path.read_text(errors='replace') if self.log_path.exists() else ''

    def output(self):
        return self.out_path.read_text(errors='replace') if self.out_path.exists() else ''

    def check_health(self):
        """Fails when the server has died or its log tells of a fault since the last look."""
        log = self.log()
        new, self.log_read = log[self.log_read:], len(log)
        assert self.killed or self.is_alive(), f'the server died ({self.process.poll()}):\n{log[-6000:]}'
        assert not SANITIZER_WORDS.search(new), f'a fault in the server:\n{new[-8000:]}'
        for line in new.splitlines():
            if 'level=error' in line and not any(re.search(allowed, line) for allowed in self.allowed_errors):
                raise AssertionError(f'the server logged an error: {line}')

    def close(self):
        try:
            self.stop()
            # A leak is told at the very end.
            assert not SANITIZER_WORDS.search(self.log()), f'a fault in the server:\n{self.log()[-8000:]}'
        finally:
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            for session in self.sessions:
                session.close()

    # -- asking

    def request(self, method, address, **options):
        """As nobody: no cookie is kept. Each thread has connections of its own."""
        session = getattr(self.local, 'session', None)
        if session is None:
            session = self.local.session = requests.Session()
            session.trust_env = False
            self.sessions.append(session)
        session.cookies.clear()
        url = address if '://' in address else self.url + address
        return session.request(method, url, **{'timeout': 60, **options})

    def get(self, address, **options):
        return self.request('GET', address, **options)

    def api(self, method, address, **options):
        return self.request(method, '/api/v1' + address, **options)

    def torrent(self, torrent_id):
        answer = self.api('GET', f'/torrents/{torrent_id}')
        assert answer.status_code == 200, answer.text
        return answer.json()

    def list(self, **ask):
        answer = self.api('GET', '/torrents', params=ask)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sign_up(self, name=None, password=PASSWORD, scopes=('read', 'upload')):
        """A new member with a token."""
        name = name or f'member{next(counter)}'
        account = {'name': name, 'email': f'{name}@example.org', 'password': password}
        answer = self.api('POST', '/accounts', json=account)
        assert answer.status_code == 201, answer.text
        member = Member(self, name, password, answer.json()['id'])
        member.token = self.token(name, password, scopes)
        return member

    def token(self, name, password=PASSWORD, scopes=('read', 'upload'), label='tests'):
        answer = self.api('POST', '/tokens', json={'name': name, 'password': password, 'label': label,
                                                   'scopes': list(scopes)})
        assert answer.status_code == 201, answer.text
        return answer.json()['token']

    def add_user(self, name, role):
        """Somebody with a role, made by the operator's command; with a token for all that role may do."""
        self.command('user', 'add', name, '--email', f'{name}@example.org', '--role', role, '--password-stdin',
                     stdin=PASSWORD + '\n')
        scopes = ['read', 'upload', *(['moderate'] if role in ('moderator', 'admin') else []),
                  *(['admin'] if role == 'admin' else [])]
        return Member(self, name, token=self.token(name, scopes=scopes))

    def make_torrent(self, *given, **options):
        return make_torrent(self.works, *given, **options)

    # -- commands

    def run(self, *words, stdin='', seconds=120):
        """Any command with the data folder of this server."""
        return subprocess.run([BINARY, *words, *self.options()], input=stdin, capture_output=True, text=True,
                              timeout=seconds, env=ENVIRONMENT, check=False)

    def command(self, *words, **options):
        done = self.run(*words, **options)
        assert done.returncode == 0, f'{" ".join(words)}: {done.stdout}{done.stderr}'
        return done.stdout

    def command_json(self, *words, **options):
        return json.loads(self.command(*words, '--json', **options))


def make_folder():
    return Path(tempfile.mkdtemp(prefix='essaim-test-', dir=os.environ.get('ESSAIM_TEST_DIR')))


def remove_folder(folder):
    shutil.rmtree(folder, ignore_errors=True)
