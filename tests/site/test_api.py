"""The JSON API as programs meet it: accounts, tokens, publishing, one work, the list, the totals.

conftest.py holds every answer got here against openapi.json as well."""
import base64
import re
import threading
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, quote, urlsplit

import libtorrent
import pytest

from server import PASSWORD, WORDS, Browser, hashes_of, info_of, make_torrent, wait_for
from tracker_client import http_announce

ITEM_FIELDS = {'id', 'title', 'infohash_v1', 'infohash_v2', 'size_bytes', 'files', 'category', 'license', 'language',
               'uploader', 'published_at', 'seeders', 'leechers', 'completed', 'url', 'torrent_url', 'magnet'}
KINDS = ['v1', 'v2', 'hybrid']


def problem(answer, status, field=None, code=None):
    """Checks a problem document of RFC 9457; returns the codes of its faults by field."""
    assert answer.status_code == status, answer.text
    assert answer.headers['Content-Type'] == 'application/problem+json'
    assert answer.headers['Cache-Control'] == 'no-store'
    found = answer.json()
    assert found['status'] == status and found['title'] and found['detail'] and found['type'] == 'about:blank'
    assert found['instance'] == answer.headers['X-Request-Id']
    faults = {fault['field']: fault['code'] for fault in found['errors']}
    for fault in found['errors']:
        assert re.fullmatch('[a-z0-9_]+', fault['code']) and fault['detail'], fault
    if field:
        assert field in faults, found
        assert code is None or faults[field] == code, found
    return faults


# ---- accounts and tokens ---------------------------------------------------------------------

def sign_up(server, **fields):
    fields = {'name': 'newcomer', 'email': 'new@example.org', 'password': PASSWORD, **fields}
    return server.api('POST', '/accounts', json={k: v for k, v in fields.items() if v is not None})


def test_an_account_is_made_once(world):
    answer = sign_up(world.server, name='Nadia', email='nadia@example.org')
    assert answer.status_code == 201 and answer.json()['name'] == 'Nadia'
    assert re.fullmatch('[0-9]+', answer.json()['id'])
    for name in ('Nadia', 'nadia', 'NADIA'):
        problem(sign_up(world.server, name=name, email='another@example.org'), 409, 'name')
    Browser(world.server).sign_in('nadia')


@pytest.mark.parametrize('fields, field', [
    ({'name': ''}, 'name'), ({'name': None}, 'name'), ({'name': 'a'}, 'name'), ({'name': 'x' * 33}, 'name'),
    ({'name': 'two words'}, 'name'), ({'name': '<b>'}, 'name'), ({'name': 'admin'}, 'name'), ({'name': 'é'}, 'name'),
    ({'name': '-dash'}, 'name'), ({'name': '..'}, 'name'),
    ({'email': ''}, 'email'), ({'email': 'nothing'}, 'email'), ({'email': 'a@b@c'}, 'email'),
    ({'email': 'a' * 250 + '@b.example'}, 'email'), ({'email': 'a b@example.org'}, 'email'),
    ({'password': ''}, 'password'), ({'password': 'short'}, 'password'), ({'password': 'x' * 257}, 'password'),
    ({'password': 'password'}, 'password'), ({'password': 'newcomer'}, 'password'),
    ({'name': 7}, 'name'), ({'name': None, 'nmae': 'x'}, 'nmae')])
def test_an_account_with_a_fault_is_refused(world, fields, field):
    problem(sign_up(world.server, **fields), 422, field)


def test_every_fault_of_an_account_is_told_at_once(world):
    faults = problem(sign_up(world.server, name='', email='', password=''), 422)
    assert set(faults) == {'name', 'email', 'password'}


def test_names_and_passwords_at_their_limits_are_taken(world):
    for name in ('ab', 'x' * 32):
        assert sign_up(world.server, name=name, email=f'{name}@example.org').status_code == 201
    for number, password in enumerate(('kv7tqz1m', 'αβγδεζηθ' * 16, 'with spaces and\ttabs')):
        name = f'limit{number}'
        answer = sign_up(world.server, name=name, email=f'{name}@example.org', password=password)
        assert answer.status_code == 201, answer.text
        assert world.server.api('POST', '/tokens', json={'name': name, 'password': password}).status_code == 201


def test_a_token_needs_the_right_password(world):
    ask = {'name': 'olivia', 'password': PASSWORD, 'label': 'laptop', 'scopes': ['read']}
    answer = world.server.api('POST', '/tokens', json=ask)
    assert answer.status_code == 201 and len(answer.json()['token']) >= 32
    assert answer.headers['Cache-Control'] == 'no-store'
    wrong = world.server.api('POST', '/tokens', json={**ask, 'password': 'wrong password'})
    unknown = world.server.api('POST', '/tokens', json={**ask, 'name': 'nobody-here'})
    problem(wrong, 401)
    problem(unknown, 401)
    assert wrong.json()['detail'] == unknown.json()['detail'] and wrong.json()['code'] == unknown.json()['code']


def test_a_token_has_known_scopes_only(world):
    ask = {'name': 'olivia', 'password': PASSWORD, 'label': 'x'}
    problem(world.server.api('POST', '/tokens', json={**ask, 'scopes': ['everything']}), 422, 'scopes', 'unknown_scope')
    problem(world.server.api('POST', '/tokens', json={**ask, 'scopes': ['read', 7]}), 422, 'scopes')
    problem(world.server.api('POST', '/tokens', json={**ask, 'scope': 'read'}), 422, 'scope', 'undeclared_field')


@pytest.mark.parametrize('body, kind, status', [
    (b'', 'application/json', 400), (b'{', 'application/json', 400), (b'[]', 'application/json', 400),
    (b'null', 'application/json', 400), (b'{"name": "a", "name": "b"}', 'application/json', 400),
    (b'{"name": "\xff"}', 'application/json', 400), (b'[' * 5000, 'application/json', 400),
    (b'{"name": "\\u0000"}', 'application/json', 422),
    (b'name=a', 'application/x-www-form-urlencoded', 415), (b'{}', 'text/plain', 415), (b'{}', '', 415),
    (b'{"password": "' + b'x' * 17_000 + b'"}', 'application/json', 413)])
@pytest.mark.parametrize('address', ['/accounts', '/tokens'])
def test_a_body_that_is_no_json_object_is_refused(world, address, body, kind, status):
    answer = world.server.api('POST', address, data=body, headers={'Content-Type': kind} if kind else {})
    assert answer.status_code in ((status, 400) if status == 422 else (status,)), answer.text
    problem(answer, answer.status_code)


# ---- publishing ------------------------------------------------------------------------------

@pytest.mark.parametrize('kind', KINDS)
def test_publishing_keeps_info_byte_for_byte(world, kind):
    torrent = make_torrent(world.server.works, kind, files={'a/one.txt': 70_000, 'two.bin': 20_000, 'empty': b''})
    answer = world.owner.upload(torrent, f'All of {kind}', description='**Bold** words', tags='Jazz, live,jazz',
                                category='music', license='CC-BY-4.0', author='Ada', source_url='https://example.org/x',
                                language='pt-br')
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert answer.headers['Location'] == found['url']
    assert (found['infohash_v1'] or '', found['infohash_v2'] or '') == (torrent.v1, torrent.v2)
    assert found['state'] == 'published' and found['url'].startswith(world.server.url)
    work = world.server.torrent(found['id'])
    assert ITEM_FIELDS <= set(work)
    assert work['title'] == f'All of {kind}' and work['category'] == 'music' and work['license'] == 'CC-BY-4.0'
    assert work['language'] == 'pt-BR' and work['author'] == 'Ada' and work['source_url'] == 'https://example.org/x'
    assert work['uploader'] == 'olivia' and sorted(work['tags']) == ['jazz', 'live']
    assert work['description'] == '**Bold** words' and work['name'] == torrent.name
    assert work['size_bytes'] == 90_000 and work['files'] == 3 and work['piece_length'] == 16384
    assert {(file['path'], file['size_bytes']) for file in work['file_list']} == \
        {('a/one.txt', 70_000), ('two.bin', 20_000), ('empty', 0)}
    age = datetime.now(timezone.utc) - datetime.fromisoformat(work['published_at'].replace('Z', '+00:00'))
    assert timedelta(seconds=-2) < age < timedelta(seconds=60)
    assert (work['seeders'], work['leechers'], work['completed'], work['counted_at']) == (0, 0, 0, None)
    assert [event['what'] for event in work['history']] == ['published']
    check_served(world.server, work, torrent.content)


def check_served(server, work, content, web_seeds=()):
    """The .torrent and the magnet of a work, judged by libtorrent."""
    answer = server.get(work['torrent_url'])
    assert answer.status_code == 200 and answer.headers['Content-Type'] == 'application/x-bittorrent'
    assert answer.headers['Content-Disposition'].startswith('attachment')
    assert info_of(answer.content) == info_of(content)
    assert hashes_of(answer.content) == (work['infohash_v1'] or '', work['infohash_v2'] or '')
    served = libtorrent.bdecode(answer.content)
    ours = [server.udp_announce, server.http_announce]
    assert served[b'announce'].decode() in ours
    listed = [url.decode() for tier in served[b'announce-list'] for url in tier]
    assert sorted(listed[:2]) == sorted(ours) and len(set(listed)) == len(listed)
    permalink = f"{server.url}/t/{work['infohash_v1'] or work['infohash_v2']}"
    assert served[b'comment'].decode() == permalink and work['torrent_url'] == permalink + '.torrent'
    kept = served.get(b'url-list', [])
    assert [url.decode() for url in ([kept] if isinstance(kept, bytes) else kept)] == list(web_seeds)
    given = libtorrent.bdecode(content)
    if b'piece layers' in given:
        assert served[b'piece layers'] == given[b'piece layers']
    magnet = libtorrent.parse_magnet_uri(work['magnet'])
    hashes = magnet.info_hashes
    assert (str(hashes.v1) if hashes.has_v1() else None, str(hashes.v2) if hashes.has_v2() else None) == \
        (work['infohash_v1'], work['infohash_v2'])
    assert set(magnet.trackers) == set(ours)
    return served


def bencode(value):
    """Dictionaries in the order given: libtorrent's would sort them."""
    if isinstance(value, bytes):
        return b'%d:%s' % (len(value), value)
    if isinstance(value, int):
        return b'i%de' % value
    if isinstance(value, list):
        return b'l' + b''.join(map(bencode, value)) + b'e'
    return b'd' + b''.join(bencode(k) + bencode(v) for k, v in value.items()) + b'e'


ODD = {
    'bytes_that_are_no_text': {b'length': 5, b'name': b'caf\xe9', b'name.utf-8': 'café'.encode(), b'piece length': 16384,
                               b'pieces': b'\xff' * 20},
    'keys_of_others': {b'a\xff\xfe': [b'\x00\xff', {b'x': -7}], b'length': 5, b'name': b'odd', b'piece length': 16384,
                       b'pieces': b'\x01' * 20, b'source': b'somewhere', b'x_cross_seed': b'\x80\x81',
                       b'zz': {b'': b'', b'deep': [[[[]]]]}},
    'private': {b'length': 5, b'name': b'priv', b'piece length': 16384, b'pieces': b'\x02' * 20, b'private': 1},
    'a_number_of_64_bits': {b'length': 5, b'name': b'big', b'piece length': 16384, b'pieces': b'\x03' * 20,
                            b'x': 9223372036854775807, b'y': -9223372036854775807},
    'not_a_power_of_two': {b'length': 5, b'name': b'odd piece', b'piece length': 100_000, b'pieces': b'\x04' * 20},
    'files_with_attributes': {b'files': [{b'attr': b'x', b'length': 5, b'md5sum': b'0' * 32, b'path': [b'run']},
                                         {b'attr': b'p', b'length': 7, b'path': [b'.pad', b'7']},
                                         {b'length': 6, b'path': [b'\xe9t\xe9'],
                                          b'path.utf-8': ['été'.encode()]}],
                              b'name': b'attributes', b'piece length': 16384, b'pieces': b'\x05' * 20},
}


@pytest.mark.parametrize('name', list(ODD))
def test_odd_keys_and_bytes_are_kept(world, name):
    content = bencode({b'announce': b'http://other.example/announce', b'comment': b'not ours',
                       b'info': ODD[name], b'url-list': [b'https://seed.example/files/', b'http://b.example/x']})
    work = world.owner.publish(content, f'Odd: {name}')
    served = check_served(world.server, work, content, ['https://seed.example/files/', 'http://b.example/x'])
    assert [b'http://other.example/announce'] in served[b'announce-list']
    assert work['webseeds'] == ['https://seed.example/files/', 'http://b.example/x']
    assert work['trackers'][-1] == 'http://other.example/announce' and len(work['trackers']) == 3
    assert work['private'] == (name == 'private')
    if name == 'files_with_attributes':
        assert [file['path'] for file in work['file_list']] == ['run', 'été'] and work['files'] == 2


def test_the_key_of_a_person_does_not_leave_with_the_file(world):
    """An announce address with somebody's passkey would let the whole world pass for him."""
    content = bencode({b'announce': b'http://private.example/0123456789abcdef0123456789abcdef/announce',
                       b'info': {**ODD['private'], b'name': b'key'}})
    work = world.owner.publish(content, 'With a key')
    assert b'0123456789abcdef' not in world.server.get(work['torrent_url']).content
    assert not any('0123456789abcdef' in tracker for tracker in work['trackers'])


@pytest.mark.parametrize('kind', KINDS)
def test_a_known_work_is_a_conflict_with_its_address(world, kind):
    torrent = make_torrent(world.server.works, kind)
    first = world.owner.publish(torrent)
    for member in (world.owner, world.other):
        answer = member.upload(torrent, 'Another title')
        problem(answer, 409, 'torrent', 'infohash_known')
        assert answer.json()['url'] == first['url']
    dry = world.other.upload(torrent, dry_run=True)
    assert dry.status_code == 200 and dry.json()['verdict'] == 'refused'
    assert dry.json()['errors'][0]['code'] == 'infohash_known'


def test_a_half_of_a_known_hybrid_is_the_same_work(world):
    """The same v1 info-hash leads to the same swarm."""
    torrent = make_torrent(world.server.works, 'hybrid', name='half.bin')
    world.owner.publish(torrent)
    assert world.server.list(q=torrent.v1)['total'] == 1
    assert world.server.list(q=torrent.v2)['total'] == 1


@pytest.mark.parametrize('kind', KINDS)
def test_a_dry_run_says_all_and_stores_nothing(world, kind):
    torrent = make_torrent(world.server.works, kind, files={'a.txt': 100, 'b.txt': 200})
    before = world.server.list()['total']
    answer = world.owner.upload(torrent, dry_run=True)
    assert answer.status_code == 200 and 'Location' not in answer.headers
    assert answer.json() == {'verdict': 'ok', 'infohash_v1': torrent.v1 or None, 'infohash_v2': torrent.v2 or None,
                             'files': 2, 'size_bytes': 300, 'errors': []}
    refused = world.owner.upload(torrent, 'x', dry_run=True, license='none such', category=None)
    assert refused.status_code == 200 and refused.json()['verdict'] == 'refused'
    assert {fault['field'] for fault in refused.json()['errors']} == {'title', 'license', 'category'}
    assert refused.json()['infohash_v1'] == (torrent.v1 or None) and refused.json()['files'] == 2
    assert world.server.list()['total'] == before
    assert world.server.list(q=torrent.hash)['total'] == 0
    assert world.owner.upload(torrent).status_code == 201


def test_dry_run_as_a_field_and_wrongly(world):
    torrent = make_torrent(world.server.works)
    assert world.owner.upload(torrent, **{'dry_run': True}).json()['verdict'] == 'ok'
    for query, status in (('dry_run=0', 201), ('dry_run=2', 422), ('dryrun=1', 422), ('title=x', 422)):
        answer = world.owner.api('POST', '/torrents?' + query, files={'torrent': torrent.content},
                                 data={**WORDS, 'title': 'Words in the address'})
        assert answer.status_code == status, (query, answer.text)


EDGES = [
    ('title', 'abc', True), ('title', 'ab', False), ('title', '', False), ('title', 'x' * 250, True),
    ('title', 'x' * 251, False), ('title', 'é' * 125, True), ('title', 'é' * 126, False), ('title', '   ', False),
    ('title', 'a\nb c', False), ('title', 'a\x00bc', False), ('title', 'a\u202ebcd', False), ('title', None, False),
    ('description', 'x' * 65536, True), ('description', 'x' * 65537, False), ('description', '', True),
    ('description', 'lines\r\nand\ttabs', True), ('description', 'a\x01b', False),
    ('tags', ', '.join(f'tag{n}' for n in range(20)), True), ('tags', ', '.join(f'tag{n}' for n in range(21)), False),
    ('tags', 't' * 40, True), ('tags', 't' * 41, False), ('tags', '', True), ('tags', ', ,,', True),
    ('author', 'x' * 250, True), ('author', 'x' * 251, False), ('author', '', False), ('author', None, False),
    ('source_url', 'https://example.org/' + 'x' * 980, True), ('source_url', 'https://example.org/' + 'x' * 981, False),
    ('source_url', 'own', True), ('source_url', '', False), ('source_url', 'javascript:alert(1)', False),
    ('source_url', 'ftp://example.org/', False), ('source_url', 'https://a b/', False),
    ('source_url', 'https://debian.org@evil.example/', False), ('source_url', 'data:text/html,x', False),
    ('license', '', False), ('license', None, False), ('license', 'All rights reserved', False),
    ('license', 'CC-PDM-1.0', True), ('license', 'MIT', True), ('license', 'GPL-3.0-or-later', True),
    ('license', 'CC-BY-NC-ND-4.0', True), ('category', '', False), ('category', 'films', False),
    ('category', None, False), ('language', '', True), ('language', 'zh-Hant-TW', True), ('language', 'e', False),
    ('language', 'english', False), ('language', '../..', False),
]


@pytest.mark.parametrize('field, value, taken', EDGES, ids=[f'{f}-{str(v)[:12]!r}-{len(v or "")}' for f, v, _ in EDGES])
def test_a_field_at_its_limits(world, edge_torrent, field, value, taken):
    words = {**WORDS, 'title': 'A good title', field: value}
    answer = world.owner.api('POST', '/torrents?dry_run=1', files={'torrent': edge_torrent.content},
                             data={name: text for name, text in words.items() if text is not None})
    assert answer.status_code == 200, answer.text
    faults = {fault['field'] for fault in answer.json()['errors']}
    assert faults == (set() if taken else {field}), answer.text


@pytest.fixture(scope='module')
def edge_torrent(world_server):
    return make_torrent(world_server.works)


@pytest.mark.parametrize('category', 'linux software games data books audiobooks music podcasts video courses maps '
                                     'other'.split())
def test_every_category_of_the_contract_is_there(world, edge_torrent, category):
    assert world.owner.upload(edge_torrent, dry_run=True, category=category).json()['verdict'] == 'ok'
    assert world.server.get(f'/en/browse/{category}').status_code == 200
    assert world.server.list(category=category)['total'] >= 0


def test_a_refused_upload_tells_every_fault_and_stores_nothing(world):
    torrent = make_torrent(world.server.works)
    before = world.server.list()['total']
    faults = problem(world.owner.upload(torrent, 'x', license='', author='', source_url='nowhere', category='films'), 422)
    assert set(faults) == {'title', 'license', 'author', 'source_url', 'category'}
    assert world.server.list()['total'] == before and world.server.list(q=torrent.hash)['total'] == 0


def test_undeclared_and_doubled_fields_are_refused(world, edge_torrent):
    problem(world.owner.upload(edge_torrent, price='7'), 422, 'price', 'undeclared_field')
    answer = world.owner.api('POST', '/torrents', files=[('torrent', edge_torrent.content)],
                             data=[*WORDS.items(), ('title', 'One title'), ('title', 'Another')])
    problem(answer, 422, 'title', 'duplicate_field')
    answer = world.owner.api('POST', '/torrents', data={'title': 'No file at all'})
    assert answer.status_code == 422, answer.text
    problem(world.owner.api('POST', '/torrents', files={'title': (None, 'x' * 5)}), 422, 'torrent', 'torrent_required')
    answer = world.owner.api('POST', '/torrents', data=b'{}', headers={'Content-Type': 'application/json'})
    problem(answer, answer.status_code)
    assert answer.status_code in (415, 422)
    problem(world.owner.api('POST', '/torrents', data=b'x', headers={'Content-Type': 'application/x-bittorrent'}), 415)


def padded_torrent(size):
    """A torrent file of exactly so many bytes."""
    def content(padding):
        return bencode({b'info': {b'length': 5, b'name': b'padded', b'piece length': 16384, b'pieces': b'\x07' * 20,
                                  b'x': bytes(padding)}})
    padding = size - len(content(0))
    while len(content(padding)) > size:
        padding -= 1
    assert len(content(padding)) == size
    return content(padding)


def test_a_file_of_10_mib_is_taken_and_one_byte_more_is_not(world):
    most = padded_torrent(10 * 1024 * 1024)
    assert world.owner.upload(most, dry_run=True).json()['verdict'] == 'ok'
    work = world.owner.publish(most, 'As large as may be')
    assert info_of(world.server.get(work['torrent_url']).content) == info_of(most)
    problem(world.owner.upload(padded_torrent(10 * 1024 * 1024 + 1)), 413, 'torrent')
    problem(world.owner.upload(padded_torrent(12 * 1024 * 1024)), 413)


# ---- one work --------------------------------------------------------------------------------

@pytest.mark.parametrize('work_id', ['0', '-1', '999999999', '99999999999999999999', 'x', '1x', '%00', '1%2F2', '01e3'])
def test_a_work_that_is_not_there(world, work_id):
    answer = world.server.api('GET', f'/torrents/{work_id}')
    assert answer.status_code in (400, 404), answer.text
    problem(answer, answer.status_code)


@pytest.mark.parametrize('method, address, status', [
    ('GET', '/api/v1/nothing', 404), ('GET', '/api/v1/', 404), ('DELETE', '/api/v1/torrents', 405),
    ('GET', '/api/v1/accounts', 405), ('POST', '/api/v1/stats', 405), ('PUT', '/api/v1/torrents/1', 405)])
def test_what_the_api_does_not_have(world, method, address, status):
    answer = world.server.request(method, address)
    problem(answer, status)
    if status == 405:
        assert answer.headers['Allow']


def test_problems_speak_french_to_those_who_ask(world):
    answer = world.server.api('GET', '/torrents/999999999', headers={'Accept-Language': 'fr'})
    english = world.server.api('GET', '/torrents/999999999', headers={'Accept-Language': 'en'})
    assert answer.json()['code'] == english.json()['code'] and answer.json()['detail'] != english.json()['detail']


# ---- the list --------------------------------------------------------------------------------

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
    assert set(answer) == {'items', 'total', 'total_is_exact', 'facets', 'next'}
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
        assert set(facets) == {'category', 'license', 'language'}
        for name in facets:
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
    ({'limit': '101'}, 'limit'), ({'limit': '-1'}, 'limit'), ({'limit': 'all'}, 'limit'), ({'facets': 'maybe'}, 'facets'),
    ({'cursor': 'nonsense'}, 'cursor'), ({'cursor': 'A' * 64}, 'cursor'), ({'page': '2'}, 'page'),
    ({'q': 'x' * 1001}, 'q'), ({'q': b'\xff\xfe'}, 'q'), ({'q': 'a\x00b'}, 'q')], ids=lambda value: str(value)[:30])
def test_a_filter_with_a_fault_names_itself(world, ask, field):
    problem(world.server.api('GET', '/torrents', params=ask), 422, field)


def test_hostile_queries_are_only_words(world):
    for q in ('"', '((((', '-', '*', '"" ""', "' or 1=1 --", '%', '-a -b', 'a' * 1000, '(' * 500, '<script>', '\\', 'AND OR',
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


# ---- totals ----------------------------------------------------------------------------------

def test_totals_count_everything(make_server):
    server = make_server()
    assert server.api('GET', '/stats').json() == {'torrents': 0, 'seeders': 0, 'leechers': 0, 'completed': 0, 'members': 0}
    member = server.sign_up()
    server.sign_up()
    work = member.publish(server.make_torrent())
    http_announce(server, work, port=7001, left=0)
    http_announce(server, work, port=7002, left=5)
    wait_for(lambda: server.api('GET', '/stats').json() ==
             {'torrents': 1, 'seeders': 1, 'leechers': 1, 'completed': 0, 'members': 2}, 'the totals follow', 20)


def test_a_closed_site_takes_no_account(make_server):
    server = make_server({'accounts.registration': 'closed'})
    problem(sign_up(server), 403)
    assert server.get('/en/register').status_code in (200, 403)
    assert b'href="/en/register"' not in server.get('/en/').content


def test_limits_hold_back_who_asks_too_often(make_server):
    server = make_server({'limits.enabled': 'yes'})
    answers = [server.api('POST', '/tokens', json={'name': 'x', 'password': 'y'}) for _ in range(80)]
    held = [answer for answer in answers if answer.status_code == 429]
    assert held and int(held[0].headers['Retry-After']) >= 1
    problem(held[0], 429)


def test_answers_say_what_they_are(world):
    answer = world.server.api('GET', '/torrents')
    assert answer.headers['Content-Type'] == 'application/json'
    assert answer.headers['X-Content-Type-Options'] == 'nosniff'
    assert 'Access-Control-Allow-Origin' not in answer.headers
    head = world.server.api('HEAD', '/torrents')
    assert head.status_code == 200 and head.content == b'' and int(head.headers['Content-Length']) > 0
    again = world.server.api('GET', '/torrents', headers={'If-None-Match': answer.headers['ETag']})
    assert again.status_code in (200, 304)


def test_the_magnet_page_and_addresses_of_a_work(world):
    work = world.work
    answer = world.server.get(f"/t/{work['infohash_v1']}", allow_redirects=False)
    assert answer.status_code == 303
    assert urlsplit(work['url']).path.split('/')[3] in answer.headers['Location']
    assert parse_qs(urlsplit(work['magnet']).query)['dn'] == [work['name']]
    for infohash in (work['infohash_v1'].upper(), work['infohash_v2'], work['infohash_v2'][:40]):
        assert world.server.get(f'/t/{infohash}.torrent').status_code == 200, infohash
    for infohash in ('0' * 40, 'x', quote('../../etc'), '0' * 64):
        assert world.server.get(f'/t/{infohash}').status_code == 404
        assert world.server.get(f'/t/{infohash}.torrent').status_code == 404
