"""Two real browser pages that exchange a file: they meet over the WebSocket tracker and nowhere else.

The pages are this test's own, on another origin, as those of any site with WebTorrent in it. The library comes from the
npm registry, once, into build/npm/; it is no part of the program.
"""
import functools
import hashlib
import random
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import libtorrent
import pytest

import chrome
from chrome import open_browser
from registry import files_of
from server import make_torrent, wait_for

PAGE = b'''<!doctype html><meta charset="utf-8"><title>A page with WebTorrent</title><body>
<script type="module">
import WebTorrent from '/webtorrent.min.js';
const faults = [];
// No STUN server, no DHT: nothing but the tracker tells these two of each other.
const client = new WebTorrent({dht: false, lsd: false, utPex: false, tracker: {rtcConfig: {iceServers: []}}});
client.on('error', fault => faults.push(String(fault)));
const bytesOf = async address => new Uint8Array(await (await fetch(address)).arrayBuffer());
window.seed = async name => {
    const torrent = await bytesOf('/served.torrent');
    const file = new File([await bytesOf('/content')], name);
    const announce = window.announces;
    await new Promise(done => client.seed(file, {name, pieceLength: 16384, announce}, done));
};
window.fetchAll = async () => {
    const torrent = client.add(await bytesOf('/served.torrent'));
    torrent.on('warning', fault => faults.push(String(fault)));
    await new Promise(done => torrent.on('done', done));
    const blob = await torrent.files[0].blob();
    const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
    window.got = [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, '0')).join('');
};
window.tell = () => ({faults, got: window.got, torrents: client.torrents.map(torrent => ({
    hash: torrent.infoHash, done: torrent.done, peers: torrent.numPeers, announce: torrent.announce,
    wires: torrent.wires.map(wire => wire.type)}))});
window.ready = true;
</script>'''
RTC_FLAGS = ['--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns']


class Handler(BaseHTTPRequestHandler):
    def __init__(self, files, *given):
        self.files = files
        super().__init__(*given)

    def do_GET(self):  # noqa: N802
        found = self.files.get(urlsplit(self.path).path)
        self.send_response(200 if found else 404)
        kind = 'text/javascript' if self.path.endswith('.js') else 'text/html' if self.path == '/' else 'x/x'
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(found or b'')))
        self.end_headers()
        self.wfile.write(found or b'')

    def log_message(self, *_):
        pass


@pytest.fixture
def pages():
    """(address, files): a site of another origin; what is put into files is served."""
    library = files_of('webtorrent', 'dist/webtorrent.min.js')['package/dist/webtorrent.min.js']
    files = {'/': PAGE, '/webtorrent.min.js': library, '/favicon.ico': b'-'}
    server = ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Handler, files))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}/', files
    server.shutdown()
    server.server_close()


@pytest.fixture
def two_browsers(site, pages, monkeypatch):
    monkeypatch.setattr(chrome, 'FLAGS', chrome.FLAGS + RTC_FLAGS)
    with ExitStack() as stack:
        browsers = [stack.enter_context(open_browser(site)) for _ in range(2)]
        for browser in browsers:
            browser.open(pages[0])
            wait_for(lambda browser=browser: browser.driver.execute_script('return window.ready'), 'the library', 30)
        yield browsers


def told(browser):
    return browser.driver.execute_script('return window.tell()')


def test_two_pages_exchange_a_file_through_the_tracker(site, pages, two_browsers):
    seeding, fetching = two_browsers
    content = random.randbytes(700_000)
    made = make_torrent(site.works, 'v1', files={'': content}, name='for-browsers.bin')
    work = site.sign_up().publish(made)
    served = site.get(f'/t/{made.v1}.torrent').content
    address = site.url.replace('http://', 'ws://') + '/announce'
    trackers = [tracker.url for tracker in libtorrent.torrent_info(libtorrent.bdecode(served)).trackers()]
    assert address in trackers
    pages[1].update({'/content': content, '/served.torrent': served})

    seeding.driver.execute_script('window.announces = arguments[0]; window.seed(arguments[1])', [address],
                                  'for-browsers.bin')
    wait_for(lambda: told(seeding)['torrents'][:1] and told(seeding)['torrents'][0]['done'], 'the file is seeded', 60)
    assert told(seeding)['torrents'][0]['hash'] == made.v1, told(seeding)
    wait_for(lambda: site.torrent(work['id'])['seeders'] == 1, 'the page of the work counts the browser', 20)

    fetching.driver.execute_script('window.fetchAll()')
    wait_for(lambda: told(fetching)['got'], 'the file has arrived', 60)
    assert told(fetching)['got'] == hashlib.sha256(content).hexdigest()
    assert told(fetching)['torrents'][0]['wires'] == ['webrtc']
    wait_for(lambda: site.torrent(work['id'])['seeders'] == 2, 'and both seed now', 20)
    assert site.torrent(work['id'])['completed'] == 1

    seeding.driver.get('about:blank')
    wait_for(lambda: site.torrent(work['id'])['seeders'] == 1, 'a page that is left seeds no more', 20)
