"""Real clients meet through the real tracker, and the pages say so.

Each test: a member publishes a work, a seeder and a leecher are given the .torrent (or the magnet) as the site serves
it, and nothing else. The file must arrive, and the API and the page must tell of it within seconds.

Transmission 3.00 does not call peers on loopback, but lets them in; aria2 calls nobody once it has everything. So
Transmission gets its content here from the two others, who call. aria2 with a magnet says it lacks nothing until it has
the metadata; where the work has arrived by its next announce, it never tells of having completed it.
"""
import filecmp
import itertools
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from client import CLIENTS, Aria2, Libtorrent
from server import LONG, make_folder, remove_folder, wait_for

WAIT_S = 120
MEETINGS_AT_A_TIME = 4
ROADS = ('udp4', 'http4', 'udp6', 'http6')
# Every client once as seeder and once as leecher on each road it knows, each road with other pairs.
ROUNDS = {'udp4': ('libtorrent', 'transmission', 'aria2', 'qbittorrent'),
          'http4': ('libtorrent', 'aria2', 'qbittorrent', 'transmission'),
          'udp6': ('libtorrent', 'qbittorrent'),
          'http6': ('libtorrent', 'transmission', 'qbittorrent', 'aria2')}


def meetings():
    """(seeder, leecher, road, kind, by)"""
    for road, circle in ROUNDS.items():
        for at, seeder in enumerate(circle):
            leecher = circle[(at + 1) % len(circle)]
            both_know = 'hybrid' in CLIENTS[seeder].kinds and 'hybrid' in CLIENTS[leecher].kinds
            yield seeder, leecher, road, 'hybrid' if both_know else 'v1', 'file'
    yield 'libtorrent', 'libtorrent', 'udp4', 'v2', 'file'
    yield 'libtorrent', 'qbittorrent', 'http4', 'v2', 'file'
    yield 'qbittorrent', 'libtorrent', 'http6', 'v2', 'magnet'
    yield 'libtorrent', 'libtorrent', 'udp6', 'hybrid', 'magnet'
    yield 'qbittorrent', 'libtorrent', 'http4', 'v1', 'magnet'
    yield 'libtorrent', 'transmission', 'udp4', 'v1', 'magnet'
    yield 'libtorrent', 'aria2', 'http4', 'v1', 'magnet'
    yield 'transmission', 'qbittorrent', 'udp4', 'v1', 'magnet'


def every_meeting():
    for seeder, leecher, road, kind, by in itertools.product(CLIENTS, CLIENTS, ROADS, Libtorrent.kinds,
                                                             ('file', 'magnet')):
        both = CLIENTS[seeder], CLIENTS[leecher]
        somebody_calls = both[1].calls_peers or both[0].calls_as_seeder
        if somebody_calls and all(kind in client.kinds and road in client.roads for client in both):
            yield seeder, leecher, road, kind, by


class Roads:
    """A server for each road, started when first needed. It lists one tracker address."""

    def __init__(self, make_server):
        self.make_server, self.made, self.lock = make_server, {}, threading.Lock()

    def take(self, name):
        with self.lock:
            if name not in self.made:
                server = self.make_server(start=False, address='::1' if name.endswith('6') else '127.0.0.1')
                server.settings['tracker.announce_urls'] = \
                    server.udp_announce if name.startswith('udp') else server.http_announce
                server.settings['tracker.interval_s'] = '60'
                server.start()
                self.made[name] = server, server.sign_up()
            return self.made[name]


@contextmanager
def clients_to_start():
    made = []

    def start(name, address='127.0.0.1'):
        if not CLIENTS[name].is_installed():
            pytest.skip(f'{CLIENTS[name].program} is not installed')
        made.append(CLIENTS[name](make_folder(), address))
        return made[-1]
    try:
        yield start
    finally:
        for client in made:
            client.stop()
            remove_folder(client.folder)


@pytest.fixture
def start_client():
    with clients_to_start() as start:
        yield start


def counts(work):
    return work['seeders'], work['leechers'], work['completed']


def counts_on_page(server, work, language='en'):
    """(seeders, leechers, completed) as a visitor reads them."""
    page = server.get(work['url'].replace('/en/', f'/{language}/')).text
    words = {'en': ('Seeders', 'Leechers', 'Completed'), 'fr': ('Sources', 'En cours', 'Complets')}[language]
    return tuple(int(re.search(rf'<b>(\d+)</b>\s*{word}', page)[1]) for word in words)


def same_content(made, client):
    target = client.files / made.name
    if made.path.is_dir():
        names = [str(path.relative_to(made.path)) for path in made.path.rglob('*') if path.is_file()]
        return all((target / name).exists() for name in names) and \
            filecmp.cmpfiles(made.path, target, names, shallow=False)[0] == names
    return target.exists() and filecmp.cmp(made.path, target, shallow=False)


def reach(server, work, wished, *clients):
    """Waits until the API tells the wished counts, or one of several; clients without patience ask again meanwhile."""
    wished = wished if isinstance(wished, list) else [wished]

    def there():
        for client in clients:
            client.announce()
        return counts(server.torrent(work['id'])) in wished
    try:
        wait_for(there, f'counts of {wished}', WAIT_S, 0.7)
    except AssertionError:
        told = [f'{type(client).__name__}:\n{client.log()}' for client in clients]
        raise AssertionError('\n'.join([f'{counts(server.torrent(work["id"]))} instead of {wished}', *told])) from None


def add_leecher(leecher, work, served, by):
    leecher.add(magnet=work['magnet']) if by == 'magnet' else leecher.add(served)


def add_seeder(seeder, made, served):
    seeder.place(made)
    seeder.add(served)


def wait_until_arrived(server, work, made, seeder, leecher):
    def arrived():
        seeder.announce()
        leecher.announce()
        return same_content(made, leecher)
    try:
        wait_for(arrived, 'the content arrives', WAIT_S, 1)
    except AssertionError as fault:
        raise AssertionError(f'{fault}; {counts(server.torrent(work["id"]))}\n'
                             f'seeder:\n{seeder.log()}\nleecher:\n{leecher.log()}') from None


def meet(server, member, made, seeder, leecher, by):
    work = member.publish(made)
    served = server.get(work['torrent_url']).content
    if leecher.calls_peers:
        add_seeder(seeder, made, served)
        reach(server, work, (1, 0, 0), seeder)
        wait_for(lambda: counts_on_page(server, work) == (1, 0, 0), 'one seeder on the page')
        add_leecher(leecher, work, served, by)
    else:  # it waits; the seeder is told of it by its first announce, and calls
        add_leecher(leecher, work, served, by)
        reach(server, work, (0, 1, 0), leecher)
        wait_for(lambda: counts_on_page(server, work) == (0, 1, 0), 'one leecher on the page')
        add_seeder(seeder, made, served)
    wait_until_arrived(server, work, made, seeder, leecher)
    wished = [(2, 0, 1), (2, 0, 0)] if by == 'magnet' and isinstance(leecher, Aria2) else [(2, 0, 1)]
    reach(server, work, wished, seeder, leecher)
    wait_for(lambda: counts_on_page(server, work) in wished, 'two seeders on the page')
    return work


def run_meeting(roads, seeder, leecher, road, kind, by):
    server, member = roads.take(road)
    # Folders only where every client agrees on them: a hybrid of several files has padding of its own.
    files = {'first.bin': 300_000, 'sub/second.bin': 70_001} if kind == 'v1' else None
    made = server.make_torrent(kind, 700_000, files=files)
    with clients_to_start() as start:
        meet(server, member, made, start(seeder, server.address), start(leecher, server.address), by)
    server.check_health()


@pytest.fixture(scope='module')
def running(request, make_module_server):
    """Every meeting asked for, some at a time: clients wait much and compute little."""
    asked = [item.callspec.params for item in request.session.items if hasattr(item, 'callspec')]
    roads = Roads(make_module_server)
    with ThreadPoolExecutor(MEETINGS_AT_A_TIME) as pool:
        futures = {tuple(params.values()): pool.submit(run_meeting, roads, **params) for params in asked}
        yield futures
        for future in futures.values():
            future.cancel()


@pytest.mark.parametrize('seeder, leecher, road, kind, by', every_meeting() if LONG else meetings())
def test_a_seeder_and_a_leecher_meet(running, seeder, leecher, road, kind, by):
    running[seeder, leecher, road, kind, by].result()


def pause_all(server, work, *clients):
    """libtorrent does not say that it stops while it waits for the answer to an announce: then it is asked again."""
    for _ in range(3):
        for client in clients:
            client.handle.pause()
        try:
            wait_for(lambda: counts(server.torrent(work['id']))[:2] == (0, 0), 'all have left', 20)
            return
        except AssertionError:
            for client in clients:
                client.handle.resume()
            time.sleep(5)


def test_what_a_client_does_is_counted_once(make_server, start_client):
    """As served, UDP first and HTTP behind it: a client that uses both is one seeder; one that goes is gone."""
    server = make_server({'tracker.interval_s': '60'})
    member = server.sign_up()
    made = server.make_torrent('hybrid', 200_000)
    seeder, leecher = start_client('libtorrent'), start_client('libtorrent')
    seeder.session.apply_settings({'announce_to_all_trackers': True, 'announce_to_all_tiers': True})
    work = meet(server, member, made, seeder, leecher, 'magnet')
    assert {url['url'].partition(':')[0] for url in seeder.handle.trackers()} == {'udp', 'http', 'ws'}
    leecher.leave()
    reach(server, work, (1, 0, 1), seeder)
    wait_for(lambda: counts_on_page(server, work, 'fr') == (1, 0, 1), 'one seeder on the French page')
    # Back with everything: a seeder, but no second download.
    leecher.add(server.get(work['torrent_url']).content)
    reach(server, work, (2, 0, 1), seeder, leecher)
    totals = server.api('GET', '/stats').json()
    assert (totals['seeders'], totals['leechers'], totals['completed']) == (2, 0, 1)
    # What the tracker knows outlives a restart, before anybody announces again.
    pause_all(server, work, seeder, leecher)
    reach(server, work, (0, 0, 1))
    seeder.handle.resume()
    reach(server, work, (1, 0, 1), seeder)
    server.restart()
    assert counts(server.torrent(work['id'])) == (1, 0, 1)


def test_a_withdrawn_work_is_tracked_no_longer(make_server, start_client):
    server = make_server({'tracker.interval_s': '60'})
    member = server.sign_up()
    work = member.publish(made := server.make_torrent('v1'))
    seeder = start_client('libtorrent')
    add_seeder(seeder, made, server.get(work['torrent_url']).content)
    reach(server, work, (1, 0, 0), seeder)
    answer = member.browser().post_form(work['url'] + '/withdraw', {'note': ''})
    assert answer.status_code in (200, 410)

    def refused():
        seeder.announce()
        return any('not tracked here' in told for told in seeder.heard())
    wait_for(refused, 'the tracker refuses the seeder', WAIT_S, 1)
    assert counts(server.torrent(work['id'])) == (0, 0, 0)
