"""Top lists, thanks, who needs seeders, a work by chance, space to give, what one may do: as people and programs see
them."""
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest

from page import check_page
from server import Browser, wait_for

LANGUAGES = ['en', 'fr']


def lists_are_made(server):
    return wait_for(lambda: server.api('GET', '/top?period=all').json()['items'], 'the lists are made', 60)


@pytest.fixture(scope='module')
def sampled(make_module_server):
    """A site with the sample catalogue and its past, and the lists made of it."""
    server = make_module_server()
    server.stop()
    server.command('sample')
    server.start()
    lists_are_made(server)
    return server


def path_of(work, language='en'):
    return urlsplit(work['url']).path.replace('/en/', f'/{language}/', 1)


# ---- top lists -------------------------------------------------------------------------------

@pytest.mark.parametrize('by', ['completed', 'seeders'])
def test_a_list_goes_from_most_to_least(sampled, by):
    for period in ('day', 'week', 'month', 'all'):
        answer = sampled.api('GET', f'/top?by={by}&period={period}').json()
        values = [item['value'] for item in answer['items']]
        assert values == sorted(values, reverse=True) and all(values)
        assert [item['rank'] for item in answer['items']] == list(range(1, len(values) + 1))
        assert answer['date'] == datetime.now(timezone.utc).strftime('%Y-%m-%d') and not answer['is_over']
    everything = sampled.api('GET', '/top?by=completed&period=all').json()['items']
    assert len(everything) > 5
    for item in everything:
        assert item['value'] == item['completed']
        assert sampled.torrent(item['id'])['completed'] == item['value']


def test_a_week_counts_what_the_history_says(sampled):
    from_day = (datetime.now(timezone.utc) - timedelta(days=6)).strftime('%Y-%m-%dT00:00:00Z')
    items = sampled.api('GET', '/top?by=completed&period=week').json()['items']
    assert items
    for item in items[:10]:
        history = sampled.torrent(item['id'])['health_history']
        week = sum(step['completed'] for step in history['hours'] if step['at'] >= from_day)
        assert week == item['value'], item['title']


def test_a_category_has_lists_of_its_own(sampled):
    items = sampled.api('GET', '/top?by=completed&period=all').json()['items']
    category = items[0]['category']
    own = sampled.api('GET', f'/top?by=completed&period=all&category={category}').json()['items']
    assert own and own[0]['id'] == items[0]['id']
    page = sampled.get(f'/en/top/all/completed?category={category}').text
    assert re.search(rf'<option value="{category}" selected', page)


@pytest.mark.parametrize('language', LANGUAGES)
def test_the_page_and_the_feed_show_the_list(sampled, language):
    items = sampled.api('GET', '/top?by=seeders&period=month').json()['items']
    answer = sampled.get(f'/{language}/top/month/seeders')
    page = check_page(answer, language)
    rows = re.findall(r'<a class="title" href="([^"]+)"', answer.text)
    assert [urlsplit(path).path.split('/')[3] for path in rows] == [item['id'] for item in items]
    feed = page.all('link', rel='alternate', type='application/rss+xml')[0]['href']
    channel = ET.fromstring(sampled.get(feed).content).find('channel')
    assert [item.find('title').text for item in channel.iter('item')] == [item['title'] for item in items]


def test_a_list_empty_because_nothing_was_counted_says_so(make_server):
    server = make_server()
    work = {'title': 'Told of', 'infohash_v1': f'{1:040x}', 'license': 'CC0-1.0', 'author': 'Ada', 'category': 'music',
            'source_url': 'https://a.example/', 'seeders': 500, 'completed': 9000}
    server.command('import', '--format', 'jsonl', '--publish', '-', stdin=json.dumps(work))
    wait_for(lambda: 'Nothing has been counted yet' in server.get('/en/top/week/completed').text, 'the lists are made')
    words = {'/en/top/day/completed': 'has not seen a download end yet', '/en/top/all/seeders': 'not seen a seeder yet',
             '/en/top/week/thanks': 'Nobody has thanked yet', '/fr/top/week/completed': 'Rien n’a encore été compté',
             '/en/top/week/completed?category=music': 'are claims: they do not count here',
             '/fr/top/week/seeders': 'encore vu aucune source', '/fr/top/all/thanks': 'Personne n’a encore remercié'}
    for address, said in words.items():
        page = check_page(server.get(address), address[1:3])
        assert said in page.text and 'Told of' not in page.text, address


def test_a_day_before_the_first_list_has_none_and_says_so(sampled):
    assert 'There is no list yet' in sampled.get('/en/top/week/completed?date=2020-01-01').text
    answer = sampled.api('GET', '/top?date=2020-01-01').json()
    assert answer['date'] is None and answer['items'] == []
    later = sampled.api('GET', '/top?date=2199-01-01').json()
    assert later['date'] == datetime.now(timezone.utc).strftime('%Y-%m-%d')


@pytest.mark.parametrize('address, status', [
    ('/en/top', 200), ('/en/top/year/completed', 404), ('/en/top/week/likes', 404), ('/en/top/week/thanks', 200),
    ('/en/top/week/completed?date=yesterday', 422), ('/en/top/week/completed?category=nothing', 422),
    ('/en/top/week/completed?cursor=1', 422), ('/api/v1/top?by=likes', 422), ('/api/v1/top?date=x', 422),
    ('/api/v1/top?period=all&by=thanks', 200), ('/en/needs?state=alive', 422), ('/en/needs?min_size=much', 422),
    ('/api/v1/needs?max_size=much', 422), ('/api/v1/needs?cursor=x', 422), ('/en/random?category=nothing', 422),
    ('/en/giving/1-AAAAAAAAAAAAAAAAAAAAAA', 404), ('/en/giving/1', 404), ('/en/giving/x.rss', 404)])
def test_what_may_be_asked(sampled, address, status):
    assert sampled.get(address).status_code == status


def test_ranks_are_compared_with_the_day_before(sampled):
    """Yesterday's lists, as if they had been made: the second was first."""
    items = sampled.api('GET', '/top?by=completed&period=all').json()['items']
    day = int(datetime.now(timezone.utc).timestamp()) // 86400
    places = [items[1]['id'], items[0]['id']]
    blob = b'\x01' + b''.join(int(work).to_bytes(4, 'big') + (9).to_bytes(4, 'big') for work in places)
    sampled.stop()
    with closing(sqlite3.connect(sampled.data / 'essaim.db')) as db, db:
        db.execute('insert into top_list values (?, 3, 0, ?)', [day - 1, blob])
    sampled.start()
    answer = sampled.api('GET', '/top?by=completed&period=all').json()
    assert [item['rank_before'] for item in answer['items'][:3]] == [2, 1, None]
    yesterday = (datetime.now(timezone.utc) - timedelta(days=1)).strftime('%Y-%m-%d')
    assert answer['previous'] == yesterday
    page = sampled.get('/en/top/all/completed').text
    assert '1 place up' in page and '1 place down' in page and '<span class="up">new</span>' in page
    old = sampled.api('GET', f'/top?by=completed&period=all&date={yesterday}').json()
    assert [item['id'] for item in old['items']] == places and old['is_over'] and old['next'] == answer['date']
    link = re.search(r'rel="prev" href="([^"]+)"', page)[1].replace('&amp;', '&')
    assert f'date={yesterday}' in link
    assert [path.split('/')[3] for path in
            re.findall(r'<a class="title" href="([^"]+)"', sampled.get(link).text)] == places


# ---- thanks ----------------------------------------------------------------------------------

def test_a_member_thanks_once_and_takes_it_back(world):
    server, work = world.server, world.owner.publish(world.server.make_torrent('v1'))
    other = world.other.browser()
    address = path_of(work)
    page = other.get(address).text
    assert f'action="{address}/thank"' in page
    for _ in range(2):
        answer = other.post_form(f'{address}/thank', {}, page=address, allow_redirects=False)
        assert answer.status_code == 303 and answer.headers['Location'].endswith('#thanks')
    wait_for(lambda: server.torrent(work['id'])['thanks'] == 1, 'the thanks are counted', 10)
    page = other.get(address).text
    assert f'action="{address}/thank/remove"' in page and '1 thank-you' in page
    other.post_form(f'{address}/thank/remove', {}, page=address)
    wait_for(lambda: server.torrent(work['id'])['thanks'] == 0, 'they are taken back', 10)


def test_nobody_thanks_themselves_and_a_nobody_is_asked_to_sign_in(world):
    server, work = world.server, world.owner.publish(world.server.make_torrent('v2'))
    owner = world.owner.browser()
    assert '/thank"' not in owner.get(path_of(work)).text
    answer = owner.post_form(f'{path_of(work)}/thank', {}, page='/en/settings', allow_redirects=False)
    assert answer.status_code == 403 and 'your own' in answer.text
    page = server.get(path_of(work, 'fr')).text
    assert re.search(r'href="/fr/login\?next=%2Ffr%2Ftorrent%2F', page) and 'Se connecter pour remercier' in page


# ---- who needs seeders, and a work by chance -------------------------------------------------

def test_the_board_has_the_works_at_risk_and_dead_neediest_first(sampled):
    wanted = {state: [item['id'] for item in sampled.list(health=state, sort='need', limit=100)['items']]
              for state in ('at_risk', 'dead')}
    items = sampled.api('GET', '/needs?limit=100').json()['items']
    assert sorted(item['id'] for item in items) == sorted(wanted['at_risk'] + wanted['dead'])
    assert [item['seeders'] for item in items] == sorted(item['seeders'] for item in items)
    for state in wanted:
        answer = sampled.api('GET', f'/needs?limit=100&state={state}').json()
        assert [item['id'] for item in answer['items']] == wanted[state] and answer['total'] == len(wanted[state])
    page = check_page(sampled.get('/fr/needs'), 'fr')
    assert 'dernière source' in page.text and page.all('a', title='Lien magnet')
    feed = page.all('link', rel='alternate', type='application/rss+xml')[0]['href']
    titles = [item.find('title').text for item in ET.fromstring(sampled.get(feed).content).iter('item')]
    assert titles == [item['title'] for item in items[:50]]
    large = max(item['size_bytes'] for item in items)
    few = sampled.api('GET', f'/needs?limit=100&min_size={large}').json()['items']
    assert few and all(item['size_bytes'] == large for item in few)


def test_chance_leads_to_works_alive_only_and_to_all_of_them(sampled):
    alive = {item['id'] for item in sampled.list(health='alive', limit=100)['items']}
    seen = set()
    for _ in range(12 * len(alive)):
        answer = sampled.get('/en/random', allow_redirects=False)
        assert answer.status_code == 303 and answer.headers['Cache-Control'] == 'no-store'
        seen.add(answer.headers['Location'].split('/')[3])
    assert seen == alive
    item = sampled.api('GET', '/random').json()
    assert item['id'] in alive
    category = item['category']
    assert sampled.api('GET', f'/random?category={category}').json()['category'] == category
    assert sampled.get('/en/random?q=nothing+like+this').status_code == 404


# ---- space to give ---------------------------------------------------------------------------

def make_plan(server, size, **only):
    answer = server.api('POST', '/givings', json={'size': size, **only})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_plan_takes_works_at_risk_within_the_space_and_stays(sampled):
    at_risk = {item['id']: item for item in sampled.list(health='at_risk', limit=100)['items']}
    total = sum(item['size_bytes'] for item in at_risk.values())
    all_of_it = make_plan(sampled, f'{total * 8} B' if total * 8 > 10**8 else '1 GB')
    fetched = {key: item for key, item in at_risk.items() if item['seeders']}
    assert set(fetched) <= {item['id'] for item in all_of_it['items']} <= set(at_risk)
    half = make_plan(sampled, f'{max(total // 2, 10**8)} B')
    assert sum(item['size_bytes'] for item in half['items']) == half['taken_bytes'] <= half['size_bytes']
    again = sampled.api('GET', f'/givings/{half["code"]}').json()
    assert [item['id'] for item in again['items']] == [item['id'] for item in half['items']]
    assert again['dropped'] == []
    for item in half['items']:
        assert item['seeders_when_picked'] == item['seeders'] and item['health'] == 'at_risk'


def test_a_plan_has_a_page_a_feed_and_magnets(sampled):
    plan = make_plan(sampled, '500 GB')
    paths = [urlsplit(plan[name]).path for name in ('url', 'feed_url', 'magnets_url')]
    page = check_page(sampled.get(paths[0]), 'en')
    assert '500 GB to give' in page.text and page.all('meta', name='robots', content='noindex')
    for item in plan['items']:
        assert item['title'] in page.text
    assert '500\xa0Go à donner' in sampled.get(paths[0].replace('/en/', '/fr/')).text
    channel = ET.fromstring(sampled.get(paths[1]).content).find('channel')
    files = [item.find('enclosure').get('url') for item in channel.iter('item')]
    assert files == [item['torrent_url'] for item in plan['items']] and files
    for address in files[:3]:
        assert sampled.get(urlsplit(address).path).content.startswith(b'd')
    magnets = sampled.get(paths[2])
    assert magnets.headers['Content-Type'] == 'text/plain; charset=utf-8'
    assert magnets.text.splitlines() == [item['magnet'] for item in plan['items']]
    assert sampled.get(paths[1]).headers.get('ETag') == sampled.get(paths[1]).headers.get('ETag')


@pytest.mark.parametrize('language', LANGUAGES)
def test_the_form_makes_a_plan_without_account_and_loses_nothing_typed(sampled, language):
    visitor = Browser(sampled)
    address = f'/{language}/giving'
    check_page(visitor.get(address), language)
    answer = visitor.post_form(address, {'size': 'beaucoup', 'category': 'music', 'license': '', 'language': 'fr'})
    page = check_page(answer, language)
    assert answer.status_code == 422 and page.value('size') == 'beaucoup'
    assert page.all('a', href='#field-size') and 'value="music" selected' in answer.text
    answer = visitor.post_form(address, {'size': '1,5 Tio', 'category': '', 'license': '', 'language': ''})
    assert answer.status_code == 200 and re.search(rf'/{language}/giving/\d+-[\w-]+$', answer.url)
    remove = urlsplit(answer.url).path
    gone = visitor.post_form(f'{remove}/remove', {}, page=remove)
    assert gone.status_code == 200 and gone.url.endswith('/giving')
    assert visitor.get(remove).status_code == 404


def test_a_member_finds_their_plans_again(world):
    member = world.owner.browser()
    made = member.post_form('/en/giving', {'size': '77 GB', 'category': '', 'license': '', 'language': ''})
    path = urlsplit(made.url).path
    assert f'href="{path}"' in member.get('/en/giving').text
    assert path not in world.other.browser().get('/en/giving').text
    assert world.server.get(path).status_code == 200, 'who has the address sees it'


@pytest.mark.parametrize('body, field', [
    ({'size': 'much'}, 'size'), ({'size': '1 MB'}, 'size'), ({'size': '2000 TB'}, 'size'), ({'size': ''}, 'size'),
    ({'size': '5 GB', 'category': 'nothing'}, 'category'), ({'size': '5 GB', 'license': 'MINE'}, 'license')])
def test_a_wrong_plan_names_its_field(sampled, body, field):
    answer = sampled.api('POST', '/givings', json=body)
    assert answer.status_code == 422 and answer.json()['errors'][0]['field'] == field


# ---- what one may do -------------------------------------------------------------------------

@pytest.mark.parametrize('language', LANGUAGES)
def test_what_one_may_do_comes_with_counts(sampled, language):
    page = check_page(sampled.get(f'/{language}/may'), language)
    total = sampled.list(limit=1)['total']
    counts = [int(number) for number in re.findall(r'(\d+) (?:works?|œuvres?)', page.text)]
    assert counts[0] == total and all(0 < count <= total for count in counts) and counts[3] <= min(counts[1:3])
    for found, count in zip(page.all('a', class_='button'), counts):
        shown = check_page(sampled.get(found['href']), language)
        assert re.search(rf'\b{count} (?:works?|œuvres?)', shown.text), found['href']
