"""How a work and the site fare, as people and programs see it: states, their filter, charts, statistics."""
import re
import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest

from server import wait_for
from tracker_client import http_announce, udp_announce

STATES = ['new', 'alive', 'at_risk', 'dead', 'unknown']


def moment(text):
    return datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=timezone.utc)


def now():
    return datetime.now(timezone.utc)


def path_of(work, language='en'):
    return urlsplit(work['url']).path.replace('/en/', f'/{language}/', 1)


def of_state(server, state, **ask):
    return [item['id'] for item in server.list(health=state, limit=100, **ask)['items']]


def seed(server, work, ports):
    for port in ports:
        http_announce(server, work, port=port, event='started')


@pytest.fixture(scope='module')
def sampled(make_module_server):
    """A site with the sample catalogue and its past."""
    server = make_module_server()
    server.stop()
    server.command('sample')
    server.start()
    return server


# ---- states ----------------------------------------------------------------------------------

def test_a_work_is_new_then_alive_with_three_seeders(world):
    server = world.server
    work = world.owner.publish(server.make_torrent('v1'))
    before = server.torrent(work['id'])
    assert before['health'] == 'new' and before['last_seeder_at'] is None and before['first_seeder_at'] is None
    seed(server, work, [7101])
    one = wait_for(lambda: (item := server.torrent(work['id']))['seeders'] == 1 and item, 'one seeder is counted', 15)
    assert one['health'] == 'new'
    seed(server, work, [7102, 7103])
    alive = wait_for(lambda: (item := server.torrent(work['id']))['seeders'] == 3 and item, 'three are counted', 15)
    assert alive['health'] == 'alive'
    assert work['id'] in of_state(server, 'alive') and work['id'] not in of_state(server, 'new')
    assert abs(now() - moment(alive['last_seeder_at'])) < timedelta(seconds=20)
    assert moment(alive['first_seeder_at']) <= moment(alive['last_seeder_at']) <= now()
    page = wait_for(lambda: (text := server.get(path_of(work)).text) and 'Enough people share it' in text and text,
                    'the page says so', 15)
    assert re.search(r'class="[^"]*health h2"', page) and '<b>Alive</b>' in page


def test_the_last_seeder_is_remembered_and_the_count_stays_young(world):
    server = world.server
    work = world.owner.publish(server.make_torrent('v2'))
    udp_announce(server, work, port=7111)
    wait_for(lambda: server.torrent(work['id'])['seeders'] == 1, 'the seeder is counted', 15)
    udp_announce(server, work, port=7111, event=3)
    gone = wait_for(lambda: (item := server.torrent(work['id']))['seeders'] == 0 and item['last_seeder_at'] and item,
                    'it is gone', 15)
    last = gone['last_seeder_at']
    assert now() - moment(last) < timedelta(seconds=30)
    time.sleep(5)
    later = server.torrent(work['id'])
    assert later['last_seeder_at'] == last, 'while nobody seeds it stands still'
    assert now() - moment(later['counted_at']) < timedelta(seconds=6), 'that nobody is there is known all the time'


def test_an_address_family_is_counted_by_itself(world):
    server = world.server
    work = world.owner.publish(server.make_torrent('v1'))
    seed(server, work, [7121])
    counts = wait_for(lambda: (item := server.torrent(work['id']))['seeders'] == 1 and item['counts'],
                      'the seeder is counted', 15)
    is_v6 = ':' in server.address
    assert counts == {'seeders_v6': int(is_v6), 'leechers_v6': 0, 'seeders_web': 0, 'leechers_web': 0}


@pytest.mark.parametrize('address, status', [
    ('/api/v1/torrents?health=at_risk&sort=need', 200), ('/api/v1/torrents?health=thriving', 422),
    ('/api/v1/torrents?sort=despair', 422), ('/en/browse/all?health=dead', 200), ('/en/search?health=alive&q=a', 200),
    ('/en/browse/all?health=well', 422), ('/en/statistics?span=year', 200), ('/en/statistics?span=age', 422),
    ('/api/v1/stats?history=hours', 200), ('/api/v1/stats?history=days', 200), ('/api/v1/stats?history=all', 422),
    ('/fr/statistics', 200)])
def test_what_may_be_asked(world, address, status):
    assert world.server.get(address).status_code == status


# ---- a catalogue with a past -----------------------------------------------------------------

def test_the_sample_has_works_of_every_fate(sampled):
    works = {state: of_state(sampled, state) for state in STATES}
    assert all(works[state] for state in ('alive', 'at_risk', 'dead', 'unknown')), works
    everything = {item['id']: item['health'] for item in sampled.list(limit=100)['items']}
    assert everything == {work: state for state, ids in works.items() for work in ids}
    assert sampled.api('GET', '/stats?history=days').json()['health'] == {
        state: len(ids) for state, ids in works.items()}
    for item in sampled.list(health='dead')['items']:
        assert item['seeders'] == 0 and now() - moment(item['last_seeder_at']) > timedelta(days=14)


def test_need_goes_from_no_seeders_to_many_and_pages_by_cursor(sampled):
    items = sampled.list(sort='need', limit=100)['items']
    needs = [(item['seeders'], -item['leechers']) for item in items]
    assert needs == sorted(needs)
    paged, cursor = [], ''
    while cursor is not None:
        page = sampled.list(sort='need', health='at_risk', limit=3, **({'cursor': cursor} if cursor else {}))
        paged += [item['id'] for item in page['items']]
        cursor = page['next']
    assert paged == [item['id'] for item in items if item['health'] == 'at_risk']
    first = sampled.list(sort='need', health='at_risk', limit=3)['next']
    assert sampled.api('GET', f'/torrents?sort=need&health=alive&limit=3&cursor={first}').status_code == 422


def test_history_is_steps_in_order(sampled):
    lived = [sampled.torrent(item['id']) for item in sampled.list(sort='completed', limit=5)['items']]
    for item in lived:
        history = item['health_history']
        assert len(history['hours']) > 10 and history['days'], item['title']
        times = [moment(step['at']) for kind in ('days', 'hours') for step in history[kind]]
        assert times == sorted(set(times)) and times[-1] <= now()
        assert moment(history['hours'][0]['at']) > now() - timedelta(days=16)
        assert sum(step['completed'] for kind in ('days', 'hours') for step in history[kind]) == item['completed']


@pytest.mark.parametrize('language, heading', [('en', 'The last two weeks'), ('fr', 'Les deux dernières semaines')])
def test_a_page_shows_its_past_as_picture_sentence_and_table(sampled, language, heading):
    item = sampled.list(sort='completed', limit=1)['items'][0]
    page = sampled.get(path_of(item, language)).text
    assert heading in page
    assert re.search(r'<path class="line filled c1" d="M-?\d+ \d+V\d+H\d+', page)
    assert re.search(r'<path class="line c2" d="M\d+ \d+H\d+', page)
    life = re.search(r'href="(/\w\w/torrent/\d+/life)"', page)[1]
    assert sampled.get(life).text.count('<figure class="chart">') == 3
    assert page.count('<figure class="chart">') == 1
    figure = page.split('<figure class="chart">')[1].split('</figure>')[0]
    assert figure.count('<tr>') in range(12, 33) and '<figcaption>' in figure
    assert 'style=' not in page and '<script>' not in page


def test_a_work_nobody_was_counted_in_has_no_chart(sampled):
    item = sampled.list(health='unknown')['items'][0]
    page = sampled.get(path_of(item)).text
    assert '<figure' not in page and 'has not seen a seeder yet' in page


def one_step(at, seeders):
    """A series of a single step, as community/health.h writes it."""
    head, numbers = at << 3 | 1, b''
    for number in (head, seeders * 2):
        while number >> 7:
            numbers += bytes([number & 0x7F | 0x80])
            number >>= 7
        numbers += bytes([number])
    return b'\x01\x01' + numbers


def test_a_page_survives_a_clock_that_was_set_back(make_server):
    server = make_server()
    work = server.sign_up().publish(server.make_torrent('v1'))
    server.stop()
    day = int(time.time()) // 86400
    with closing(sqlite3.connect(server.data / 'essaim.db')) as db, db:
        db.execute('update torrent_count set counted_at = ?', [int(time.time())])
        db.execute("insert into torrent_hours values (?, 0, 4294967295, x'')", [work['id']])
        db.execute('insert into torrent_days values (?, ?)', [work['id'], one_step(day + 400, 5)])
    server.start()
    page = server.get(f'/en/torrent/{work["id"]}/life')
    assert page.status_code == 200 and server.is_alive()
    assert 'Since the beginning' in page.text or 'The last two weeks' in page.text


@pytest.mark.parametrize('language, words', [('en', 'Health: At risk'), ('fr', 'Santé\u202f: En danger')])
def test_a_search_names_its_filters_in_words(sampled, language, words):
    page = sampled.get(f'/{language}/search?health=at_risk&category=data').text
    assert words in page and 'at_risk <' not in page
    assert {'en': 'Category: Data', 'fr': 'Catégorie\u202f: Données'}[language] in page


def test_home_and_footer_lead_to_works_at_risk(sampled):
    home = sampled.get('/en/').text
    assert 'At risk: help seed' in home
    link = re.search(r'href="(/en/browse/all\?health=at_risk&amp;sort=need)"', home)[1].replace('&amp;', '&')
    page = sampled.get(link).text
    assert page.count('<tr data-row>') == len(of_state(sampled, 'at_risk'))
    assert set(re.findall(r'health (h\w)"', page)) <= {'h1', 'hw'}


def test_statistics_show_totals_and_pictures(sampled):
    for span, least in (('week', 6), ('month', 6), ('year', 6)):
        page = sampled.get(f'/en/statistics?span={span}').text
        assert page.count('<figure class="chart">') >= least
        assert re.search(r'<b>32</b> Works|<b>\d+</b> Works', page)
    shares = re.findall(r'<rect class="area c\d" x="(\d+)" width="(\d+)"', page)
    assert sum(int(width) for _, width in shares) == 600


def test_the_json_of_statistics_is_the_same(sampled):
    plain = sampled.api('GET', '/stats').json()
    assert set(plain) == {'torrents', 'seeders', 'leechers', 'completed', 'members'}
    days = sampled.api('GET', '/stats?history=days').json()
    times = [moment(day['at']) for day in days['history']]
    assert times == sorted(set(times)) and len(times) > 400 and all(at.hour == 0 for at in times)
    hours = sampled.api('GET', '/stats?history=hours').json()['history']
    assert 14 * 24 <= len(hours) + 2 and hours[-1]['torrents'] == plain['torrents']


def test_announces_are_counted_by_protocol_and_kept_over_a_restart(make_server):
    server = make_server()
    work = server.sign_up().publish(server.make_torrent('v1'))
    for port in range(7201, 7206):
        udp_announce(server, work, port=port)
    seed(server, work, [7211, 7212])
    wait_for(lambda: server.torrent(work['id'])['seeders'] == 7, 'all are counted', 15)
    server.stop()
    server.start()
    hours = wait_for(lambda: server.api('GET', '/stats?history=hours').json()['history'], 'the hours are kept', 15)
    assert sum(hour['announces_udp'] for hour in hours) == 5
    assert sum(hour['announces_http'] for hour in hours) == 2
    assert sum(hour['uploads'] for hour in hours) == 1
    assert hours[-1]['health']['alive'] == 1 and hours[-1]['swarms'] == 1


def test_the_command_shows_health(sampled):
    item = sampled.list(sort='seeders', limit=1)['items'][0]
    infohash = item['infohash_v1'] or item['infohash_v2']
    shown = sampled.command_json('torrent', 'show', infohash)
    assert shown['health'] == 'alive' and shown['seeders'] == item['seeders']
    assert moment(shown['last_seeder_at']) <= now()
    words = sampled.command('torrent', 'show', infohash)
    assert 'health   Alive' in (words if isinstance(words, str) else words.stdout)
