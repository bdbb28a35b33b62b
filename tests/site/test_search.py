"""The query language, what is said about mistakes, the form and the box, corrections, suggestions, kept searches."""
import base64
import html
import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from server import Browser, wait_for

TITLES = [  # title, category, license, language, tags, kind, files
    ('Ubuntu 24.04 Desktop (amd64)', 'linux', 'GPL-3.0-or-later', 'en', 'system', 'v1',
     {'ubuntu-24.04-desktop-amd64.iso': 5000}),
    ('Debian live image', 'linux', 'GPL-2.0-only', 'en', 'system', 'v2', {'debian-12.7.0-live.iso': 7000,
     'SHA256SUMS': 80}),
    ('War and Peace', 'books', 'CC-PDM-1.0', 'en', 'novel', 'hybrid', {'war-and-peace.epub': 3000, 'cover.jpg': 900}),
    ('Guerre et Paix', 'books', 'CC-BY-4.0', 'fr', 'novel', 'v1', {'guerre-et-paix.epub': 3000}),
    ('Quartet for a quiet hour', 'music', 'CC-BY-NC-4.0', '', 'jazz', 'v1', {'one.flac': 4000, 'two.flac': 4000,
     'notes.pdf': 500}),
]


@pytest.fixture(scope='module')
def shelf(make_module_server):
    server = make_module_server()
    ada = server.sign_up('ada')
    server.works = [ada.publish(server.make_torrent(kind, files=files), title, category=category, license=licence,
                                language=language, tags=tags, description='One of several.')
                    for title, category, licence, language, tags, kind, files in TITLES]
    server.ada = ada
    wait_for(lambda: server.list()['total'] == len(TITLES), 'all are found', 20)
    return server


def found(server, q, **ask):
    answer = server.list(q=q, limit=50, **ask)
    assert answer['total'] == len(answer['items'])
    return {next(n for n, row in enumerate(TITLES) if row[0] == item['title']) for item in answer['items']}


@pytest.mark.parametrize('q, wanted', [
    ('ubuntu 24.04 amd64', {0}), ('ubuntu-24.04', {0}), ('ubuntu-24.04-desktop-amd64.iso', {0}), ('UBUNTU_24.04', {0}),
    ('category:books', {2, 3}), ('-category:books', {0, 1, 4}), ('category:books,music', {2, 3, 4}),
    ('catégorie:books', {2, 3}),
    ('license:gpl', set()), ('license:GPL-3.0-or-later', {0}), ('license:cc-by', {3}), ('may:change', {0, 1, 2, 3, 4}),
    ('may:sell', {0, 1, 2, 3}), ('may:vendre,change', {0, 1, 2, 3}), ('lang:fr', {3}), ('lang:French', {3}),
    ('lang:français', {3}),
    ('user:ADA -tag:novel', {0, 1, 4}), ('ext:epub', {2, 3}), ('ext:.flac,iso', {0, 1, 4}), ('file:cover', {2}),
    ('size:>6kB', {1, 4}), ('size:>=5000 size:<=7000', {0}), ('size: > 6 kB', {1, 4}), ('size:3000..5000', {0, 2, 3}),
    ('files:1', {0, 3}), ('files:>2', {4}), ('files:2..', {1, 2, 4}), ('seeds:>0', set()), ('seeds:0', {0, 1, 2, 3, 4}),
    ('age:<1d', {0, 1, 2, 3, 4}), ('age:>1y', set()), ('date:2010..2015', set()), ('date:>2015', {0, 1, 2, 3, 4}),
    ('"war and peace"', {2}), ('“war and peace”', {2}), ('(war or guerre) -lang:en', {3}), ('guerr*', {3}),
    ('title:paix', {3}),
    ('war OU guerre', {2, 3}), ('category:books (', {2, 3}), ('', {0, 1, 2, 3, 4}), ('((', {0, 1, 2, 3, 4}),
], ids=str)
def test_the_query_language_finds(shelf, q, wanted):
    if q == 'license:gpl':  # every version of it
        wanted = {0, 1}
    assert found(shelf, q) == wanted


@pytest.mark.parametrize('q, code, field', [
    ('categry:books', 'search_unknown_field', None), ('size:big', 'search_bad_value', 'size'),
    ('category:nothing', 'search_bad_value', 'category'), ('license:none', 'search_bad_value', 'license'),
    ('lang:klingonese', 'search_bad_value', 'lang'), ('date:2024-13', 'search_bad_value', 'date'),
    ('age:soon', 'search_bad_value', 'age'),
    ('may:fly', 'search_bad_value', 'may'), ('health:well', 'search_bad_value', 'health'),
    ('size:2GB..1GB', 'search_range_turned', 'size'),
    ('(a', 'search_lost_parenthesis', None), ('a)', 'search_lost_parenthesis', None), ('"a', 'search_lost_quote', None),
    ('a or', 'search_lost_or', None), ('hash:0123456789', 'search_hash_unknown', 'hash'),
    ('a ' * 40, 'search_cut', None), (' or '.join(f'"the of {n}"' for n in range(9)), 'search_cut', None),
], ids=str)
def test_a_mistake_is_explained_and_never_an_error(shelf, q, code, field):
    answer = shelf.list(q=q)
    assert [(note['code'], note['field']) for note in answer['notes']] == [(code, field)]
    assert answer['notes'][0]['detail'] and answer['read_as']
    for language, read in (('en', 'Read as:'), ('fr', 'Lu comme')):
        page = shelf.get(f'/{language}/search?q={quote(q)}')
        assert page.status_code == 200 and read in page.text, language


def test_every_form_of_a_hash_leads_to_its_work(shelf):
    v1, v2, hybrid = (shelf.works[n] for n in (0, 1, 2))
    base32 = base64.b32encode(bytes.fromhex(v1['infohash_v1'])).decode()
    forms = [(v1, v1['infohash_v1']), (v1, v1['infohash_v1'].upper()), (v1, base32),
             (v2, v2['infohash_v2']), (v2, v2['infohash_v2'][:40]), (v2, '1220' + v2['infohash_v2']),
             (hybrid, hybrid['infohash_v1']), (hybrid, hybrid['infohash_v2']),
             (v1, f'magnet:?xt=urn:btih:{v1["infohash_v1"]}'),
             (v1, f'hash:{v1["infohash_v1"][:12]}'), (v2, f'hash:{v2["infohash_v2"][:12]}')]
    for work, text in forms:
        answer = shelf.get('/en/search', params={'q': text}, allow_redirects=False)
        assert answer.status_code == 303 and f'/torrent/{work["id"]}/' in answer.headers['Location'], text
        assert [item['id'] for item in shelf.list(q=text)['items']] == [work['id']], text


def chips(text):
    listed = re.search(r'<ul class="chips".*?</ul>', text, re.S)
    links = re.findall(r'<a class="chip" href="(.*?)">(.*?)</a>', listed[0], re.S) if listed else []

    def words(label):
        return re.sub(r'\s+', ' ', re.sub('<.*?>', '', label)).replace('Remove this filter', '').strip()
    return {words(label): html.unescape(link) for link, label in links}


def test_box_and_form_show_each_other(shelf):
    by_form = shelf.get('/en/search', params={'q': 'war', 'category': 'books', 'min_size': '1kB', 'may': 'change'}).text
    by_box = shelf.get('/en/search', params={'q': 'war category:books size:>=1kB may:change'}).text
    for page in (by_form, by_box):
        box = html.unescape(re.search(r'id="search" type="search" name="q" value="(.*?)"', page)[1])
        assert set(box.split()) == {'war', 'category:books', 'may:change', 'size:>=1kB'}
        assert '<option value="books" selected>' in page and 'name="min_size" maxlength="24" value="1kB"' in page
        assert re.search(r'id="field-q".*?value="war"', page)
        assert set(chips(page)) == {'Category: Books', 'What I may do: Change it', 'At least this large: 1kB'}
    link = chips(by_box)['Category: Books']
    asked = parse_qs(urlsplit(link).query)
    assert asked == {'q': ['war'], 'may': ['change'], 'min_size': ['1kB']}
    kept = shelf.get('/en/search', params={'q': 'paix -category:music size:>1kB'}).text
    assert set(chips(kept)) == {'Category: not Music', 'Size: &gt;1kB'}
    for link in chips(kept).values():
        assert 'Guerre et Paix' in shelf.get(link).text


def test_facets_of_a_page_count_and_narrow(shelf):
    page = shelf.get('/en/search').text
    aside = re.search(r'<aside class="facet".*?</aside>', page, re.S)[0]
    for heading in ('Category', 'Licence', 'What I may do', 'Language', 'Health', 'Year'):
        assert f'<h3>{heading}</h3>' in aside
    for link, count in re.findall(r'<a href="(.*?)".*?<span class="quiet">(\d+)</span></a>', aside):
        total = re.search(r'role="status">(\d+) works?<', shelf.get(html.unescape(link)).text)[1]
        assert total == count, link


def test_what_was_meant_is_offered_and_not_asked(shelf):
    answer = shelf.list(q='ubunut')
    assert answer['total'] == 0 and answer['did_you_mean'] == ['ubuntu']
    assert shelf.list(q='debain lvie')['did_you_mean'] == ['debian live']
    assert shelf.list(q='ubuntu')['did_you_mean'] == []
    page = shelf.get('/en/search?q=debain+category:linux').text
    link = html.unescape(re.search(r'Did you mean: <a href="(.*?)"', page)[1])
    assert 'Debian live image' in shelf.get(link).text and 'category=linux' in link


def test_suggestions_are_words_and_works(shelf):
    typed, texts, about, addresses = shelf.get('/en/suggest?q=ubu').json()
    assert typed == 'ubu' and texts == ['ubuntu', TITLES[0][0]] and about[0] == '' and about[1]
    assert urlsplit(addresses[0]).path == '/en/search' and f'/en/torrent/{shelf.works[0]["id"]}/' in addresses[1]
    assert shelf.get('/en/suggest', params={'q': 'war and pe'}).json()[1] == [TITLES[2][0]]
    assert shelf.get('/en/suggest?q=').json() == ['', [], [], []]
    assert shelf.get('/en/suggest', params={'q': '"((' * 50}).status_code == 200
    assert '/en/suggest?q={searchTerms}' in shelf.get('/opensearch.xml').text


def test_a_member_keeps_a_search_and_takes_it_off(shelf):
    browser = Browser(shelf)
    browser.sign_in('ada')
    page = browser.get('/en/search?q=war+category:books').text
    assert 'Keep this search' in page
    for _ in range(2):  # twice is once
        browser.post_form('/en/searches', {'q': 'war category:books', 'sort': 'newest'})
    kept = browser.get('/en/searches').text
    assert kept.count('<code>war category:books</code>') == 1
    feed = html.unescape(re.search(r'href="([^"]*search\.rss[^"]*)"', kept)[1])
    assert 'War and Peace' in shelf.get(feed).text
    assert browser.post_form('/en/searches', {'q': ' '}).status_code == 422
    number = re.search(r'name="id" value="(\d+)"', kept)[1]
    browser.post_form('/en/searches/remove', {'id': number}, page='/en/searches')
    assert 'You keep no searches yet' in browser.get('/en/searches').text


def test_help_and_ranking_explain_themselves(shelf):
    for language, words in (('en', 'What one can write'), ('fr', 'Ce qu’on peut écrire')):
        page = shelf.get(f'/{language}/search/help').text
        assert words in page
        for link in set(re.findall(rf'href="(/{language}/search\?q=[^"]*)"', page)):
            answer = shelf.get(html.unescape(link))
            assert answer.status_code == 200 and 'class="note warn"' not in answer.text or 'hash' in link, link
    ranking = shelf.get('/en/search/ranking').text
    assert re.search(r'a word of the title</td><td class="number">64', ranking)
