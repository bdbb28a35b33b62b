"""Every page in both languages, and everything people do with forms, without JavaScript."""
import gzip
import json
import re
import sqlite3
import statistics
import subprocess
import threading
import time
from urllib.parse import urlsplit

import libtorrent
import pytest

from page import Page, check_page, check_safe
from server import BINARY, PASSWORD, WORDS, Browser, make_torrent
from test_api import bencode

LANGUAGES = ['en', 'fr']
ROUTES = json.loads(subprocess.run([BINARY, 'routes', '--json'], capture_output=True, check=True).stdout)
PAGE_ROUTES = [route for route in ROUTES if route['method'] == 'GET' and route['address'].startswith('/{language}/')
               and '{code}' not in route['address'] and not route['address'].endswith(('.rss', '.atom'))]


def path_of(work, language='en'):
    return re.sub('^/en/', f'/{language}/', urlsplit(work['url']).path)


def fill(address, world, language):
    values = {'language': language, 'category': 'books', 'id': world.work['id'], 'page': '1', 'name': 'olivia',
              'slug': path_of(world.work).split('/')[4]}
    return re.sub(r'\{(\w+)\}', lambda place: values[place[1]], address)


seats = {}


def seat_of(member):
    """A browser where the member is signed in already: an account holds only so many sessions."""
    key = (member.server.url, member.name)
    return seats.setdefault(key, None) or seats.update({key: member.browser()}) or seats[key]


@pytest.fixture(scope='module')
def browsers(world_server, people):
    return {'anyone': Browser(world_server), 'member': seat_of(people.owner), 'moderator': seat_of(people.moderator),
            'admin': seat_of(people.admin)}


# ---- every page ------------------------------------------------------------------------------

@pytest.mark.parametrize('language', LANGUAGES)
@pytest.mark.parametrize('route', PAGE_ROUTES, ids=lambda route: route['address'])
def test_page_is_valid_safe_and_in_its_language(world, browsers, route, language):
    address = fill(route['address'], world, language)
    kinds = ['member', 'moderator'] if route['who'] == 'member' else ['moderator', 'admin'] \
        if route['who'] == 'moderator' else ['anyone', 'member', 'moderator']
    for kind in kinds:
        answer = browsers[kind].get(address)
        assert answer.status_code == 200, f'{address} as {kind}'
        page = check_page(answer, language)
        pairs = {link['hreflang']: link['href'] for link in page.all('link', rel='alternate') if 'hreflang' in link}
        assert {'en', 'fr'} <= set(pairs), address
        for code in LANGUAGES:
            assert pairs[code] == world.server.url + re.sub('^/(en|fr)/', f'/{code}/', address), pairs
        if kind == 'anyone':
            assert world.owner.name not in answer.headers.get('Set-Cookie', '')


@pytest.mark.parametrize('route', PAGE_ROUTES, ids=lambda route: route['address'])
def test_the_two_languages_differ(world, browsers, route):
    kind = {'anyone': 'anyone', 'member': 'member', 'moderator': 'moderator', 'admin': 'admin'}[route['who']]
    pages = [Page(browsers[kind].get(fill(route['address'], world, language)).text) for language in LANGUAGES]
    assert pages[0].text != pages[1].text
    assert 'Chercher' in pages[1].text or 'Parcourir' in pages[1].text


def test_everything_a_page_loads_is_here_and_kept_for_ever(world):
    page = Page(world.server.get('/en/').text)
    loaded = [link['href'] for link in page.all('link') if link['rel'] in ('stylesheet', 'icon')] + \
        [script['src'] for script in page.all('script')]
    assert len(loaded) >= 3
    for address in loaded:
        answer = world.server.get(address)
        assert answer.status_code == 200 and 'immutable' in answer.headers['Cache-Control'], address
        assert not re.search(r'https?://(?!www\.w3\.org)', answer.text), f'{address} names another site'
    search = page.all('link', rel='search')[0]['href']
    assert world.server.get(search).status_code == 200, search


def test_every_link_of_the_pages_leads_somewhere(world):
    """Two steps deep from the start page, as nobody."""
    seen, todo = set(), ['/en/', '/fr/', path_of(world.work)]
    for _ in range(2):
        found = set()
        for address in todo:
            answer = world.server.get(address)
            assert answer.status_code < 400, address
            if 'text/html' not in answer.headers.get('Content-Type', ''):
                continue
            for tag in ('a', 'link'):
                found |= {link['href'].split('#')[0] for link in Page(answer.text).all(tag) if link.get('href')}
        seen |= set(todo)
        todo = sorted(link for link in found if link.startswith('/') and link not in seen)[:150]
    for address in todo:
        assert world.server.get(address).status_code < 400, address


@pytest.mark.parametrize('headers, cookies, wanted', [
    ({}, {}, 'en'), ({'Accept-Language': 'fr'}, {}, 'fr'), ({'Accept-Language': 'fr-CA,fr;q=0.9,en;q=0.1'}, {}, 'fr'),
    ({'Accept-Language': 'de, fr;q=0.3, en;q=0.7'}, {}, 'en'), ({'Accept-Language': 'de'}, {}, 'en'),
    ({'Accept-Language': 'en;q=0, fr;q=0.1'}, {}, 'fr'), ({'Accept-Language': ';;;q=,,*'}, {}, 'en'),
    ({'Accept-Language': 'fr'}, {'language': 'en'}, 'en'), ({}, {'language': 'fr'}, 'fr'),
    ({'Accept-Language': 'fr'}, {'language': 'xx'}, 'fr'), ({}, {'language': '../evil'}, 'en')])
def test_the_start_address_chooses_a_language(world, headers, cookies, wanted):
    answer = world.server.get('/', headers=headers, cookies=cookies, allow_redirects=False)
    assert answer.status_code == 303 and answer.headers['Location'] == f'/{wanted}/'
    assert 'Accept-Language' in answer.headers['Vary'] and 'Cookie' in answer.headers['Vary']


def test_the_default_language_is_the_operators(make_server):
    server = make_server({'site.language': 'fr', 'site.name': 'La ruche & <Cie>'})
    assert server.get('/', allow_redirects=False).headers['Location'] == '/fr/'
    page = check_page(server.get('/fr/'), 'fr')
    assert 'La ruche & <Cie>' in page.text


@pytest.mark.parametrize('address, wanted', [('/en', '/en/'), ('/fr', '/fr/'), ('/en/about/', '/en/about'),
                                             ('/en/search/?q=a', '/en/search?q=a')])
def test_a_slash_more_or_less_is_the_same_place(world, address, wanted):
    answer = world.server.get(address, allow_redirects=False)
    assert answer.status_code == 308 and answer.headers['Location'] == wanted


# ---- people ----------------------------------------------------------------------------------

def form_page(answer, status):
    assert answer.status_code == status, (answer.status_code, Page(answer.text).text[:500])
    return check_page(answer, urlsplit(answer.url).path.split('/')[1])


@pytest.mark.parametrize('language', LANGUAGES)
def test_sign_up_signs_in_and_keeps_what_was_typed(world, language):
    browser = Browser(world.server)
    name, address = f'peggy-{language}', f'/{language}/register'
    answer = browser.post_form(address, {'name': name, 'email': 'not an address', 'password': 'short'})
    page = form_page(answer, 422)
    assert page.value('name') == name and page.value('email') == 'not an address' and page.value('password') == ''
    assert {f['id'] for f in page.all('p', class_='fault')} == {'fault-email', 'fault-password'}
    answer = browser.post_form(address, {'name': name, 'email': f'{name}@example.org', 'password': PASSWORD},
                               allow_redirects=False)
    assert answer.status_code == 303 and answer.headers['Location'] == f'/{language}/'
    cookie = answer.headers['Set-Cookie']
    assert 'session=' in cookie and 'HttpOnly' in cookie and 'SameSite=Lax' in cookie and 'Path=/' in cookie
    assert name in Page(browser.get(f'/{language}/').text).text
    answer = Browser(world.server).post_form(address, {'name': name.upper(), 'email': 'x@example.org', 'password': PASSWORD})
    assert form_page(answer, 409).value('email') == 'x@example.org'


def test_a_wrong_password_tells_nothing(world):
    """Neither words nor time say whether there is such a name."""
    times = {'olivia': [], 'nobody-of-that-name': []}
    words = {}
    for _ in range(7):
        for name, taken in times.items():
            browser = Browser(world.server)
            csrf = browser.csrf('/en/login')
            start = time.monotonic()
            answer = browser.post('/en/login', data={'csrf': csrf, 'name': name, 'password': 'wrong password'})
            taken.append(time.monotonic() - start)
            assert answer.status_code == 422 and 'session' not in browser.cookies
            words[name] = Page(answer.text).text
    assert words['olivia'] == words['nobody-of-that-name']
    known, unknown = (statistics.median(taken) for taken in times.values())
    assert 0.5 < known / unknown < 2, f'{known:.4f} s against {unknown:.4f} s'


def test_sign_in_leads_back_and_never_elsewhere(world):
    for following, wanted in (('/en/upload', '/en/upload'), ('/fr/search?q=a%26b', '/fr/search?q=a%26b'),
                              ('//evil.example/', '/en/'), ('https://evil.example/', '/en/'), ('/\\evil.example', '/en/'),
                              ('javascript:alert(1)', '/en/'), ('/en/\r\nSet-Cookie: a=b', None), ('', '/en/')):
        answer = Browser(world.server).post_form('/en/login', {'name': 'olivia', 'password': PASSWORD, 'next': following},
                                                 allow_redirects=False)
        if wanted is None:
            assert answer.status_code == 422 and 'a=b' not in answer.headers.get('Set-Cookie', '')
            continue
        assert answer.status_code == 303 and answer.headers['Location'] == wanted, following
    answer = Browser(world.server).get('/en/upload')
    assert urlsplit(answer.url).path == '/en/login'
    assert Page(answer.text).value('next') == '/en/upload'


def is_signed_in(browser):
    return browser.get('/en/upload', allow_redirects=False).status_code == 200


def with_cookies_of(browser):
    copy = Browser(browser.server)
    copy.cookies.update(browser.cookies)
    return copy


def test_sign_out_ends_the_session_on_the_server(world):
    browser = world.other.browser()
    thief, elsewhere = with_cookies_of(browser), world.other.browser()
    assert is_signed_in(thief)
    answer = browser.post_form('/en/logout', {}, '/en/settings', allow_redirects=False)
    assert answer.status_code == 303 and 'session=;' in answer.headers['Set-Cookie'].replace('session=""', 'session=;')
    assert not is_signed_in(browser) and not is_signed_in(thief) and is_signed_in(elsewhere)


def test_a_session_is_new_at_every_sign_in(world):
    """A cookie planted before is worth nothing after."""
    browser = Browser(world.server)
    browser.cookies.set('session', 'A' * 43)
    csrf = browser.csrf('/en/login')
    browser.cookies.set('session', 'A' * 43)
    browser.post('/en/login', data={'csrf': csrf, 'name': 'olivia', 'password': PASSWORD}, allow_redirects=False)
    assert 'A' * 43 not in [cookie.value for cookie in browser.cookies if cookie.domain]


def test_a_new_password_ends_other_sessions_and_tokens(world):
    member = world.server.sign_up('paula')
    browser, elsewhere = member.browser(), member.browser()
    wrong = browser.post_form('/en/settings/password', {'old_password': 'wrong', 'new_password': 'another password 1'},
                              '/en/settings')
    form_page(wrong, 422)
    weak = browser.post_form('/en/settings/password', {'old_password': PASSWORD, 'new_password': 'paula'}, '/en/settings')
    form_page(weak, 422)
    assert is_signed_in(elsewhere)
    answer = browser.post_form('/en/settings/password', {'old_password': PASSWORD, 'new_password': 'another password 1'},
                               '/en/settings')
    form_page(answer, 200)
    assert is_signed_in(browser) and not is_signed_in(elsewhere)
    assert member.api('GET', '/torrents').status_code == 401
    assert world.server.api('POST', '/tokens', json={'name': 'paula', 'password': PASSWORD}).status_code == 401
    Browser(world.server).sign_in('paula', 'another password 1')


def test_tokens_are_made_shown_once_and_revoked(world):
    browser = world.other.browser()
    answer = browser.post_form('/en/settings/tokens', {'label': 'my <script> laptop', 'scope_read': '1',
                                                       'scope_upload': '1'}, '/en/settings')
    page = form_page(answer, 200)
    token = next(word for word in re.findall(r'[\w-]{43}', page.text))
    assert token not in browser.get('/en/settings').text
    headers = {'Authorization': f'Bearer {token}'}
    assert world.server.api('GET', '/torrents', headers=headers).status_code == 200
    html = browser.get('/en/settings').text
    assert 'my &lt;script&gt; laptop' in html
    row = html[html.index('my &lt;script&gt; laptop'):]
    token_id = re.search(r'name="id" value="(\d+)"', row)[1]
    # Nobody else's to revoke.
    assert world.owner.browser().post_form('/en/settings/tokens/remove', {'id': token_id}, '/en/settings').status_code == 404
    assert browser.post_form('/en/settings/tokens/remove', {'id': token_id}, '/en/settings').status_code == 200
    assert world.server.api('GET', '/torrents', headers=headers).status_code == 401


def test_another_browser_is_signed_out_from_the_settings(world):
    member = world.server.sign_up('sessilia')
    here, there = member.browser(), member.browser()
    html = here.get('/en/settings').text
    others = re.findall(r'action="/en/settings/sessions/remove">.*?name="id" value="(\d+)"', html)
    assert others
    for session_id in others:
        here.post_form('/en/settings/sessions/remove', {'id': session_id}, '/en/settings')
    assert is_signed_in(here) and not is_signed_in(there)


def test_language_and_theme_are_remembered(world):
    browser = Browser(world.server)
    answer = browser.post_form('/en/preferences', {'language': 'fr', 'theme': 'dark'}, '/en/settings')
    assert urlsplit(answer.url).path == '/fr/settings'
    assert Page(browser.get('/').text).all('html')[0] == {'lang': 'fr', 'class': 'dark'}
    member = world.server.sign_up('themis')
    member.browser().post_form('/en/preferences', {'language': 'fr', 'theme': 'light'}, '/en/settings')
    assert Page(member.browser().get('/en/').text).all('html')[0]['class'] == 'light'
    assert browser.post_form('/en/preferences', {'theme': 'dark" onload="x'}, '/en/settings').status_code == 422


# ---- publishing ------------------------------------------------------------------------------

def upload(browser, fields, torrent=None, language='en', **options):
    address = f'/{language}/upload'
    files = {'torrent': ('work.torrent', torrent.content if hasattr(torrent, 'content') else torrent)} if torrent else \
        {'torrent': ('', b'')}
    return browser.post_form(address, fields, files=files, **options)


TYPED = {'title': 'A "title" <b>', 'description': 'Line one\n\n**bold** & <i>', 'category': 'music', 'tags': 'jazz, Été,live',
         'license': '', 'author': 'Ada <Example>', 'source_url': 'https://example.org/?a=1&b=2', 'language': 'fr'}


@pytest.mark.parametrize('language', LANGUAGES)
def test_the_form_reads_the_torrent_then_publishes_and_loses_nothing(world, language):
    browser = seat_of(world.owner)
    torrent = make_torrent(world.server.works, files={'one.txt': 10, 'two.txt': 20}, name=f'Read_me_first-{language}')
    # First step: the file alone. It is kept, and gives the title.
    answer = upload(browser, {'step': 'look'}, torrent, language)
    page = form_page(answer, 200)
    assert page.value('title') == f'Read me first-{language}' and page.value('kept')
    assert torrent.v1 in page.text and not page.all('p', class_='fault')
    # Second step, with a fault: everything typed is still there, and so is the file.
    answer = upload(browser, {**TYPED, 'kept': page.value('kept'), 'step': 'publish'}, language=language)
    page = form_page(answer, 422)
    assert [f['id'] for f in page.all('p', class_='fault')] == ['fault-license']
    for name in ('title', 'tags', 'author', 'source_url'):
        assert page.value(name) == TYPED[name], name
    html = answer.text
    assert 'Line one\n\n**bold** &amp; &lt;i&gt;</textarea>' in html
    assert [o['value'] for o in page.all('option') if 'selected' in o] == ['music', 'fr']
    kept = page.value('kept')
    assert kept and torrent.v1 in page.text
    # A stranger's kept file is nobody else's.
    assert upload(seat_of(world.other), {**TYPED, 'license': 'CC0-1.0', 'kept': kept, 'step': 'publish'}).status_code == 422
    answer = upload(browser, {**TYPED, 'license': 'CC0-1.0', 'kept': kept, 'step': 'publish'}, language=language,
                    allow_redirects=False)
    assert answer.status_code == 303, Page(answer.text).text
    assert answer.headers['Location'].startswith(f'/{language}/torrent/')
    page = check_page(browser.get(answer.headers['Location']), language)
    assert 'A "title" <b>' in page.text and 'Ada <Example>' in page.text and torrent.v1 in page.text
    # Again: the existing page is shown.
    answer = upload(browser, {**TYPED, 'license': 'CC0-1.0', 'step': 'publish'}, torrent, language)
    page = form_page(answer, 409)
    assert any(link.get('href', '').split('/')[3:4] == [browser_id(answer)] for link in page.all('a'))


def browser_id(answer):
    return re.search(r'href="/\w+/torrent/(\d+)/', answer.text)[1]


def test_one_step_is_enough(world):
    torrent = make_torrent(world.server.works, 'v2')
    answer = upload(seat_of(world.owner), {**TYPED, 'title': 'In one step', 'license': 'MIT', 'step': 'publish'}, torrent)
    page = form_page(answer, 200)
    assert 'In one step' in page.title


@pytest.mark.parametrize('language', LANGUAGES)
@pytest.mark.parametrize('content', [b'', b'not a torrent', b'd4:infode', b'd4:infod6:lengthi5eee', b'<html>', b'\x00' * 100])
def test_a_file_that_is_no_torrent_is_said_beside_its_field(world, language, content):
    for step in ('look', 'publish'):
        answer = upload(seat_of(world.owner), {**TYPED, 'license': 'MIT', 'step': step}, content, language) if content else \
            upload(seat_of(world.owner), {**TYPED, 'license': 'MIT', 'step': step}, None, language)
        page = form_page(answer, 422)
        assert [f['id'] for f in page.all('p', class_='fault')] == ['fault-torrent']
        assert page.value('title') == TYPED['title'] and not page.value('kept')


def multipart_body(csrf, torrent, boundary='XX', newline=b'\r\n', change=lambda body: body):
    parts = b''
    for name, value in {'csrf': csrf, 'step': 'publish', **TYPED, 'license': 'MIT', 'title': 'Oddly sent'}.items():
        parts += b'--' + boundary.encode() + newline + f'Content-Disposition: form-data; name="{name}"'.encode() + \
            newline * 2 + value.encode() + newline
    parts += b'--' + boundary.encode() + newline + \
        b'content-disposition:form-data;NAME="torrent"; filename="C:\\fakepath\\w\xc3\xb6rk \\"1\\".torrent"' + newline + \
        b'Content-Type: application/octet-stream' + newline * 2 + torrent + newline + b'--' + boundary.encode() + b'--' + newline
    return change(parts)


@pytest.mark.parametrize('name, change, kind, status', [
    ('as browsers do', lambda b: b, 'multipart/form-data; boundary=XX', 303),
    ('preamble and epilogue', lambda b: b'before\r\n' + b + b'after', 'multipart/form-data; boundary=XX', 303),
    ('quoted boundary', lambda b: b, 'Multipart/Form-Data; charset=utf-8; boundary="XX"', 303),
    ('cut short', lambda b: b[:-40], 'multipart/form-data; boundary=XX', 400),
    ('no boundary', lambda b: b, 'multipart/form-data', 400),
    ('wrong boundary', lambda b: b, 'multipart/form-data; boundary=YY', 403),
    ('boundary too long', lambda b: b, 'multipart/form-data; boundary=' + 'x' * 200, 400),
    ('no name', lambda b: b.replace(b'name="title"', b'nam="title"'), 'multipart/form-data; boundary=XX', 400),
    ('undeclared field', lambda b: b.replace(b'name="author"', b'name="autor"'), 'multipart/form-data; boundary=XX', 422),
    ('twice', lambda b: b.replace(b'name="author"', b'name="title"'), 'multipart/form-data; boundary=XX', 422),
    ('not UTF-8', lambda b: b.replace(b'Oddly', b'Odd\xff\xfe'), 'multipart/form-data; boundary=XX', 422),
    ('url-encoded without file', lambda b: b'title=x', 'application/x-www-form-urlencoded', 403),
    ('JSON', lambda b: b'{}', 'application/json', 415)], ids=lambda v: v if isinstance(v, str) and '/' not in v else '')
def test_multipart_oddities(world, name, change, kind, status):
    browser = seat_of(world.owner)
    torrent = make_torrent(world.server.works)
    body = multipart_body(browser.csrf('/en/upload'), torrent.content, change=change)
    answer = browser.post('/en/upload', data=body, headers={'Content-Type': kind}, allow_redirects=False)
    assert answer.status_code == status, (name, Page(answer.text).text[:600])
    assert world.server.list(q=torrent.hash)['total'] == (1 if status == 303 else 0)


def test_edit_changes_the_words_and_only_the_words(world):
    torrent = make_torrent(world.server.works)
    work = world.owner.publish(torrent, 'Before the edit')
    browser, page = seat_of(world.owner), path_of(work)
    form = form_page(browser.get(page + '/edit'), 200)
    assert form.value('title') == 'Before the edit' and form.value('license') == 'CC0-1.0'
    words = {**WORDS, 'title': 'After the edit', 'license': 'MIT'}
    bad = form_page(browser.post_form(page + '/edit', {**words, 'license': 'none', 'author': 'Somebody'}), 422)
    assert bad.value('title') == 'After the edit' and bad.value('author') == 'Somebody'
    answer = browser.post_form(page + '/edit', words)
    assert answer.status_code == 200 and 'after-the-edit' in answer.url
    changed = world.server.torrent(work['id'])
    assert (changed['title'], changed['license'], changed['infohash_v1']) == ('After the edit', 'MIT', work['infohash_v1'])
    assert changed['history'][-1]['what'] != 'published' or changed['history'][0]['what'] != 'published'
    assert world.server.list(q='"After the edit"')['total'] == 1 and world.server.list(q='"Before the edit"')['total'] == 0
    old = world.server.get(page, allow_redirects=False)
    assert old.status_code in (301, 308) or old.status_code == 200
    # A moderator may too, another member may not.
    assert seat_of(world.moderator).post_form(path_of(changed) + '/edit', {**words, 'tags': 'moderated'}).status_code == 200
    assert world.server.torrent(work['id'])['tags'] == ['moderated']


def test_what_is_withdrawn_is_gone(world):
    work = world.owner.publish(make_torrent(world.server.works), 'To be withdrawn')
    browser, page = seat_of(world.owner), path_of(work)
    answer = browser.post_form(page + '/withdraw', {'note': 'Not <b>mine</b> after all'}, allow_redirects=False)
    assert answer.status_code == 303
    check_gone(world, work, 410, 'withdrawn')
    assert 'Not <b>mine</b> after all' in check_page(world.server.get(page), 'en').text
    again = browser.post_form(page + '/withdraw', {'note': ''}, '/en/settings')
    assert again.status_code in (409, 410)


def check_gone(world, work, status, state):
    for language in LANGUAGES:
        answer = world.server.get(path_of(work, language))
        assert answer.status_code == status, language
        page = check_page(answer, language)
        assert not [a for a in page.all('a') if a.get('href', '').startswith('magnet:')]
    assert world.server.get(work['torrent_url']).status_code == status
    assert world.server.list(q=work['infohash_v1'])['total'] == 0
    api = world.server.torrent(work['id'])
    assert api['state'] == state and api['magnet'] is None and api['torrent_url'] is None and api['file_list'] == []
    assert f"/torrent/{work['id']}/" not in world.server.get('/en/search', params={'q': f'"{work["title"]}"'}).text


@pytest.mark.parametrize('reason, status', [('rights', 451), ('illegal', 451), ('malware', 410), ('fake', 410),
                                            ('owner', 410), ('other', 410)])
def test_what_is_removed_is_gone_with_its_reason(world, reason, status):
    torrent = make_torrent(world.server.works)
    work = world.owner.publish(torrent, f'Removal for {reason}')
    page = path_of(work)
    moderator = seat_of(world.moderator)
    bad = moderator.post_form(page + '/remove', {'reason': reason, 'note': ''})
    assert form_page(bad, 422).all('p', class_='fault')
    assert world.server.get(page).status_code == 200
    answer = moderator.post_form(page + '/remove', {'reason': reason, 'note': f'Because of {reason}.'}, allow_redirects=False)
    assert answer.status_code == 303
    check_gone(world, work, status, 'removed')
    found = world.server.torrent(work['id'])
    assert found['state_reason'] == reason and found['state_note'] == f'Because of {reason}.'
    # It cannot come back.
    again = world.other.upload(torrent)
    assert again.status_code == 409 and again.json()['errors'][0]['code'] == 'infohash_removed'


def test_new_members_wait_for_a_moderator_where_the_operator_wants_it(make_server):
    server = make_server({'uploads.review_new_members': 'yes'})
    moderator, member = server.add_user('modesta', 'moderator'), server.sign_up('newbie')
    browser, seat = member.browser(), moderator.browser()
    answer = upload(browser, {**TYPED, 'title': 'It waits', 'license': 'MIT', 'step': 'publish'}, server.make_torrent())
    page = form_page(answer, 200)
    address = urlsplit(answer.url).path
    assert server.get(address).status_code == 404 and 'It waits' not in server.get('/en/').text
    assert 'It waits' in form_page(seat.get('/en/moderation'), 200).text
    publish = [f['action'] for f in Page(seat.get(address).text).all('form') if f['action'].endswith('/publish')]
    assert publish == [address + '/publish'] and not [f for f in page.all('form') if f['action'].endswith('/publish')]
    assert seat.post_form(publish[0], {}, address).status_code == 200
    assert server.get(address).status_code == 200 and 'It waits' in server.get('/en/').text
    assert 'It waits' not in Page(seat.get('/en/moderation').text).text.split('Moderation')[-1]
    assert upload(seat, {**TYPED, 'title': 'A moderator never waits', 'license': 'MIT', 'step': 'publish'},
                  server.make_torrent()).status_code == 200
    assert server.list(q='never')['total'] == 1


# ---- errors ----------------------------------------------------------------------------------

def error_page(answer, status, language):
    assert answer.status_code == status, (answer.status_code, answer.text[:300])
    page = check_page(answer, language)
    assert answer.headers['Cache-Control'] == 'no-store'
    assert answer.headers['X-Request-Id'] in page.text or status < 500
    return page.text


@pytest.mark.parametrize('language', LANGUAGES)
def test_error_pages(world, browsers, language):
    server, hello = world.server, {'Accept-Language': language}
    member, moderator = browsers['member'], browsers['moderator']
    work = path_of(world.work, language)
    csrf = moderator.csrf(f'/{language}/settings')
    error_page(server.get(f'/{language}/a%00b'), 400, language)
    error_page(member.get(f'/{language}/moderation'), 403, language)
    error_page(member.post(f'/{language}/preferences', data={'theme': 'dark'}), 403, language)
    error_page(server.get(f'/{language}/nothing-here'), 404, language)
    error_page(server.get(f'/{language}/torrent/999999999/x'), 404, language)
    error_page(server.get(f'/{language}/member/nobody-of-that-name'), 404, language)
    error_page(server.get(f'/{language}/browse/nothing'), 404, language)
    error_page(server.get('/nothing-here', headers=hello), 404, language)
    answer = server.request('DELETE', f'/{language}/about')
    error_page(answer, 405, language)
    assert 'GET' in answer.headers['Allow']
    error_page(moderator.post(f'{work}/publish', data={'csrf': csrf}), 409, language)
    error_page(server.request('POST', f'/{language}/login', data='name=' + 'x' * 70_000,
                              headers={'Content-Type': 'application/x-www-form-urlencoded'}), 413, language)
    error_page(server.request('POST', f'/{language}/login', json={}), 415, language)
    error_page(server.get(f'/{language}/about', headers={'Host': 'elsewhere.example'}), 421, language)
    error_page(server.get(f'/{language}/search?undeclared=1'), 422, language)


@pytest.mark.parametrize('language', LANGUAGES)
def test_the_page_of_too_many_requests(make_server, language):
    server = make_server({'limits.enabled': 'yes'})
    browser = Browser(server)
    csrf = browser.csrf('/en/login')
    for _ in range(100):
        answer = browser.post(f'/{language}/login', data={'csrf': csrf, 'name': 'x', 'password': 'y'})
        if answer.status_code == 429:
            break
    error_page(answer, 429, language)
    assert int(answer.headers['Retry-After']) >= 1
    assert server.get(f'/{language}/').status_code == 200


@pytest.mark.parametrize('language', LANGUAGES)
def test_the_page_of_a_busy_server(make_server, language):
    """More passwords to look at than may wait: the others are told to come back."""
    server = make_server({'http.workers': '128'})
    browser = Browser(server)
    csrf = browser.csrf('/en/login')
    cookies = browser.cookies.get_dict()
    busy = []

    def sign_in():
        answer = server.request('POST', f'/{language}/login', data={'csrf': csrf, 'name': 'x', 'password': 'y'},
                                cookies=cookies)
        if answer.status_code == 503:
            busy.append(answer)
    threads = [threading.Thread(target=sign_in) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert busy, 'nobody was told to come back'
    error_page(busy[0], 503, language)


@pytest.mark.parametrize('language', LANGUAGES)
def test_the_page_of_our_own_fault_tells_no_secret(make_server, language):
    server = make_server()
    server.allowed_errors.append('status=500|level=error')
    member = server.sign_up()
    work = member.publish(server.make_torrent())
    server.stop()
    with sqlite3.connect(server.data / 'essaim.db') as store:
        tables = [row[0] for row in store.execute("select name from sqlite_master where type = 'table'")]
        assert 'torrent_event' in tables, tables
        store.execute('drop table torrent_event')
    store.close()
    server.start()
    answer = server.get(path_of(work, language))
    words = error_page(answer, 500, language)
    for secret in ('sqlite', 'torrent_event', 'table', str(server.data)):
        assert secret not in words.lower(), words
    assert answer.headers['X-Request-Id'] in server.log()
    server.log_read = len(server.log())


# ---- hostile words ---------------------------------------------------------------------------

EVIL = ['"><script>alert(1)</script>', "' onmouseover='alert(1)", '<img src=x onerror=alert(1)>', 'javascript:alert(1)',
        '</textarea><script>alert(1)</script>', '</title><svg onload=alert(1)>', '{{7*7}}${7*7}<%= 7*7 %>', '&lt;b&gt;&#x27;']
MARKDOWN = '''<script>alert(1)</script> [x](javascript:alert(1)) [y](data:text/html,<script>alert(1)</script>)
![i](https://elsewhere.example/pixel.png) <img src=x onerror=alert(1)> <javascript:alert(1)>
[z]: javascript:alert(1) "x"
[z] **bold** <a href="javascript:alert(1)" onclick="x">q</a> `</code><script>alert(1)</script>`
[ok](https://example.org/) http://example.org/?<script>
'''


@pytest.mark.parametrize('evil', EVIL)
def test_hostile_words_are_only_words(world, browsers, evil):
    kind = EVIL.index(evil) % 2
    content = make_torrent(world.server.works, ['v1', 'hybrid'][kind], files={'a.txt': 10, 'b.txt': 20})
    decoded = libtorrent.bdecode(content.content)
    if not kind:
        decoded[b'info'][b'name'] = evil.encode()
        decoded[b'info'][b'files'] = [{b'length': 10, b'path': [evil.encode(), evil.encode()]},
                                      {b'length': 20, b'path': [b'b.txt']}]
    decoded[b'comment'] = decoded[b'created by'] = evil.encode()
    decoded[b'announce'] = b'http://x.example/' + evil.encode()
    decoded[b'url-list'] = [b'https://x.example/' + evil.encode(), evil.encode()]
    title = f'Evil {evil}'
    work = world.owner.publish(libtorrent.bencode(decoded), title, author=evil, description=MARKDOWN + evil)
    assert work['title'] == title
    refused = world.owner.upload(content, tags=evil, dry_run=True).json()
    assert {fault['code'] for fault in refused['errors']} >= {'bad_tag'}
    answer = upload(browsers['member'], {**TYPED, 'tags': evil, 'category': evil, 'license': evil, 'step': 'publish'})
    assert check_page(answer, 'en').value('tags') == evil
    for language in LANGUAGES:
        page = check_page(world.server.get(path_of(work, language)), language)
        assert ' '.join(title.split()) in page.text
        assert [a for a in page.all('a') if a.get('href') == 'https://example.org/']
        assert 'elsewhere.example/pixel' not in ''.join(img.get('src', '') for img in page.all('img'))
        for address in ('/', '/search', '/member/olivia', '/browse/books'):
            check_safe(world.server.get(f'/{language}{address}').text, address)
        answer = world.server.get(f'/{language}/search', params={'q': evil})
        page = check_page(answer, language)
        assert page.value('q') == evil
        for field in ('tag', 'uploader', 'category', 'license', 'min_size', 'sort', 'cursor', 'nonsense'):
            answer = world.server.get(f'/{language}/search', params={field: evil})
            assert answer.status_code in (200, 422)
            check_safe(answer.text, field)
    for kind in ('edit', 'withdraw'):
        check_safe(browsers['member'].get(f'{path_of(work)}/{kind}').text, kind)
    check_safe(browsers['moderator'].get(path_of(work) + '/remove').text, 'remove')


def test_a_hostile_browser_name_is_only_words(world):
    browser = Browser(world.server)
    browser.headers['User-Agent'] = 'Firefox/<script>alert(1)</script> Linux"><b>'
    browser.sign_in('otto')
    check_page(browser.get('/en/settings'), 'en')
    for address in ('/en/login?next="><script>', '/en/<script>alert(1)</script>', '/en/member/<script>', '/t/<script>'):
        check_safe(world.server.get(address).text, address)


DANGEROUS = {
    'dots': [b'..', b'..', b'etc', b'passwd'], 'root': [b'/etc/passwd'], 'drive': [b'C:\\windows\\x'],
    'control': [b'a\x07b\x1b[31m', b'c\nd'], 'bidi': ['\u202egpj.exe'.encode(), '\u2066x\u2069'.encode()],
    'nothing': [b'', b'x'], 'not utf-8': [b'\xff\xfe\xc0\x80'], 'dot': [b'.', b'x'], 'long': [b'x' * 255],
}


@pytest.mark.parametrize('name', list(DANGEROUS))
def test_dangerous_names_are_shown_safely(world, name):
    path = DANGEROUS[name]
    content = bencode({b'info': {b'files': [{b'length': 5, b'path': path}, {b'length': 6, b'path': [b'ok.txt']}],
                                 b'name': path[0] + name.encode(), b'piece length': 16384, b'pieces': b'\x09' * 20}})
    answer = world.owner.upload(content, f'Names: {name}')
    if answer.status_code == 422:
        assert answer.json()['errors'][0]['field'] == 'torrent'
        return
    assert answer.status_code == 201, answer.text
    work = world.server.torrent(answer.json()['id'])
    for shown in [work['name'], *(file['path'] for file in work['file_list'])]:
        assert not re.search('[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f]', shown), repr(shown)
        assert not {'.', '..', ''} & set(shown.split('/')), shown
        assert not re.match(r'/|[A-Za-z]:\\', shown), shown
    answer = world.server.get(path_of(work))
    check_page(answer, 'en')
    assert not re.search('[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]', answer.text)
    file = world.server.get(work['torrent_url'])
    disposition = file.headers['Content-Disposition']
    assert not re.search(r'[\r\n]|\.\./|filename="[^"]*/', disposition), disposition


def test_a_torrent_of_many_files_has_a_page_one_can_use(world):
    files = [{b'length': 1, b'path': [b'folder%d' % (n // 1000), b'part%d' % (n // 100), b'file%06d' % n]} for n in range(100_000)]
    content = bencode({b'info': {b'files': files, b'name': b'many', b'piece length': 1 << 18, b'pieces': b'\x0a' * 20}})
    work = world.owner.publish(content, 'A hundred thousand files')
    assert work['files'] == 100_000 and len(work['file_list']) == 100_000
    answer = world.server.get(path_of(work), headers={'Accept-Encoding': 'identity'})
    assert answer.status_code == 200 and len(answer.content) < 1_500_000
    seen = set(re.findall(r'file\d{6}', answer.text))
    following = re.search(r'rel="next" href="([^"]+)"', answer.text)
    assert following, 'there is no way to the other files'
    page = world.server.get(following[1])
    assert page.status_code == 200 and not set(re.findall(r'file\d{6}', page.text)) & seen
    assert world.server.get(f"/en/torrent/{work['id']}/files/999999").status_code == 404


# ---- on the wire -----------------------------------------------------------------------------

def decode(answer, encoding):
    raw = answer.raw.read(decode_content=False)
    if encoding == 'gzip':
        return gzip.decompress(raw)
    if encoding in ('br', 'zstd'):
        tool = {'br': ['brotli', '-d', '-c'], 'zstd': ['zstd', '-d', '-c', '-q']}[encoding]
        return subprocess.run(tool, input=raw, capture_output=True, check=True).stdout
    return raw


@pytest.mark.parametrize('address', ['/fr/about', '/en/licences', 'style.css', '/api/v1/openapi.json'])
def test_compressed_answers_hold_the_same_bytes(world, address):
    if address == 'style.css':
        address = Page(world.server.get('/en/').text).all('link', rel='stylesheet')[0]['href']
    found = {}
    for encoding in ('identity', 'gzip', 'br', 'zstd'):
        answer = world.server.get(address, headers={'Accept-Encoding': encoding}, stream=True)
        assert answer.headers.get('Content-Encoding', 'identity') == encoding
        assert 'Accept-Encoding' in answer.headers['Vary']
        found[encoding] = decode(answer, encoding)
    assert len(set(found.values())) == 1 and len(found['identity']) > 1000
    refused = world.server.get(address, headers={'Accept-Encoding': 'gzip;q=0, br;q=0, *;q=0'})
    assert 'Content-Encoding' not in refused.headers and refused.content == found['identity']


@pytest.mark.parametrize('address', ['/en/about', '/fr/licences', '/en/search?q=nothing-at-all'])
def test_an_etag_saves_the_second_answer(world, address):
    first = world.server.get(address)
    tag = first.headers['ETag']
    again = world.server.get(address, headers={'If-None-Match': tag})
    assert again.status_code == 304 and again.content == b'' and again.headers['ETag'] == tag
    assert world.server.get(address, headers={'If-None-Match': f'"x", W/{tag}'}).status_code == 304
    assert world.server.get(address, headers={'If-None-Match': '"x"'}).status_code == 200
    plain = world.server.get(address, headers={'Accept-Encoding': 'identity'})
    assert plain.headers['ETag'] != tag or 'Content-Encoding' not in first.headers or tag.startswith('W/')


@pytest.mark.parametrize('address', ['/en/', '/fr/search?q=a', '/en/login', '/en/nothing', '/t/' + '0' * 40, '/', '/livez'])
def test_head_is_get_without_its_body(world, address):
    get = world.server.get(address, allow_redirects=False, headers={'Accept-Encoding': 'identity'})
    head = world.server.request('HEAD', address, allow_redirects=False, headers={'Accept-Encoding': 'identity'})
    assert head.status_code == get.status_code and head.content == b''
    for name in ('Content-Type', 'Location', 'Cache-Control'):
        assert head.headers.get(name) == get.headers.get(name), name
    assert int(head.headers.get('Content-Length', 0)) > 0 or not get.content


def test_a_page_of_one_member_is_never_shown_to_another(world, browsers):
    """The micro-cache under many hands: names, languages, themes."""
    faults = []
    stop = time.monotonic() + 2.5

    def look(browser, language, name, theme):
        while time.monotonic() < stop and not faults:
            for address in (f'/{language}/', f'/{language}/search?q=work', path_of(world.work, language)):
                answer = browser.get(address)
                page = Page(answer.text)
                html = page.all('html')[0]
                header = answer.text.split('<main')[0]
                shown = re.search(r'href="/\w+/member/([^"]+)"', header)
                if (shown[1] if shown else None) != name:
                    faults.append(f'{address}: {shown} shown to {name}')
                if html.get('lang') != language or html.get('class') != theme:
                    faults.append(f'{address}: {html} shown to {language} {theme}')
                if name and answer.headers['Cache-Control'] != 'no-store':
                    faults.append(f'{address}: {answer.headers["Cache-Control"]}')
                if not name and 'csrf' in answer.text:
                    faults.append(f'{address}: a token on a kept page')
    dark, light = Browser(world.server), Browser(world.server)
    dark.cookies.set('theme', 'dark')
    light.cookies.set('theme', 'light')
    strange = Browser(world.server)
    strange.cookies.set('theme', '"><b>')
    people = [(dark, 'en', None, 'dark'), (dark, 'fr', None, 'dark'), (light, 'en', None, 'light'),
              (Browser(world.server), 'en', None, None), (Browser(world.server), 'fr', None, None), (strange, 'en', None, None),
              (seat_of(world.other), 'en', 'otto', None), (seat_of(world.moderator), 'fr', 'modesta', None)]
    threads = [threading.Thread(target=look, args=person) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[:5]


def test_forms_and_personal_pages_are_kept_nowhere(world, browsers):
    for browser, address in ((browsers['anyone'], '/en/login'), (browsers['anyone'], '/en/register'),
                             (browsers['member'], '/en/'), (browsers['member'], '/en/settings'),
                             (browsers['member'], path_of(world.work)), (browsers['moderator'], '/en/moderation')):
        answer = browser.get(address)
        assert answer.headers['Cache-Control'] == 'no-store' and 'ETag' not in answer.headers, address


def test_a_change_is_seen_by_everybody_at_once(world):
    """An edit or removal is never hidden by a kept page."""
    work = world.owner.publish(make_torrent(world.server.works), 'Seen before')
    page = path_of(work)
    assert 'Seen before' in world.server.get(page).text
    seat_of(world.owner).post_form(page + '/edit', {**WORDS, 'title': 'Seen afterwards'})
    assert 'Seen afterwards' in world.server.get(path_of(world.server.torrent(work['id']))).text
    browser = seat_of(world.owner)
    browser.post_form(path_of(world.server.torrent(work['id'])) + '/withdraw', {'note': ''})
    assert world.server.get(page).status_code == 410


def test_a_pasted_hash_in_the_search_box_leads_to_the_page(world):
    work = world.work
    for q in (work['infohash_v1'], work['infohash_v2'].upper(), work['magnet']):
        answer = world.server.get('/fr/search', params={'q': q}, allow_redirects=False)
        assert answer.status_code == 303 and answer.headers['Location'] == path_of(work, 'fr'), q
