"""Every page in both languages, and everything people do with forms, without JavaScript."""
import json
import re
import sqlite3
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest

from page import Page, check_page
from server import BINARY, Browser, PASSWORD
from visit import LANGUAGES, form_page, path_of

ROUTES = json.loads(subprocess.run([BINARY, 'routes', '--json'], capture_output=True, check=True).stdout)
# Of what this world has none: test_shelves.py and test_top.py go there.
ELSEWHERE = ('/{language}/random', '/{language}/tag/', '/{language}/collection/')
PAGE_ROUTES = [route for route in ROUTES if route['method'] == 'GET' and route['address'].startswith('/{language}/')
               and '{code}' not in route['address'] and not route['address'].endswith(('.rss', '.atom', '/suggest'))
               and not route['address'].startswith(ELSEWHERE)]


def fill(address, world, language):
    values = {'language': language, 'category': 'books', 'id': world.work['id'], 'page': '1', 'name': 'olivia',
              'period': 'week', 'by': 'seeders',
              'slug': path_of(world.work).split('/')[4]}
    return re.sub(r'\{(\w+)\}', lambda place: values[place[1]], address)


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
        reached = answer.url.removeprefix(world.server.url)  # some lead on: /top
        for code in LANGUAGES:
            assert pairs[code] == world.server.url + re.sub('^/(en|fr)/', f'/{code}/', reached), pairs
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
        seen |= {*todo, '/en/random', '/fr/random'}  # nothing is alive here to be picked
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
    answer = Browser(world.server).post_form(address, {'name': name.upper(), 'email': 'x@example.org',
                                                       'password': PASSWORD})
    assert form_page(answer, 409).value('email') == 'x@example.org'


def test_a_wrong_password_tells_nothing(world):
    """Neither words nor time say whether there is such a name."""
    times = {'olivia': [], 'nobody-of-that-name': []}
    words = {}
    for _ in range(12):
        for name, taken in times.items():
            browser = Browser(world.server)
            csrf = browser.csrf('/en/login')
            start = time.monotonic()
            answer = browser.post('/en/login', data={'csrf': csrf, 'name': name, 'password': 'wrong password'})
            taken.append(time.monotonic() - start)
            assert answer.status_code == 422 and 'session' not in browser.cookies
            words[name] = Page(answer.text).text
    assert words['olivia'] == words['nobody-of-that-name']
    known, unknown = (min(taken) for taken in times.values())  # what is not somebody else's load
    assert 0.5 < known / unknown < 2, f'{known:.4f} s against {unknown:.4f} s'


def test_sign_in_leads_back_and_never_elsewhere(world):
    for following, wanted in (('/en/upload', '/en/upload'), ('/fr/search?q=a%26b', '/fr/search?q=a%26b'),
                              ('//evil.example/', '/en/'), ('https://evil.example/', '/en/'),
                              ('/\\evil.example', '/en/'),
                              ('javascript:alert(1)', '/en/'), ('/en/\r\nSet-Cookie: a=b', None), ('', '/en/')):
        answer = Browser(world.server).post_form('/en/login', {'name': 'olivia', 'password': PASSWORD,
                                                               'next': following},
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
    weak = browser.post_form('/en/settings/password', {'old_password': PASSWORD, 'new_password': 'paula'},
                             '/en/settings')
    form_page(weak, 422)
    assert is_signed_in(elsewhere)
    answer = browser.post_form('/en/settings/password', {'old_password': PASSWORD,
                                                         'new_password': 'another password 1'},
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
    assert world.owner.browser().post_form('/en/settings/tokens/remove', {'id': token_id},
                                           '/en/settings').status_code == 404
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
    with sqlite3.connect(server.data / 'essaim.db') as store:
        tables = [row[0] for row in store.execute("select name from sqlite_master where type = 'table'")]
        assert 'torrent_event' in tables, tables
        store.execute('drop table torrent_event')
    store.close()
    answer = server.get(path_of(work, language))
    words = error_page(answer, 500, language)
    for secret in ('sqlite', 'torrent_event', 'table', str(server.data)):
        assert secret not in words.lower(), words
    assert answer.headers['X-Request-Id'] in server.log()
    server.log_read = len(server.log())
