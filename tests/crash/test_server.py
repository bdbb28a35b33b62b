"""kill -9 in the middle of a storm of uploads, edits, withdrawals and sign-ups, again and again.

The ledger is kept here, outside the killed process: what was answered with success must be there afterwards, whole;
what got no answer may be there or not, but never by half. 20 kills; 500 with --long.
"""
import hashlib
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import libtorrent
import requests

from server import LONG, PASSWORD, Browser, Made, info_of

THREADS = 8
KILLS = 500 if LONG else 20
MEMBERS_CHECKED = 5  # of a round: signing in is slow on purpose


@dataclass
class Work:
    """titles: those the work may have now; one, unless a change got no answer. So with states."""
    made: Made
    titles: set
    states: set = field(default_factory=lambda: {'published'})
    id: str = ''  # empty: the upload got no answer


@dataclass
class Ledger:
    """What one thread was told, and what it only asked for."""
    works: list = field(default_factory=list)
    members: list = field(default_factory=list)
    fault: Exception = None


def small_torrent(chance):
    """A v1 torrent of one small file, made without touching the disk; its title holds a word nothing else has."""
    name = f'storm-{chance.getrandbits(64):016x}'
    content = chance.randbytes(chance.randrange(1, 40_000))
    pieces = b''.join(hashlib.sha1(content[at:at + 16384]).digest() for at in range(0, len(content), 16384))
    info = libtorrent.bencode({b'length': len(content), b'name': name.encode() + b'.bin', b'piece length': 16384,
                               b'pieces': pieces})
    return Made(b'd4:info' + info + b'e', None, name, hashlib.sha1(info).hexdigest())


def new_title(chance):
    return f'word{chance.getrandbits(64):016x} of the storm'


class Writer:
    """One thread of the storm, with an account of its own for all rounds."""

    def __init__(self, server, number, seed):
        self.server, self.number = server, number
        self.chance = random.Random(f'{seed}-{number}')
        self.member = server.sign_up(f'writer{number}')
        self.browser = self.member.browser()
        # Also proves that sessions and the key of CSRF tokens survive: it is never asked for again.
        self.csrf = self.browser.csrf()
        self.own = []  # works of earlier rounds, all settled

    def upload(self, ledger):
        work = Work(self.server.make_torrent('hybrid', 20_000) if self.chance.random() < 0.1
                    else small_torrent(self.chance), {new_title(self.chance)})
        ledger.works.append(work)
        answer = self.member.upload(work.made, *work.titles)
        assert answer.status_code == 201, answer.text
        work.id = answer.json()['id']

    def address(self, work):
        return f'/en/torrent/{work.id}/work'

    def pick(self, ledger):
        works = [work for work in self.own[-50:] + ledger.works if work.id and work.states == {'published'}]
        return self.chance.choice(works) if works else None

    def post(self, address, fields):
        answer = self.browser.post_form(address, fields, csrf=self.csrf, allow_redirects=False)
        assert answer.status_code == 303, f'{answer.status_code}: {answer.text[-3000:]}'

    def edit(self, ledger):
        work = self.pick(ledger)
        if not work:
            return self.upload(ledger)
        title = new_title(self.chance)
        work.titles.add(title)
        ledger.works.append(work)
        self.post(self.address(work) + '/edit', {
            'title': title, 'category': 'music', 'license': 'CC-BY-4.0', 'author': 'Somebody else', 'source_url': 'own',
            'tags': 'edited', 'description': 'Changed.', 'language': 'fr'})
        work.titles.intersection_update({title})

    def withdraw(self, ledger):
        work = self.pick(ledger)
        if not work:
            return self.upload(ledger)
        work.states.add('withdrawn')
        ledger.works.append(work)
        self.post(self.address(work) + '/withdraw', {'note': 'A storm.'})
        work.states.remove('published')

    def sign_up(self, ledger):
        name = f'm{self.chance.getrandbits(48):012x}'
        answer = self.server.api('POST', '/accounts', json={'name': name, 'email': f'{name}@example.org',
                                                            'password': PASSWORD})
        assert answer.status_code == 201, answer.text
        ledger.members.append(name)

    def storm(self, ledger, over):
        kinds = [self.upload, self.edit, self.withdraw, self.sign_up]
        try:
            while not over.is_set():
                self.chance.choices(kinds, (70, 18, 8, 4))[0](ledger)
        except requests.RequestException as fault:
            if not over.is_set():  # it ended before we killed it
                ledger.fault = fault
        except Exception as fault:
            ledger.fault = fault


def storm_once(server, writers, seconds):
    ledgers, over = [Ledger() for _ in writers], threading.Event()
    threads = [threading.Thread(target=writer.storm, args=(ledger, over))
               for writer, ledger in zip(writers, ledgers)]
    for thread in threads:
        thread.start()
    over.wait(seconds)
    alive = server.is_alive()
    over.set()
    server.kill()
    for thread in threads:
        thread.join()
    assert alive, 'the server ended by itself:\n' + server.log()[-4000:]
    for ledger in ledgers:
        if ledger.fault:
            raise ledger.fault
    return ledgers


def found_by(server, title):
    return [item['id'] for item in server.list(q=title.split()[0])['items']]


def settle(server, work):
    """Looks at one work from every side; fails when the sides differ, else takes down what it found."""
    permalink = server.get(f'/t/{work.made.hash}', allow_redirects=False)
    if permalink.status_code == 404:
        assert not work.id, f'{work} was acknowledged and is gone'
        assert not any(found_by(server, title) for title in work.titles), f'{work} is found but has no page'
        work.states = {'absent'}
        return
    work.id = work.id or permalink.headers['Location'].split('/torrent/')[1].split('/')[0]
    shown = server.torrent(work.id)
    assert work.made.hash in (shown['infohash_v1'], shown['infohash_v2']), shown
    assert shown['title'] in work.titles and shown['state'] in work.states, f'{work}: {shown}'
    file = server.get(f'/t/{work.made.hash}.torrent')
    if shown['state'] == 'published':
        assert file.status_code == 200 and info_of(file.content) == info_of(work.made.content), f'{work}: file differs'
        assert found_by(server, shown['title']) == [work.id], f'{work} cannot be found'
    else:
        assert file.status_code == 410, f'{work}: {file.status_code} for the file of a withdrawn work'
        assert found_by(server, shown['title']) == [], f'{work} is found though withdrawn'
    for title in work.titles - {shown['title']}:
        assert found_by(server, title) == [], f'{work} is found by a title it does not have'
    work.titles, work.states = {shown['title']}, {shown['state']}


def settle_all(server, works):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda work: settle(server, work), works))


def check_members(server, names):
    for name in names:
        answer = server.api('POST', '/tokens', json={'name': name, 'password': PASSWORD, 'label': 'after',
                                                     'scopes': ['read']})
        assert answer.status_code == 201, f'{name} was acknowledged and cannot sign in: {answer.text}'


def check_whole(server):
    findings = server.run('doctor', '--json')
    assert findings.returncode == 0, findings.stdout + findings.stderr


def test_nothing_acknowledged_is_lost(make_server):
    seed = int(os.environ.get('ESSAIM_SEED') or random.randrange(1 << 30))
    print(f'seed {seed}')
    chance = random.Random(seed)
    server = make_server()
    writers = [Writer(server, number, seed) for number in range(THREADS)]
    works, members = {}, 0
    for kill in range(1, KILLS + 1):
        ledgers = storm_once(server, writers, chance.uniform(0.02, 1.2))
        server.start()
        touched = {work.made.hash: work for ledger in ledgers for work in ledger.works}
        settle_all(server, touched.values())
        for writer, ledger in zip(writers, ledgers):
            known = {work.id for work in writer.own}
            writer.own += [work for work in ledger.works if work.states == {'published'} and work.id not in known]
        names = [name for ledger in ledgers for name in ledger.members]
        check_members(server, chance.sample(names, min(len(names), MEMBERS_CHECKED)))
        members += len(names)
        works.update(touched)
        print(f'kill {kill}: {len(touched)} works touched, {len(names)} members')
        if kill % 10 == 0:
            check_whole(server)
    settle_all(server, works.values())
    check_whole(server)
    visible = sum(work.states == {'published'} for work in works.values())
    assert server.list(limit=1)['total'] == visible
    totals = server.api('GET', '/stats').json()
    assert totals['torrents'] == visible and totals['members'] >= members + THREADS, totals
    assert visible > KILLS, 'the storm was a breeze'
    server.restart()
    assert server.list(limit=1)['total'] == visible
    server.stop()
    check_whole(server)  # this one opens the database by itself
    server.start()
