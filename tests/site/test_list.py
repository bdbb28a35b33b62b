"""The list of works: every filter, sort, facet, pasted hash, and paging while others publish."""
import base64
import threading
from datetime import datetime, timedelta, timezone

import pytest

from api_schema import ITEM_FIELDS, problem
from server import wait_for
from tracker_client import http_announce

TITLES = [  # title, category, license, language, tags, kind, size
    ('Café crème: an étude in coffee', 'books', 'CC-BY-4.0', 'fr', 'coffee,drinks', 'v1', 1000),
    ('The Quick Brown Fox', 'books', 'CC0-1.0', 'en', 'animals', 'v2', 2000),
    ('The Brown Quick Fox', 'audiobooks', 'CC0-1.0', 'en', 'animals', 'hybrid', 3000),
    ('Linux from far away', 'linux', 'GPL-3.0-or-later', '', 'system', 'hybrid', 4000),
    ('Jazz at noon', 'music', 'CC-BY-SA-4.0', 'en', 'jazz,live', 'v1', 5000),
    ('Jazzmaster manual', 'books', 'CC-BY-SA-4.0', 'de', 'guitar', 'hybrid', 6000),
    ('Straße und Œuvre', 'maps', 'CC0-1.0', 'de', 'streets', 'v2', 7000),
    ('Zebra map', 'maps', 'CC0-1.0', 'en', 'animals,streets', 'v1', 8000),
]


@pytest.fixture(scope='module')
def shelf(make_module_server):
    """A site with the works of TITLES and 32 more, some of them alive."""
    server = make_module_server({'tracker.peers_per_address_max': '0'})
    ada, bob = server.sign_up('ada'), server.sign_up('bob')
    works = {}
    for number, (title, category, licence, language, tags, kind, size) in enumerate(TITLES):
        torrent = server.make_torrent(kind, files={f'chapter-{number}.txt': size - 100, 'readme-first.md': 100})
        works[title] = (bob if number % 3 == 2 else ada).publish(
            torrent, title, category=category, license=licence, language=language, tags=tags,
            description=f'Described as number{number}.')
    for number in range(32):
        ada.publish(server.make_torrent('v1', size=20_000 + number // 4), f'Filler volume {number}', tags='filler',
                    category='data')
    for number, (title, work) in enumerate(works.items()):
        for peer in range(number % 4):
            http_announce(server, work, port=7000 + peer, left=0)
        for peer in range(number % 3):
            http_announce(server, work, port=8000 + peer, left=1, event='started')
            http_announce(server, work, port=8000 + peer, left=0, event='completed')
    expected = {title: (number % 4 + number % 3, 0, number % 3) for number, title in enumerate(works)}

    def counted():
        works.update({title: server.torrent(work['id']) for title, work in works.items()})
        return {t: (w['seeders'], w['leechers'], w['completed']) for t, w in works.items()} == expected
    wait_for(counted, 'the counts of the tracker are on the works', 30)
    wait_for(lambda: server.list(min_seeders=1)['total'] == sum(1 for s, _, _ in expected.values() if s),
             'search knows the counts', 30)
    server.works_by_title, server.expected, server.ada = works, expected, ada
    return server


def titles(server, **ask):
    return [item['title'] for item in server.list(**ask)['items']]


def special(server, **ask):
    """Without the 32 that are alike."""
    return {title for title in titles(server, limit=100, **ask) if not title.startswith('Filler')}


def test_the_list_has_every_field_of_the_contract(shelf):
    answer = shelf.list(limit=100)
    assert set(answer) == {'items', 'total', 'total_is_exact', 'facets', 'next', 'notes', 'read_as', 'did_you_mean'}
    assert answer['total'] == len(TITLES) + 32 == len(answer['items']) and answer['total_is_exact'] is True
    assert answer['facets'] is None and answer['next'] is None
    for item in answer['items']:
        assert ITEM_FIELDS <= set(item)
        assert item['url'].startswith(shelf.url + '/en/torrent/' + item['id'])


@pytest.mark.parametrize('ask, wanted', [
    ({'category': 'maps'}, {6, 7}), ({'license': 'CC-BY-SA-4.0'}, {4, 5}), ({'language': 'de'}, {5, 6}),
    ({'tag': 'animals'}, {1, 2, 7}), ({'uploader': 'bob'}, {2, 5}), ({'uploader': 'BOB'}, {2, 5}),
    ({'min_size': '7000', 'max_size': '8000'}, {6, 7}), ({'min_size': '7001', 'max_size': '8000'}, {7}),
    ({'max_size': '1000'}, {0}), ({'max_size': '999'}, set()), ({'min_size': '7.9 kB', 'max_size': '8KB'}, {7}),
    ({'min_seeders': '4'}, {n for n in range(8) if n % 4 + n % 3 >= 4}),
    ({'category': 'books', 'language': 'de', 'license': 'CC-BY-SA-4.0'}, {5}),
    ({'category': 'books', 'language': 'pt'}, set()), ({'tag': 'no-such-tag'}, set()), ({'uploader': 'nobody'}, set()),
    ({'after': '2020-01-01', 'before': '2020-01-02'}, set()),
    ({'q': 'cafe creme'}, {0}), ({'q': 'CAFÉ'}, {0}), ({'q': 'etude'}, {0}), ({'q': 'strasse'}, {6}),
    ({'q': 'oeuvre'}, {6}), ({'q': 'brown fox'}, {1, 2}), ({'q': '"brown fox"'}, {1}), ({'q': '"quick brown"'}, {1}),
    ({'q': 'fox -"brown fox"'}, {2}), ({'q': 'animals -zebra'}, {1, 2}), ({'q': 'jazz'}, {4}), ({'q': 'jazz*'}, {4, 5}),
    ({'q': 'chapter-3.txt'}, {3}), ({'q': 'number6'}, {6}), ({'q': 'nothing-of-the-kind'}, set()),
    ({'q': 'fox', 'category': 'audiobooks'}, {2}), ({'q': 'coffee drinks'}, {0}),
], ids=lambda value: str(value)[:60])
def test_a_search(shelf, ask, wanted):
    expected = {title for number, (title, *_) in enumerate(TITLES) if number in wanted}
    assert special(shelf, **ask) == expected
    if 'q' in ask or set(ask) & {'license', 'uploader'}:
        # A fuzzy extra would be told as a hit: the total and the items say the same.
        answer = shelf.list(limit=100, **ask)
        assert answer['total'] == len(answer['items'])


def test_dates_bound_the_list(shelf):
    now = datetime.now(timezone.utc)
    everything = len(TITLES) + 32
    for ask, total in (({'after': now - timedelta(hours=1)}, everything), ({'after': now + timedelta(hours=1)}, 0),
                       ({'before': now - timedelta(hours=1)}, 0), ({'before': now + timedelta(hours=1)}, everything)):
        ask = {key: at.strftime('%Y-%m-%dT%H:%M:%SZ') for key, at in ask.items()}
        assert shelf.list(**ask)['total'] == total, ask


@pytest.mark.parametrize('sort, key', [('newest', lambda w: w['published_at']), ('seeders', lambda w: w['seeders']),
                                       ('size', lambda w: w['size_bytes']), ('completed', lambda w: w['completed'])])
def test_a_sort_goes_downwards(shelf, sort, key):
    values = [key(work) for work in shelf.list(sort=sort, limit=100)['items']]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 1 or sort == 'newest'


def test_facets_count_what_is_found(shelf):
    for ask in ({}, {'q': 'fox'}, {'category': 'maps'}, {'language': 'de'}):
        answer = shelf.list(facets=1, limit=100, **ask)
        facets = answer['facets']
        assert set(facets) == {'category', 'license', 'language', 'may', 'health', 'year'}
        for name in ('category', 'license', 'language'):
            counts = {facet['value']: facet['count'] for facet in facets[name]}
            assert len(counts) == len(facets[name])
            if name in ask:  # what one would get by choosing another
                continue
            found = [item[name] for item in answer['items'] if item[name]]
            assert {value: count for value, count in counts.items() if value} == \
                {value: found.count(value) for value in set(found)}, (ask, name)


@pytest.mark.parametrize('ask, field', [
    ({'category': 'films'}, 'category'), ({'license': 'none such'}, 'license'), ({'min_size': 'big'}, 'min_size'),
    ({'max_size': '-1'}, 'max_size'), ({'after': 'yesterday'}, 'after'), ({'before': '2026-13-01'}, 'before'),
    ({'min_seeders': '-1'}, 'min_seeders'), ({'min_seeders': 'x'}, 'min_seeders'), ({'sort': 'colour'}, 'sort'),
    ({'limit': '101'}, 'limit'), ({'limit': '-1'}, 'limit'), ({'limit': 'all'}, 'limit'),
    ({'facets': 'maybe'}, 'facets'),
    ({'cursor': 'nonsense'}, 'cursor'), ({'cursor': 'A' * 64}, 'cursor'), ({'page': '2'}, 'page'),
    ({'q': 'x' * 1001}, 'q'), ({'q': b'\xff\xfe'}, 'q'), ({'q': 'a\x00b'}, 'q')], ids=lambda value: str(value)[:30])
def test_a_filter_with_a_fault_names_itself(world, ask, field):
    problem(world.server.api('GET', '/torrents', params=ask), 422, field)


def test_hostile_queries_are_only_words(world):
    for q in ('"', '((((', '-', '*', '"" ""', "' or 1=1 --", '%', '-a -b', 'a' * 1000, '(' * 500, '<script>', '\\',
              'AND OR',
              ' '.join('abcdefghijklmnopqrstuvwxyz' * 10), '🦊', '\u0301'):
        answer = world.server.api('GET', '/torrents', params={'q': q})
        assert answer.status_code == 200, (q, answer.text)


def ways_to_write(work):
    if work['infohash_v1']:
        v1 = work['infohash_v1']
        yield from (v1, v1.upper(), f'  {v1} ', base64.b32encode(bytes.fromhex(v1)).decode(),
                    base64.b32encode(bytes.fromhex(v1)).decode().lower(), f'magnet:?xt=urn:btih:{v1}',
                    f'magnet:?xt=urn:btih:{v1.upper()}&dn=whatever&tr=udp://x.example:1')
    if work['infohash_v2']:
        v2 = work['infohash_v2']
        yield from (v2, v2.upper(), v2[:40], f'magnet:?xt=urn:btmh:1220{v2}', f'1220{v2}')
    yield work['magnet']


def test_a_pasted_hash_or_magnet_leads_to_the_work(shelf):
    for title in (TITLES[0][0], TITLES[1][0], TITLES[2][0]):
        work = shelf.works_by_title[title]
        for q in ways_to_write(work):
            answer = shelf.list(q=q)
            assert [item['id'] for item in answer['items']] == [work['id']] and answer['total'] == 1, q
    assert shelf.list(q='0' * 40)['total'] == 0
    assert shelf.list(q='magnet:?xt=urn:btih:' + 'f' * 40)['total'] == 0


def walk(server, limit, **ask):
    cursor, pages = None, 0
    while True:
        answer = server.list(limit=limit, **ask, **({'cursor': cursor} if cursor else {}))
        yield from (item['id'] for item in answer['items'])
        assert len(answer['items']) == limit or answer['next'] is None
        cursor, pages = answer['next'], pages + 1
        assert pages < 200
        if not cursor:
            return


@pytest.mark.parametrize('sort', ['relevance', 'newest', 'seeders', 'size', 'completed'])
@pytest.mark.parametrize('q', ['', 'the OR filler OR fox', 'filler'])
def test_paging_meets_each_work_once_while_others_arrive(shelf, sort, q):
    ask = {'sort': sort, **({'q': q} if q else {})}
    there = {item['id'] for item in shelf.list(limit=100, **ask)['items']}
    assert len(there) > 4
    uploads = [shelf.make_torrent('v1', size=20_000 + number) for number in range(6)]
    stop = threading.Event()

    def upload():
        for number, torrent in enumerate(uploads):
            if stop.is_set():
                return
            shelf.ada.upload(torrent, f'Late filler {number}', category='data')
    thread = threading.Thread(target=upload)
    thread.start()
    seen = list(walk(shelf, 3, **ask))
    stop.set()
    thread.join()
    assert len(seen) == len(set(seen)), 'a work was shown twice'
    assert there <= set(seen), 'a work was passed over'


def test_a_cursor_belongs_to_its_question(shelf):
    cursor = shelf.list(limit=3, sort='size')['next']
    assert cursor
    answer = shelf.api('GET', '/torrents', params={'cursor': cursor, 'sort': 'newest', 'limit': 3})
    if answer.status_code != 200:
        problem(answer, 422, 'cursor')
