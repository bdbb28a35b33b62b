"""The JSON API as programs meet it: accounts, tokens, publishing, one work, the list, the totals.

conftest.py holds every answer got here against openapi.json as well."""
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, quote, urlsplit

import libtorrent
import pytest

from api_schema import ITEM_FIELDS, problem
from bencoding import bencode
from server import Browser, PASSWORD, WORDS, hashes_of, info_of, make_torrent, wait_for
from tracker_client import http_announce

KINDS = ['v1', 'v2', 'hybrid']


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
    ours = [server.udp_announce, server.http_announce, server.web_announce]
    assert served[b'announce'].decode() in ours
    listed = [url.decode() for tier in served[b'announce-list'] for url in tier]
    assert listed[:3] == ours and len(set(listed)) == len(listed)
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


ODD = {
    'bytes_that_are_no_text': {b'length': 5, b'name': b'caf\xe9', b'name.utf-8': 'café'.encode(),
                               b'piece length': 16384,
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
    assert [seed['url'] for seed in work['webseed_checks']] == work['webseeds']
    assert not work['foreign'] and not any(seed['state'] for seed in work['webseed_checks']), 'nothing is probed'
    assert work['trackers'][-1] == 'http://other.example/announce' and len(work['trackers']) == 4
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
    work = world.owner.publish(make_torrent(world.server.works), category=category)
    assert work['id'] in [item['id'] for item in world.server.list(category=category, limit=100)['items']]


def test_a_refused_upload_tells_every_fault_and_stores_nothing(world):
    torrent = make_torrent(world.server.works)
    before = world.server.list()['total']
    faults = problem(world.owner.upload(torrent, 'x', license='', author='', source_url='nowhere', category='films'),
                     422)
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


# ---- totals ----------------------------------------------------------------------------------

def test_totals_count_everything(make_server):
    server = make_server()
    assert server.api('GET', '/stats').json() == {'torrents': 0, 'seeders': 0, 'leechers': 0, 'completed': 0,
                                                  'members': 0}
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
