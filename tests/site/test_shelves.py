"""Categories on two levels, tags that stand for one another, collections: pages, API and feeds."""
import json
import time
import xml.etree.ElementTree as ET
from urllib.parse import quote, urlsplit

import pytest

from page import Page, check_page
from server import wait_for

TORRENT = '{http://xmlns.ezrss.it/0.1/}'


@pytest.fixture(scope='module')
def shelf(make_module_server):
    server = make_module_server({})
    server.ada, server.bob = server.sign_up('ada'), server.sign_up('bob')
    server.trusted = server.add_user('tilda', 'trusted')
    server.moderator = server.add_user('modesta', 'moderator')
    server.films = [server.ada.publish(server.make_torrent('v1', size=20_000 + i), f'Film number {i}', category=code,
                                       tags=tags)
                    for i, (code, tags) in enumerate([('video', 'sci-fi'), ('films-hd', 'sci-fi,robots'),
                                                      ('documentaries', 'sf, sci-fi'), ('music', 'jazz,c++')])]
    return server


def titles(server, **ask):
    return {item['title'][-1] for item in server.list(**ask)['items']}


def feed_titles(server, address):
    answer = server.get(address)
    assert answer.status_code == 200, answer.text[:300]
    return [item.findtext('title') for item in ET.fromstring(answer.content).iter('item')]


# -- categories

def test_the_tree_has_the_numbers_programs_know(shelf):
    items = shelf.api('GET', '/categories').json()['items']
    by_code = {item['code']: item for item in items}
    wanted = {'linux': 4020, 'films-hd': 2040, 'films-uhd': 2045, 'music-lossless': 3040, 'comics': 7030,
              'ebooks': 7020}
    assert {code: by_code[code]['newznab'] for code in wanted} == wanted
    assert by_code['films-hd']['parent'] == 'video' and by_code['video']['parent'] is None
    assert by_code['linux']['custom'] == 100001 and len({item['custom'] for item in items}) == len(items)
    assert not [item for item in items if 6000 <= item['newznab'] < 7000]
    assert by_code['video']['torrents'] == 3 and by_code['films-hd']['torrents'] == 1


@pytest.mark.parametrize('ask, wanted', [
    ({'category': 'video'}, '012'), ({'category': 'films-hd'}, '1'), ({'q': 'category:video'}, '012'),
    ({'q': 'category:documentaries'}, '2'), ({'q': '-category:video'}, '3'), ({'category': 'books'}, '')])
def test_who_asks_for_a_parent_is_given_its_children(shelf, ask, wanted):
    assert titles(shelf, **ask) == set(wanted)


def test_facets_and_pages_show_the_tree(shelf):
    facet = shelf.list(facets=1)['facets']['category']
    assert facet == [{'value': 'video', 'count': 3}, {'value': 'films-hd', 'count': 1},
                     {'value': 'documentaries', 'count': 1}, {'value': 'music', 'count': 1}]
    for language in ('en', 'fr'):
        answer = shelf.get(f'/{language}/browse/video')
        check_page(answer, language)
        assert f'href="/{language}/browse/films-hd"' in answer.text
    text = shelf.get('/en/browse/films-hd').text
    assert 'Film number 1' in text and 'Film number 0' not in text and 'href="/en/browse/video"' in text
    assert set(feed_titles(shelf, '/en/browse/video.rss')) == {f'Film number {i}' for i in range(3)}
    form = shelf.ada.browser().get('/en/upload').text
    assert 'value="films-hd"' in form and 'value="video"' in form


def test_a_work_of_either_level_can_be_published_and_old_codes_stay(shelf):
    for code in ('linux', 'linux-server', 'other', 'fonts'):
        assert shelf.bob.upload(shelf.make_torrent('v1'), category=code, dry_run=True).json()['verdict'] == 'ok'
    assert shelf.bob.upload(shelf.make_torrent('v1'), category='films', dry_run=True).json()['verdict'] == 'refused'


# -- tags

def test_tags_are_listed_shown_and_fed(shelf):
    items = {item['name']: item['torrents'] for item in shelf.api('GET', '/tags').json()['items']}
    assert items['sci-fi'] == 3 and items['c++'] == 1 and items['jazz'] == 1
    assert 'href="/en/tag/c%2B%2B"' in shelf.get('/en/tags').text
    check_page(shelf.get('/fr/tags'), 'fr')
    page = check_page(shelf.get('/en/tag/' + quote('c++', safe='')), 'en')
    assert 'Film number 3' in page.text
    assert feed_titles(shelf, '/en/tag/c%2B%2B.rss') == ['Film number 3']
    assert shelf.get('/en/tag/nobody-wrote-this').status_code == 404
    assert shelf.api('GET', '/tags/nobody-wrote-this').status_code == 404
    answer = shelf.get('/en/tag/JAZZ', allow_redirects=False)
    assert (answer.status_code, answer.headers['Location']) == (303, '/en/tag/jazz')


def test_a_tag_is_described_merged_and_parted_again(shelf):
    browser = shelf.trusted.browser()
    page = '/en/tag/sf'
    assert shelf.bob.browser().get(page + '/edit').status_code == 403
    done = browser.post_form(page + '/edit', {'description': 'Of what **may** come.'}, page=page + '/edit')
    assert done.status_code == 200
    assert '<strong>may</strong>' in shelf.get(page).text
    done = browser.post_form(page + '/synonym', {'tag': 'sciencefiction'}, page=page + '/edit')
    assert done.status_code == 200 and 'sciencefiction' in shelf.get(page).text
    assert shelf.get('/en/tag/sciencefiction', allow_redirects=False).headers['Location'] == '/en/tag/sf'
    fault = browser.post_form(page + '/synonym', {'tag': 'not a tag!'}, page=page + '/edit')
    assert fault.status_code == 422 and 'fault-tag' in fault.text and 'not a tag!' in fault.text
    fault = browser.post_form(page + '/merge', {'into': 'sf'}, page=page + '/edit')
    assert fault.status_code == 409 and 'fault-into' in fault.text
    assert browser.post_form('/en/tag/sci-fi/merge', {'into': 'sf'}, page='/en/tag/sci-fi/edit').status_code == 200
    assert titles(shelf, tag='sci-fi') >= {'2'}  # from now on, whatever is rewritten already

    def rewritten():
        return shelf.torrent(shelf.films[0]['id'])['tags'] == ['sf']
    wait_for(rewritten, 'the works carry the other tag', 20)
    wait_for(lambda: titles(shelf, tag='sci-fi') == set('012'), 'search follows', 20)
    assert shelf.torrent(shelf.films[1]['id'])['tags'] == ['sf', 'robots']
    assert shelf.torrent(shelf.films[2]['id'])['tags'] == ['sf']
    assert shelf.torrent(shelf.films[0]['id'])['history'][-1]['what'] == 'retagged'
    tag = shelf.api('GET', '/tags/sci-fi').json()
    assert tag['name'] == 'sf' and 'sci-fi' in tag['synonyms'] and tag['torrents'] == 3
    work = shelf.bob.publish(shelf.make_torrent('v1'), 'Film number 9', tags='sciencefiction, Sci-Fi, new')
    assert work['tags'] == ['sf', 'new']
    wait_for(lambda: shelf.api('GET', '/tags/sf').json()['merges'][0]['state'] == 'merged', 'it is said to be done', 20)

    merge = next(m for m in shelf.api('GET', '/tags/sf').json()['merges'] if m['name'] == 'sci-fi')
    assert merge['torrents'] == 3
    answer = browser.post_form(page + '/undo', {'id': merge['id']}, page=page + '/edit')
    assert answer.status_code == 200
    wait_for(lambda: shelf.torrent(shelf.films[2]['id'])['tags'] == ['sf', 'sci-fi'], 'works are as they were', 20)
    assert shelf.torrent(shelf.films[0]['id'])['tags'] == ['sci-fi']
    assert shelf.torrent(work['id'])['tags'] == ['sf', 'new']
    for language in ('en', 'fr'):
        check_page(shelf.get(f'/{language}/tag/sf'), language)
        check_page(browser.get(f'/{language}/tag/sf/edit'), language)


def test_tags_by_the_api(shelf):
    token = shelf.token('modesta', scopes=['upload'])

    def post(address, **fields):
        return shelf.api('POST', address, json=fields, headers={'Authorization': f'Bearer {token}'})
    assert post('/tags/jazz', description='Swing and more').json()['description'] == 'Swing and more'
    merge = post('/tags/jass/merge', into='jazz')
    assert merge.status_code == 200 and merge.json()['into'] == 'jazz'
    again = post('/tags/jass/merge', into='jazz')
    assert again.status_code == 409 and again.json()['code'] == 'same_tag'
    assert post('/tags/jazz/undo', id=merge.json()['id']).json()['state'] == 'unmerging'
    assert post('/tags/jazz/undo', id='99999').status_code == 404
    assert shelf.bob.api('POST', '/tags/jazz', json={'description': 'mine'}).status_code == 403


# -- collections

def test_a_collection_from_the_pages_alone(shelf):
    """Made, filled from the page of a work, put in order, read, followed, and mirrored."""
    browser, reader = shelf.ada.browser(), shelf.bob.browser()
    made = browser.post_form('/en/collections/new', {'title': '', 'visibility': 'public'}, page='/en/collections/new')
    assert made.status_code == 422 and 'fault-title' in made.text
    made = browser.post_form('/en/collections/new', {'title': 'Films & <b>robots</b>', 'description': 'All *mine*',
                                                     'visibility': 'public'}, page='/en/collections/new')
    assert made.status_code == 200
    page = urlsplit(made.url).path.removesuffix('/edit')
    slug = page.rsplit('/', 1)[1]
    for work in shelf.films[:3]:
        path = urlsplit(work['url']).path
        assert 'Films &amp; &lt;b&gt;robots' in browser.get(path).text
        done = browser.post_form(path + '/collect', {'collection': slug, 'note': 'See ' + work['title']}, page=path)
        assert done.status_code == 200 and urlsplit(done.url).path == page
    done = browser.post_form(page + '/add', {'work': shelf.films[3]['infohash_v1']}, page=page + '/edit')
    assert done.status_code == 200
    fault = browser.post_form(page + '/add', {'work': shelf.films[3]['url'], 'note': 'twice'}, page=page + '/edit')
    assert fault.status_code == 409 and 'fault-work' in fault.text and 'value="twice"' in fault.text

    def order():
        return [item['torrent']['title'][-1] for item in shelf.api('GET', '/collections/' + slug).json()['items']]
    assert order() == list('0123')
    for deed, fields, wanted in (('up', {'place': 4}, '0132'), ('down', {'place': 3}, '0123'),
                                 ('move', {'to': 1}, '3012')):
        done = browser.post_form(page + '/works', {'id': shelf.films[3]['id'], 'deed': deed, **fields},
                                 page=page + '/edit')
        assert done.status_code == 200 and order() == list(wanted)
    browser.post_form(page + '/works', {'id': shelf.films[0]['id'], 'deed': 'note', 'note': 'The "first"'},
                      page=page + '/edit')
    shown = check_page(shelf.get(page), 'en')
    assert 'The "first"' in shown.text and 'See Film number 1' in shown.text
    check_page(shelf.get(page.replace('/en/', '/fr/')), 'fr')
    check_page(browser.get(page.replace('/en/', '/fr/') + '/edit'), 'fr')

    assert reader.get(page + '/edit').status_code == 403
    assert reader.post_form(page + '/follow', {'follow': '1'}, page=page).status_code == 200
    browser.post_form(page + '/works', {'id': shelf.films[2]['id'], 'deed': 'remove'}, page=page + '/edit')
    assert order() == list('301')
    found = feed_titles(shelf, page + '.rss')
    assert sorted(found) == [f'Film number {i}' for i in (0, 1, 3)]
    assert b'The &quot;first&quot;' in shelf.get(page + '.atom').content
    assert 'href="/en/member/ada"' in shelf.get('/en/collections').text
    assert page in shelf.get('/en/member/ada').text and page in shelf.get(urlsplit(shelf.films[0]['url']).path).text
    assert page not in shelf.get(urlsplit(shelf.films[2]['url']).path).text
    check_page(reader.get('/fr/followed'), 'fr')


def test_news_of_a_followed_collection(shelf):
    slug = shelf.ada.api('POST', '/collections', json={'title': 'News'}).json()['slug']
    assert shelf.bob.api('POST', f'/collections/{slug}/follow', json={'follow': '1'}).json()['followers'] == 1
    time.sleep(1.1)  # news are counted by the second
    shelf.ada.api('POST', f'/collections/{slug}/works', json={'torrent': shelf.films[1]['id'], 'note': 'New!'})
    followed = shelf.bob.api('GET', '/followed').json()
    assert {item['slug']: item['news'] for item in followed['items']}[slug] == 1
    assert shelf.films[1]['id'] in [item['torrent']['id'] for item in followed['news']]
    browser = shelf.bob.browser()
    assert 'Film number 1' in browser.get('/en/followed').text
    assert browser.post_form('/en/followed/seen', {}, page='/en/followed').status_code == 200
    assert shelf.bob.api('GET', '/followed').json()['news'] == []
    assert shelf.bob.api('POST', f'/collections/{slug}/follow', json={'follow': '0'}).json()['followers'] == 0


def test_an_unlisted_collection_is_for_who_knows_its_address(shelf):
    made = shelf.bob.api('POST', '/collections', json={'title': 'Mine alone', 'visibility': 'unlisted'})
    assert made.status_code == 201
    slug = made.json()['slug']
    assert len(slug) > len('mine-alone-') + 16 and made.headers['Location'].endswith(slug)
    shelf.bob.api('POST', f'/collections/{slug}/works', json={'torrent': shelf.films[0]['id']})
    answer = shelf.get('/en/collection/' + slug)
    assert answer.status_code == 200 and 'noindex' in answer.text
    for page in ('/en/collections', '/en/member/bob', urlsplit(shelf.films[0]['url']).path):
        assert slug not in shelf.get(page).text
    assert slug not in shelf.api('GET', '/collections').text
    assert slug in shelf.bob.browser().get('/en/member/bob').text
    assert shelf.ada.api('POST', f'/collections/{slug}', json={'title': 'Taken'}).status_code == 403
    changed = shelf.bob.api('POST', f'/collections/{slug}', json={'description': 'Now with words'})
    assert changed.json()['title'] == 'Mine alone' and changed.json()['description'] == 'Now with words'
    faulty = shelf.bob.api('POST', '/collections', json={'title': 'x' * 151, 'visibility': 'secret'}).json()
    assert {e['field'] for e in faulty['errors']} == {'title', 'visibility'}
    assert shelf.bob.api('POST', f'/collections/{slug}/remove', json={}).json() == {'removed': slug}
    assert shelf.get('/en/collection/' + slug).status_code == 404


def test_what_is_gone_keeps_its_place(shelf):
    work = shelf.bob.publish(shelf.make_torrent('v1'), 'Soon withdrawn')
    slug = shelf.bob.api('POST', '/collections', json={'title': 'Ruins'}).json()['slug']
    for torrent in (work['id'], shelf.films[0]['id']):
        shelf.bob.api('POST', f'/collections/{slug}/works', json={'torrent': torrent})
    browser, path = shelf.bob.browser(), urlsplit(work['url']).path
    browser.post_form(path + '/withdraw', {'note': ''}, page=path + '/withdraw')
    text = shelf.get('/en/collection/' + slug).text
    assert '<s><a' in text and 'Soon withdrawn' in text and 'withdrawn</strong>' in text
    assert feed_titles(shelf, f'/en/collection/{slug}.rss') == ['Film number 0']
    answer = shelf.bob.api('POST', f'/collections/{slug}/works', json={'torrent': '999999'})
    assert answer.status_code == 404 and answer.json()['errors'][0]['field'] == 'torrent'
    answer = shelf.bob.api('POST', f'/collections/{slug}/works/remove', json={'torrent': work['id']})
    assert [item['torrent']['id'] for item in answer.json()['items']] == [shelf.films[0]['id']]
    moved = shelf.bob.api('POST', f'/collections/{slug}/works', json={'torrent': shelf.films[1]['id'], 'place': '1'})
    assert [item['torrent']['id'] for item in moved.json()['items']] == [shelf.films[1]['id'], shelf.films[0]['id']]
    assert Page(text).text


def test_no_empty_collection_is_left_when_its_first_work_cannot_come_in(shelf):
    browser = shelf.bob.browser()
    answer = browser.post_form('/en/torrent/999/gone/collect', {'title': 'For nothing', 'collection': '', 'note': ''},
                               page='/en/settings')
    assert answer.status_code == 404
    address = f'/en/torrent/{shelf.films[0]["id"]}/film/collect'
    turned = {'title': 'For nothing', 'collection': '', 'note': 'turned \u202e around'}
    assert browser.post_form(address, turned, page='/en/settings').status_code == 422
    assert 'For nothing' not in browser.get('/en/collections').text


def test_a_note_that_cannot_be_shown_is_not_lost(shelf):
    slug = shelf.bob.api('POST', '/collections', json={'title': 'Notes'}).json()['slug']
    shelf.bob.api('POST', f'/collections/{slug}/works', json={'torrent': shelf.films[0]['id'], 'note': 'Before'})
    answer = shelf.bob.browser().post_form(
        f'/en/collection/{slug}/works', page=f'/en/collection/{slug}/edit',
        fields={'id': shelf.films[0]['id'], 'place': '1', 'deed': 'note',
                'note': 'Long thoughts, turned \u202e around'})
    assert answer.status_code == 422 and 'Long thoughts, turned' in answer.text


def test_the_feed_of_a_long_collection_of_long_words_ends_where_it_is_full(shelf):
    count, signs = 700, '&' * 230
    lines = shelf.folder / 'long.jsonl'
    lines.write_text(''.join(json.dumps({
        'title': f'Long {i} {signs}', 'infohash_v1': f'{i + 1:040x}', 'license': 'CC0-1.0', 'author': 'Ada',
        'source_url': 'https://a.example/', 'category': 'fonts', 'description': 'Long.', 'language': 'en',
        'file_list': [{'path': f'{i}.ttf', 'size_bytes': 1000 + i}]}) + '\n' for i in range(count)))
    shelf.command('import', '--format', 'jsonl', '--publish', '--as', 'ada', str(lines))
    works = {work['title'].split()[1]: work['id'] for work in all_works(shelf, category='fonts')}
    assert len(works) == count
    slug = shelf.ada.api('POST', '/collections', json={'title': 'Long words'}).json()['slug']
    for i in range(count):
        body = {'torrent': works[str(i)], 'note': '&' * 500}
        assert shelf.ada.api('POST', f'/collections/{slug}/works', json=body).status_code == 200
    for ending, tag in (('rss', 'item'), ('atom', '{http://www.w3.org/2005/Atom}entry')):
        answer = shelf.get(f'/en/collection/{slug}.{ending}')
        assert answer.status_code == 200, answer.text[:300]
        assert len(answer.content) <= 4 << 20
        found = len(list(ET.fromstring(answer.content).iter(tag)))
        assert 300 < found < count


def all_works(server, **ask):
    cursor = {}
    while cursor is not None:
        page = server.list(limit=100, sort='newest', **ask, **cursor)
        yield from page['items']
        cursor = {'cursor': page['next']} if page['next'] else None
