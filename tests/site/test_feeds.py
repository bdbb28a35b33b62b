"""Feeds: parsed strictly, as clients read them, for every list and filter; validators; words that break XML."""
import re
import xml.etree.ElementTree as ET
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import requests

from page import Page

TORRENT = '{http://xmlns.ezrss.it/0.1/}'
ATOM = '{http://www.w3.org/2005/Atom}'
RESERVED = {'title', 'link', 'description', 'guid', 'author', 'pubDate', 'enclosure', 'category'}
TYPES = {'rss': 'application/rss+xml; charset=utf-8', 'atom': 'application/atom+xml; charset=utf-8'}
NASTY = ['a < b && c > d', 'ends ]]> here', '"quoted" \'twice\'', 'emoji 🐝 and 𝔘', 'עברית and Latin', '&amp; &lt;b&gt;',
         '<![CDATA[ no', '<?xml no?>', 'ﬁgure Ünïcode 漢字']


def rss(server, address, **options):
    answer = server.get(address, **options)
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers['Content-Type'] == TYPES['rss']
    return ET.fromstring(answer.content)


def atom(server, address):
    answer = server.get(address)
    assert answer.status_code == 200 and answer.headers['Content-Type'] == TYPES['atom']
    return ET.fromstring(answer.content)


def titles(server, address):
    return [item.findtext('title') for item in rss(server, address).iter('item')]


@pytest.fixture(scope='module')
def shelf(make_module_server):
    server = make_module_server({})
    ada, bob = server.sign_up('ada'), server.sign_up('bob')
    server.works_by_title = {}
    for number, title in enumerate(NASTY):
        kind = ['v1', 'v2', 'hybrid'][number % 3]
        server.works_by_title[title] = (bob if number % 2 else ada).publish(
            server.make_torrent(kind, size=20_000 + 70_000 * number, private=number == 4), title,
            category='books' if number < 5 else 'music', tags='odd even'.split()[number % 2],
            license='CC0-1.0', language='fr' if number == 3 else '')
    return server


def test_an_item_has_what_clients_read(shelf):
    root = rss(shelf, '/en/.rss')
    assert root.tag == 'rss' and root.get('version') == '2.0'
    channel = root.find('channel')
    assert channel.findtext('link') == shelf.url + '/en/' and channel.findtext('ttl') == '15'
    assert channel.find(ATOM + 'link').get('href') == shelf.url + '/en/.rss'
    items = list(channel.iter('item'))
    assert [item.findtext('title') for item in items] == NASTY[::-1]
    for item in items:
        work = shelf.torrent(shelf.works_by_title[item.findtext('title')]['id'])
        assert item.findtext('link') == work['url']
        guid = item.find('guid')
        assert guid.get('isPermaLink') == 'true'
        assert guid.text == f"{shelf.url}/t/{work['infohash_v1'] or work['infohash_v2']}"
        enclosure = item.find('enclosure')
        assert enclosure.get('type') == 'application/x-bittorrent' and enclosure.get('url') == work['torrent_url']
        assert int(enclosure.get('length')) == len(requests.get(enclosure.get('url')).content)
        assert item.findtext(TORRENT + 'contentLength') == str(work['size_bytes'])
        assert item.findtext(TORRENT + 'infoHash') == (work['infohash_v1'] or work['infohash_v2'])
        assert item.findtext(TORRENT + 'magnetURI') == work['magnet']
        assert item.findtext(TORRENT + 'seeds') == item.findtext(TORRENT + 'peers') == '0'
        assert item.findtext(TORRENT + 'verified') == '1'
        assert item.findtext(TORRENT + 'fileName').endswith('.torrent')
        assert parsedate_to_datetime(item.findtext('pubDate')).timestamp() > 1_700_000_000
        for part in item:  # clients match local names
            assert part.tag in RESERVED or re.sub('{.*}', '', part.tag) not in RESERVED


def test_atom_says_the_same(shelf):
    root = atom(shelf, '/en/.atom')
    assert root.tag == ATOM + 'feed' and root.findtext(ATOM + 'id') == shelf.url + '/en/'
    entries = root.findall(ATOM + 'entry')
    assert [entry.findtext(ATOM + 'title') for entry in entries] == NASTY[::-1]
    for entry in entries:
        links = entry.findall(ATOM + 'link')
        assert [link.get('rel') for link in links] == ['alternate', 'enclosure']
        assert links[-1].get('type') == 'application/x-bittorrent' and links[-1].get('href').endswith('.torrent')
        assert entry.findtext(ATOM + 'id').startswith(shelf.url + '/t/')
        assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', entry.findtext(ATOM + 'updated'))
        assert entry.find(ATOM + 'author').findtext(ATOM + 'name') in ('ada', 'bob')
        assert entry.findtext(TORRENT + 'infoHash')


@pytest.mark.parametrize('page, wanted', [
    ('/en/browse/all', range(9)), ('/en/browse/books', range(5)), ('/fr/browse/music', range(5, 9)),
    ('/en/search?q=emoji', [3]), ('/en/search?tag=odd&category=books', [0, 2, 4]), ('/en/search?language=fr', [3]),
    ('/en/search?q=-emoji+category:books', [0, 1, 2, 4]), ('/en/browse/all?limit=2', [7, 8]),
    ('/en/browse/all?sort=size&limit=1', [8]), ('/en/browse/books?uploader=bob', [1, 3]),
    ('/en/member/ada', [0, 2, 4, 6, 8]), ('/en/member/bob?category=music', [5, 7]), ('/en/search?q=nothingatall', []),
    ('/en/search?min_size=500000', [7, 8]), ('/en/browse/all?health=alive', [])])
def test_the_feed_of_a_list_has_its_works(shelf, page, wanted):
    """Every filter of the page, and the page says where its feed is."""
    path, _, query = page.partition('?')
    assert set(titles(shelf, path + '.rss?' + query)) == {NASTY[i] for i in wanted}
    entries = atom(shelf, path + '.atom?' + query).findall(ATOM + 'entry')
    assert {entry.findtext(ATOM + 'title') for entry in entries} == {NASTY[i] for i in wanted}
    text = shelf.get(page).text
    for kind, mime in (('rss', 'application/rss+xml'), ('atom', 'application/atom+xml')):
        told = re.search(f'<link rel="alternate" type="{re.escape(mime)}" href="([^"]*)"', text)[1]
        href = told.replace('&amp;', '&')
        assert urlsplit(href).path == f'{path}.{kind}'
        assert text.count(f'href="{told}"') >= 2  # and a link that is seen
        answer = shelf.get(href)
        assert answer.status_code == 200
        assert answer.text.count('isPermaLink' if kind == 'rss' else '<entry>') == len(wanted)
    assert Page(text).text


def test_the_order_of_the_page_is_the_order_of_the_feed(shelf):
    assert titles(shelf, '/en/browse/all.rss?sort=size') == NASTY[::-1]
    assert titles(shelf, '/en/browse/all.rss') == titles(shelf, '/en/browse/all.rss?sort=newest') == NASTY[::-1]


def test_a_cursor_turns_the_page(shelf):
    first = shelf.list(limit=4, sort='newest')
    assert first['total'] == 9
    assert titles(shelf, f'/en/browse/all.rss?limit=4&cursor={first["next"]}') == NASTY[4::-1][:4]


def test_words_of_the_feed_are_in_its_language(shelf):
    assert rss(shelf, '/fr/browse/books.rss').find('channel').findtext('title').startswith('Livres')
    assert rss(shelf, '/fr/browse/books.rss').find('channel').findtext('language') == 'fr'


@pytest.mark.parametrize('address, status, code', [
    ('/en/browse/nowhere.rss', 404, 'unknown_category'), ('/en/member/nobody-at-all.atom', 404, 'not_found'),
    ('/en/search.rss?min_size=huge', 422, 'bad_size'), ('/en/search.atom?nofield=1', 422, 'undeclared_field'),
    ('/en/browse/all.rss?cursor=broken', 422, None), ('/en/.rss?health=purple', 422, None)])
def test_a_fault_is_xml_too(shelf, address, status, code):
    answer = shelf.get(address)
    assert answer.status_code == status and answer.headers['Content-Type'] == 'application/xml; charset=utf-8'
    root = ET.fromstring(answer.content)
    assert root.tag == 'error' and root.get('description')
    assert code is None or root.get('code') == code


def test_who_knows_it_already_is_told_so(shelf):
    for address in ('/en/.rss', '/en/browse/books.atom', '/en/search.rss?q=emoji'):
        first = shelf.get(address)
        assert first.headers['ETag'].startswith('W/"') and 'max-age=300' in first.headers['Cache-Control']
        again = shelf.get(address, headers={'If-None-Match': first.headers['ETag']})
        assert (again.status_code, again.content) == (304, b'')
    dated = shelf.get('/en/.rss').headers['Last-Modified']
    assert shelf.get('/en/.rss', headers={'If-Modified-Since': dated}).status_code == 304
    assert shelf.get('/en/.rss', headers={'If-Modified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT'}).status_code == 200
    assert 'Last-Modified' not in shelf.get('/en/browse/all.rss?health=alive').headers  # old works may come in


def test_the_date_changes_with_the_entries_alone(make_server):
    server = make_server({})
    ada = server.sign_up('ada')
    works = [ada.publish(server.make_torrent('v1', size=20_000 + i), f'Work number {i}') for i in range(3)]

    def state():
        answer = server.get('/en/.rss?limit=50&sort=newest')
        return ET.fromstring(answer.content).find('channel').findtext('lastBuildDate'), answer.headers['ETag']
    before = state()
    server.restart()
    assert state() == before
    browser = ada.browser()
    page = urlsplit(works[1]['url']).path
    assert browser.post_form(f'{page}/withdraw', {'note': 'gone'}, page=f'{page}/withdraw').status_code == 410
    after = state()
    assert after[0] != before[0] and after[1] != before[1]
    assert [i.findtext('title') for i in rss(server, '/en/.rss').iter('item')] == ['Work number 2', 'Work number 0']
