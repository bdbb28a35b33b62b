"""The whole program at work from eight sides at once: pages, uploads, announces by HTTP and UDP, withdrawals, reloads.

./dev test runs this twice: under TSan, which must see no race, and under ASan, which must see no leak at the end
(the fixture fails for either). What it counts itself is only that the work was real.
"""
import random
import sys
import threading
import time
from urllib.parse import quote_from_bytes

from server import LONG, ROOT, Browser, make_torrent, wait_for

sys.path.append(str(ROOT / 'tests' / 'protocol' / 'tracker'))
from probe import Client, decode  # noqa: E402

BUSY_S = 120 if LONG else 12
WORKS = 6
PAGES = ['/en/', '/fr/', '/en/search?q=work', '/fr/browse/books', '/en/browse/books.rss', '/en/member/writer0',
         '/api/v1/torrents?facets=1', '/api/v1/stats', '/metrics', '/en/no-such-page', '/opensearch.xml', '/about']


class Crew:
    """Threads that each do one thing again and again until the time is over; the first fault of any is raised."""

    def __init__(self):
        self.end = time.monotonic() + BUSY_S
        self.faults, self.done, self.threads = [], {}, []

    def add(self, name, act):
        self.done[name] = 0
        self.threads.append(threading.Thread(target=self.work, args=(name, act), name=name, daemon=True))

    def work(self, name, act):
        try:
            while time.monotonic() < self.end and not self.faults:
                act()
                self.done[name] += 1
        except Exception as fault:  # an assertion too: threads have nobody above them
            self.faults.append(f'{name}: {type(fault).__name__}: {fault}')

    def run(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join(BUSY_S + 120)
            assert not thread.is_alive(), f'{thread.name} hangs'
        assert not self.faults, self.faults
        return self.done


def read_pages(server):
    address = random.choice(PAGES)
    encoding = random.choice(['identity', 'gzip', 'br', 'zstd'])
    answer = server.get(address, headers={'Accept-Encoding': encoding})
    assert answer.status_code < 500, f'{address}: {answer.status_code}'
    etag = answer.headers.get('ETag')
    if etag:
        assert server.get(address, headers={'Accept-Encoding': encoding, 'If-None-Match': etag}).status_code < 500


def announce_by_http(server, hashes):
    v1 = bytes.fromhex(random.choice(hashes))
    peer_id = f'-PY0000-{random.randrange(10**12):012}'
    answer = server.get(f'/announce?info_hash={quote_from_bytes(v1, safe="")}&peer_id={peer_id}'
                        f'&port={random.randrange(1024, 65536)}&uploaded=0&downloaded=0&compact=1'
                        f'&left={random.choice([0, 1])}&event={random.choice(["started", "completed", "stopped", ""])}')
    assert answer.status_code == 200 and decode(answer.content)


def announce_by_udp(server, hashes):
    with Client(server.udp_port) as client:
        client.connect()
        for _ in range(20):
            answer = client.announce(bytes.fromhex(random.choice(hashes)), event=random.randrange(4),
                                     left=random.choice([0, 1]), port=random.randrange(1024, 65536))
            assert isinstance(answer, (tuple, str))
        assert len(client.scrape([bytes.fromhex(v1) for v1 in hashes])) == len(hashes)


def upload_and_withdraw(member, torrents, hashes):
    """A work comes by the API, is found, and half of them go again by the form of their owner."""
    browser = member.browser()

    def act():
        torrent = next(torrents)
        work = member.publish(torrent)
        hashes.append(torrent.v1)
        assert member.server.get(f'/t/{torrent.v1}.torrent').status_code == 200
        if random.random() < 0.5:
            page = work['url'].replace(member.server.url, '')
            answer = browser.post_form(f'{page}/withdraw', {'note': 'It was only a test.'},
                                       allow_redirects=False)
            assert answer.status_code == 303, answer.text[:500]
    return act


def make_torrents(server, prefix):
    for number in range(100_000):
        yield make_torrent(server.works, 'v1' if number % 3 else 'hybrid', 20_000, f'{prefix}-{number}.bin')


def reload_settings(server):
    server.reload()
    time.sleep(0.5)


def sign_in_and_out(server, member):
    browser = Browser(server).sign_in(member.name, member.password)
    assert browser.get('/en/upload').status_code == 200
    assert browser.post_form('/en/logout', {}, page='/en/settings').status_code < 400


def test_a_busy_server_has_no_fault(make_server):
    server = make_server({'http.loops': '2', 'http.workers': '4', 'tracker.udp_threads': '2'})
    members = [server.sign_up(f'writer{i}') for i in range(3)]
    hashes = [members[0].publish(server.make_torrent('hybrid'))['infohash_v1'] for _ in range(WORKS)]
    crew = Crew()
    for number, member in enumerate(members[:2]):
        torrents = make_torrents(server, f'busy{number}')
        crew.add(f'upload {number}', upload_and_withdraw(member, torrents, hashes))
    crew.add('pages 0', lambda: read_pages(server))
    crew.add('pages 1', lambda: read_pages(server))
    crew.add('announce http', lambda: announce_by_http(server, hashes))
    crew.add('announce udp', lambda: announce_by_udp(server, hashes[-60:]))
    crew.add('sessions', lambda: sign_in_and_out(server, members[2]))
    crew.add('reload', lambda: reload_settings(server))
    done = crew.run()
    assert all(count > 0 for count in done.values()), done
    assert server.list(uploader='writer1', limit=1)['total'] > 0
    totals = wait_for(lambda: server.api('GET', '/stats').json(), 'totals')
    assert totals['torrents'] >= WORKS
    server.check_health()
    server.restart()  # what was counted and written is read back
    assert server.api('GET', '/stats').json()['torrents'] >= WORKS
