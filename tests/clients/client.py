"""Four BitTorrent programs with one set of hands: add a torrent, ask the tracker again, go.

Each listens on one loopback address only and finds peers in no way but the tracker: no DHT, no local discovery, no
peer exchange, no port mapping. They call each other over TCP: to wait for uTP where nobody speaks it takes seconds.
"""
import base64
import json
import shutil
import subprocess
import time
from pathlib import Path

import libtorrent
import requests

from server import free_port, wait_for

TOLD = libtorrent.alert.category_t


class Client:
    """One running client. folder is its own; content is looked for, and arrives, in folder/files."""
    program = None  # None: it is a library
    kinds = ('v1',)
    roads = ('udp4', 'http4', 'udp6', 'http6')
    calls_peers = True      # on loopback
    calls_as_seeder = True

    def __init__(self, folder, address='127.0.0.1'):
        self.folder = Path(folder)
        self.address = address
        self.files = self.folder / 'files'
        self.files.mkdir(parents=True)
        self.port = free_port()
        self.process = None
        self.start()

    @classmethod
    def is_installed(cls):
        return cls.program is None or shutil.which(cls.program) is not None

    def place(self, made):
        """Copies the content of a torrent to where the client looks for it: it will be a seeder."""
        target = self.files / made.name
        if made.path.is_dir():
            shutil.copytree(made.path, target)
        else:
            shutil.copy(made.path, target)

    def run(self, *words):
        environment = {'HOME': str(self.folder), 'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8'}
        with open(self.folder / 'client.log', 'ab') as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            env=environment)

    def log(self):
        path = self.folder / 'client.log'
        return path.read_text(errors='replace')[-3000:] if path.exists() else ''

    def stop(self):
        """As a person ends it: the tracker is told."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Libtorrent(Client):
    kinds = ('v1', 'hybrid', 'v2')

    def start(self):
        host = f'[{self.address}]' if ':' in self.address else self.address
        settings = {
            'listen_interfaces': f'{host}:{self.port}', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False,
            'enable_natpmp': False, 'enable_outgoing_utp': False, 'allow_multiple_connections_per_ip': True,
            'max_retry_port_bind': 0, 'min_reconnect_time': 1,
            'alert_mask': TOLD.tracker_notification | TOLD.error_notification}
        self.session = libtorrent.session(settings, 0)  # 0: none of the plugins, so no peer exchange
        self.session.add_extension('ut_metadata')
        self.handle, self.alerts = None, []

    def add(self, torrent=b'', magnet=''):
        if magnet:
            ask = libtorrent.parse_magnet_uri(magnet)
        else:
            ask = libtorrent.add_torrent_params()
            ask.ti = libtorrent.torrent_info(libtorrent.bdecode(torrent))
        ask.save_path = str(self.files)
        self.handle = self.session.add_torrent(ask)

    def announce(self):
        self.handle.force_reannounce(0, -1, libtorrent.reannounce_flags_t.ignore_min_interval)

    def heard(self):
        """What the tracker said so far."""
        self.alerts += [alert.message() for alert in self.session.pop_alerts()]
        return self.alerts

    def log(self):
        return '\n'.join(self.heard()[-30:])

    def leave(self):
        self.session.remove_torrent(self.handle)

    def stop(self):
        if self.session:
            self.heard()
            self.session.pause()
            self.session = None


class Transmission(Client):
    program = 'transmission-daemon'  # 3.00 calls every hybrid torrent corrupt
    roads = ('udp4', 'http4', 'http6')  # UDP over IPv6 only where the machine has an address of the wide world
    calls_peers = calls_as_seeder = False

    def start(self):
        self.rpc = free_port()
        settings = {
            # Bound to an IPv4 address it asks every tracker from there, those on IPv6 too.
            'bind-address-ipv4': '0.0.0.0' if ':' in self.address else self.address, 'bind-address-ipv6': '::1',
            'rpc-bind-address': '127.0.0.1',
            'rpc-port': self.rpc, 'rpc-authentication-required': False, 'rpc-host-whitelist-enabled': False,
            'peer-port': self.port, 'download-dir': str(self.files), 'incomplete-dir-enabled': False,
            'dht-enabled': False, 'lpd-enabled': False, 'pex-enabled': False, 'port-forwarding-enabled': False,
            'utp-enabled': False, 'encryption': 0, 'umask': 18, 'cache-size-mb': 0, 'ratio-limit-enabled': False}
        (self.folder / 'settings.json').write_text(json.dumps(settings))
        self.run(self.program, '-f', '-g', self.folder, '--log-debug')
        self.session = requests.Session()
        self.session.trust_env = False
        wait_for(self.is_up, 'transmission answers')

    def is_up(self):
        try:
            return self.call('session-get')
        except requests.RequestException:
            assert self.process.poll() is None, self.log()
            return None

    def call(self, method, **arguments):
        for _ in range(2):
            answer = self.session.post(f'http://127.0.0.1:{self.rpc}/transmission/rpc', timeout=20,
                                       json={'method': method, 'arguments': arguments})
            if answer.status_code != 409:
                break
            self.session.headers['X-Transmission-Session-Id'] = answer.headers['X-Transmission-Session-Id']
        answer.raise_for_status()
        assert answer.json()['result'] == 'success', answer.text
        return answer.json()['arguments']

    def add(self, torrent=b'', magnet=''):
        words = {'filename': magnet} if magnet else {'metainfo': base64.b64encode(torrent).decode()}
        self.call('torrent-add', **words)

    def announce(self):
        self.call('torrent-reannounce')

    def leave(self):
        self.call('torrent-stop')


class Aria2(Client):
    program = 'aria2c'  # 1.36 makes another info-hash out of a hybrid torrent than everybody else
    roads = ('udp4', 'http4', 'http6')  # its UDP tracker client knows IPv4 only
    calls_as_seeder = False

    def start(self):
        self.words = []

    def add(self, torrent=b'', magnet=''):
        what = magnet
        if torrent:
            what = self.folder / 'work.torrent'
            what.write_bytes(torrent)
        # UDP trackers are asked only where DHT is on: here it knows no node, and nobody tells it of one.
        # Every three seconds it asks the tracker again, as it would every half hour.
        self.run(self.program, '--no-conf=true', f'--dir={self.files}', '--enable-dht6=false',
                 f'--enable-dht={"false" if ":" in self.address else "true"}', f'--dht-listen-port={free_port()}',
                 f'--dht-file-path={self.folder / "dht.dat"}',
                 '--bt-enable-lpd=false', '--enable-peer-exchange=false', f'--listen-port={self.port}',
                 f'--interface={self.address}', '--seed-ratio=0.0', '--bt-tracker-interval=3', '--check-integrity=true',
                 '--allow-overwrite=true', '--file-allocation=none', '--console-log-level=info', '--follow-torrent=mem',
                 f'--disable-ipv6={"false" if ":" in self.address else "true"}', '--bt-stop-timeout=0', what)

    def announce(self):
        assert self.process.poll() is None, self.log()

    def leave(self):
        self.stop()


class Qbittorrent(Client):
    program = 'qbittorrent-nox'
    kinds = ('v1', 'hybrid', 'v2')

    def start(self):
        self.web, self.demanded = free_port(), 0
        config = self.folder / 'qBittorrent' / 'config'
        config.mkdir(parents=True)
        (config / 'qBittorrent.conf').write_text(f'''[LegalNotice]
Accepted=true

[BitTorrent]
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\BTProtocol=TCP
Session\\Port={self.port}
Session\\Interface=lo
Session\\InterfaceName=lo
Session\\InterfaceAddress={self.address}
Session\\MultiConnectionsPerIp=true
Session\\QueueingSystemEnabled=false
Session\\DefaultSavePath={self.files}

[Network]
PortForwardingEnabled=false

[Preferences]
WebUI\\Address=127.0.0.1
WebUI\\Port={self.web}
WebUI\\LocalHostAuth=false
WebUI\\UseUPnP=false
''')
        self.run(self.program, f'--profile={self.folder}')
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers['Referer'] = f'http://127.0.0.1:{self.web}'
        wait_for(self.is_up, 'qbittorrent answers')

    def is_up(self):
        try:
            return self.call('GET', 'app/version').text.startswith('v')
        except requests.RequestException:
            assert self.process.poll() is None, self.log()
            return None

    def call(self, method, address, **options):
        answer = self.session.request(method, f'http://127.0.0.1:{self.web}/api/v2/{address}', timeout=20, **options)
        answer.raise_for_status()
        return answer

    def add(self, torrent=b'', magnet=''):
        given = {'data': {'urls': magnet}} if magnet else {'files': {'torrents': ('work.torrent', torrent)}}
        assert self.call('POST', 'torrents/add', **given).text == 'Ok.'

    def announce(self):
        # Each demand puts the announce off by a second: too many, and it never comes.
        if time.monotonic() - self.demanded > 4:
            self.demanded = time.monotonic()
            self.call('POST', 'torrents/reannounce', data={'hashes': 'all'})

    def leave(self):
        self.call('POST', 'torrents/pause', data={'hashes': 'all'})


CLIENTS = {'libtorrent': Libtorrent, 'transmission': Transmission, 'aria2': Aria2, 'qbittorrent': Qbittorrent}
