"""Every route, as everybody, with every kind of CSRF token and every scope; expectations.py says what is right."""
import itertools
import json
import re
import subprocess
from urllib.parse import urlsplit

import pytest

import expectations
from conftest import make_collection
from expectations import API, FORMS, HERE, JSON, LOGIN, PAGES
from server import BINARY, Browser, make_torrent

ROUTES = [route for route in json.loads(subprocess.run([BINARY, 'routes', '--json'], capture_output=True,
                                                        check=True).stdout)]
NAMES = [f"{route['method']} {route['address']}" for route in ROUTES]
ROLES = ['nobody', 'owner', 'other', 'moderator', 'admin']
SCOPES = ['read', 'upload', 'moderate', 'admin', 'none', 'wrong']
WRONG_TOKENS = ['missing', 'of another session', 'garbage', 'truncated']
FOREIGN = [{'Origin': 'https://elsewhere.example'}, {'Origin': 'null'}, {'Sec-Fetch-Site': 'cross-site'},
           {'Sec-Fetch-Site': 'same-site'}]


def fill(address, world):
    """An address with real values in its places."""
    values = {'language': 'en', 'category': 'books', 'id': world.work['id'], 'page': '1', 'name': 'olivia',
              'code': 'wrong-code', 'key': '0' * 32, 'infohash': world.work['infohash_v1'],
              'period': 'week', 'by': 'completed'}
    slug = urlsplit(world.work['url']).path.split('/')[4]
    if '/tag' in address:
        values['name'] = world.work['tags'][0]
    if '/collection' in address:
        slug = world.collection if not address.endswith('/remove') else make_collection(world.owner)
    filled = re.sub(r'\{(\w+)\}', lambda place: {**values, 'slug': slug}[place[1]], address)
    return filled + '?q=nothing-is-called-so' * filled.endswith('/random')  # chance is no test


@pytest.fixture(scope='module')
def browsers(world_server, people):
    made = {'nobody': Browser(world_server)}
    for role in ROLES[1:]:
        made[role] = getattr(people, role).browser()
    return made


def told(answer):
    """An answer in the words of expectations.py."""
    if answer.status_code != 303:
        return answer.status_code
    place = answer.headers['Location']
    assert place.startswith('/') and not place.startswith('//'), place
    return LOGIN if re.match(r'/(en|fr)/login', place) else HERE


def test_every_route_has_an_expectation_and_every_expectation_a_route():
    assert sorted(NAMES) == sorted([*PAGES, *API])
    assert sorted(FORMS) == sorted(name for name in PAGES if name.startswith('POST'))
    assert sorted(JSON) + ['POST /api/v1/torrents'] == sorted(name for name in API if name.startswith('POST'))


def test_what_changes_something_wants_a_csrf_token_or_a_bearer():
    for route, name in zip(ROUTES, NAMES):
        if route['method'] == 'GET':
            continue
        assert route['csrf'] == ('bearer' if name in API else 'token'), name


@pytest.mark.parametrize('name', [name for name in PAGES if name.startswith('GET')])
def test_page(world, browsers, name):
    address = fill(name.split()[1], world)
    if name.endswith(('/announce', '/scrape')):
        address += '?info_hash=' + '%00' * 20  # a failure in the tracker's own words is answered 200
    for role, expected in zip(ROLES, PAGES[name]):
        answer = browsers[role].get(address, allow_redirects=False)
        assert told(answer) == expected, f'{name} as {role}: {answer.text[:300]}'
        if expected == LOGIN:
            assert f'next={address.replace("/", "%2F")}' in answer.headers['Location'] or \
                f'next={address}' in answer.headers['Location']


def browser_for(world, browsers, role, name):
    """Sign-out ends the session: those who do it get one of their own."""
    if name.endswith('/logout') and role != 'nobody':
        return getattr(world, role).browser()
    return browsers[role]


def send(browser, address, fields, csrf, headers=None):
    return browser.post(address, data={**({} if csrf is None else {'csrf': csrf}), **fields}, headers=headers,
                        allow_redirects=False)


@pytest.mark.parametrize('name', list(FORMS))
def test_form_with_its_token(world, browsers, name):
    address = fill(name.split()[1], world)
    for role, expected in zip(ROLES, PAGES[name]):
        browser = browser_for(world, browsers, role, name)
        token = browser.csrf('/en/settings' if role != 'nobody' else '/en/login')
        answer = send(browser, address, FORMS[name], token)
        assert told(answer) == expected, f'{name} as {role}: {answer.text[:2000]}'


@pytest.mark.parametrize('name', list(FORMS))
def test_form_with_a_wrong_token_changes_nothing(world, browsers, name):
    address = fill(name.split()[1], world)
    tokens = {role: browsers[role].csrf('/en/settings' if role != 'nobody' else '/en/login') for role in ROLES}
    for role, expected in zip(ROLES, PAGES[name]):
        # Who may not even ask is told so first; whoever may is told of the token before anything else.
        refused = expected if expected in (401, 403) and 'moderation' not in name else 403
        stranger = tokens['owner' if role == 'other' else 'other']
        wrong = {'missing': None, 'of another session': stranger, 'garbage': 'AAAA' * 22,
                 'truncated': tokens[role][:-4]}
        assert list(wrong) == WRONG_TOKENS
        for kind, token in wrong.items():
            answer = send(browsers[role], address, FORMS[name], token)
            assert answer.status_code == refused, f'{name} as {role}, token {kind}: {answer.status_code}'
        for headers in FOREIGN:
            answer = send(browsers[role], address, FORMS[name], tokens[role], headers)
            assert answer.status_code == refused, f'{name} as {role}, {headers}: {answer.status_code}'


def test_the_right_origin_and_an_extra_header_are_let_in(world, browsers):
    server, browser = world.server, browsers['owner']
    token = browser.csrf()
    for headers in ({'Origin': server.url}, {'Sec-Fetch-Site': 'same-origin'}, {'Sec-Fetch-Site': 'none'}):
        assert send(browser, '/en/preferences', {'theme': 'purple'}, token, headers).status_code == 422
    assert send(browser, '/en/preferences', {'theme': 'purple'}, None,
                {'X-CSRF-Token': token}).status_code == 422


def test_a_token_of_nobody_is_worth_nothing_once_signed_in(world):
    browser = Browser(world.server)
    token = browser.csrf('/en/login')
    browser.sign_in('otto')
    assert send(browser, '/en/preferences', {'theme': 'dark'}, token).status_code == 403


@pytest.fixture(scope='module')
def bearers(world_server, people):
    """Tokens of an administrator, who may have each of the scopes."""
    return {**{scope: world_server.token('admina', scopes=[scope]) for scope in SCOPES[:4]}, 'none': None,
            'wrong': 'A' * 43}


def ask_api(server, name, address, headers):
    method = name.split()[0]
    if name == 'POST /api/v1/torrents':
        return server.request(method, address, headers=headers, files={'title': (None, 'without a torrent')})
    return server.request(method, address, headers=headers, json=JSON.get(name))


@pytest.mark.parametrize('name', list(API))
def test_api_with_each_scope(world, bearers, name):
    address = fill(name.split()[1], world)
    for scope, expected in zip(SCOPES, API[name]):
        headers = {'Authorization': f'Bearer {bearers[scope]}'} if bearers[scope] else {}
        answer = ask_api(world.server, name, address, headers)
        assert answer.status_code == expected, f'{name} with scope {scope}: {answer.text}'
        if expected == 401:
            assert answer.headers['WWW-Authenticate'].startswith('Bearer')


def test_the_api_looks_at_no_cookie(world, browsers):
    """So that no page elsewhere can use it through the browser of a member."""
    cookies = browsers['admin'].cookies.get_dict()
    answer = ask_api(world.server, 'POST /api/v1/torrents', '/api/v1/torrents',
                     {'Cookie': '; '.join(f'{k}={v}' for k, v in cookies.items())})
    assert answer.status_code == 401


def test_pages_look_at_no_bearer(world, bearers):
    for scope in SCOPES[:4]:
        answer = world.server.get('/en/moderation', headers={'Authorization': f'Bearer {bearers[scope]}'},
                                  allow_redirects=False)
        assert told(answer) == LOGIN


@pytest.mark.parametrize('authorization', ['Basic YTpi', 'Bearer', 'Bearer ', 'Bearer ' + 'x' * 4000, 'nonsense'])
def test_an_authorization_that_makes_no_sense_is_refused(world, authorization):
    answer = world.server.api('GET', '/torrents', headers={'Authorization': authorization})
    assert answer.status_code == 401


def test_nobody_gives_himself_more_than_his_role(world):
    for person, scope in itertools.product((world.owner, world.moderator), ('moderate', 'admin')):
        allowed = person is world.moderator and scope == 'moderate'
        answer = world.server.api('POST', '/tokens', json={'name': person.name, 'password': person.password,
                                                           'label': 'more', 'scopes': [scope]})
        assert answer.status_code == (201 if allowed else 403), (person.name, scope)
        fields = {'label': 'more', f'scope_{scope}': '1'}
        page = person.browser().post_form('/en/settings/tokens', fields, '/en/settings')
        assert page.status_code == (200 if allowed else 403), (person.name, scope)


def test_sign_up_gives_no_role(world):
    answer = world.server.api('POST', '/accounts', json={'name': 'upstart', 'email': 'up@example.org',
                                                         'password': 'a long password', 'role': 'admin'})
    assert answer.status_code == 422 and answer.json()['errors'][0]['field'] == 'role'
    browser = Browser(world.server)
    answer = browser.post_form('/en/register', {'name': 'upstart', 'email': 'up@example.org',
                                                'password': 'a long password', 'role': 'admin'})
    assert answer.status_code == 422


def test_a_waiting_work_is_for_its_owner_and_moderators_only(world, make_module_server):
    server = make_module_server({'uploads.review_new_members': 'yes'})
    server.add_user('modesta', 'moderator')
    owner, other = server.sign_up('olivia'), server.sign_up('otto')
    answer = owner.upload(make_torrent(server.works), 'It waits')
    assert answer.status_code == 201 and answer.json()['state'] == 'quarantined'
    page, work_id = urlsplit(answer.json()['url']).path, answer.json()['id']
    permalink = '/t/' + answer.json()['infohash_v1']
    moderator = Browser(server).sign_in('modesta')
    for browser, status in ((Browser(server), 404), (other.browser(), 404), (owner.browser(), 200), (moderator, 200)):
        assert browser.get(page).status_code == status
        assert browser.get(permalink, allow_redirects=False).status_code == (303 if status == 200 else 404)
        assert browser.get(permalink + '.torrent').status_code == status
    assert other.api('GET', f'/torrents/{work_id}').status_code == 404
    assert owner.api('GET', f'/torrents/{work_id}').status_code == 200
    assert server.list(q='waits')['total'] == 0
    # A member cannot let it appear; a moderator can, once.
    assert other.browser().post_form(page + '/publish', {}, '/en/settings').status_code == 403
    assert owner.browser().post_form(page + '/publish', {}, '/en/settings').status_code == 403
    assert moderator.post_form(page + '/publish', {}, '/en/settings').status_code == 200
    assert Browser(server).get(page).status_code == 200
    assert moderator.post_form(page + '/publish', {}, '/en/settings').status_code == 409


def test_expectations_say_nothing_twice():
    assert not set(expectations.PAGES) & set(expectations.API)
