"""Announce addresses of members' own: who shares a work is thanked, nobody who did not ask for it is named, and no
key shows anywhere but to its owner."""
import re
from urllib.parse import parse_qs, urlsplit

import libtorrent
import pytest

from server import Browser, make_torrent, wait_for
from tracker_client import http_announce, udp_announce, url_options

KEY = re.compile(r'/announce/([0-9a-f]{32})')


def press(browser, what, fields=None):
    answer = browser.post_form(f'/en/settings/announce-key{what}', fields or {}, '/en/settings', allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer


def key_of(browser):
    keys = set(KEY.findall(browser.get('/en/settings').text))
    assert len(keys) < 2, 'one key a member'
    return keys.pop() if keys else None


@pytest.fixture
def member(world):
    """Somebody with an announce address: (person, browser, key)."""
    person = world.server.sign_up()
    browser = person.browser()
    assert key_of(browser) is None, 'nobody has a key before asking'
    press(browser, '')
    key = key_of(browser)
    assert key
    return person, browser, key


@pytest.fixture
def work(world):
    return world.owner.publish(make_torrent(world.server.works, 'hybrid'))


def path_of(work):
    return urlsplit(work['url']).path


def hosts(server, work):
    found = server.torrent(work['id'])
    return found['hosts'], found['hosts_unnamed']


def fresh_page(server, path):
    """As it is now, not as it is kept for others for a moment."""
    return server.get(path, headers={'Cookie': 'visitor=x'})


def test_a_seeder_is_counted_then_named_then_gone(world, member, work):
    server, (person, browser, key) = world.server, member
    assert udp_announce(server, work, port=7101, path=f'/announce/{key}')[0] == 1
    wait_for(lambda: hosts(server, work) == ([], 1), 'counted without a name')
    assert person.name not in fresh_page(server, path_of(work)).text
    assert work['title'] not in fresh_page(server, f'/en/member/{person.name}').text
    assert work['title'] in browser.get(f'/en/member/{person.name}').text, 'to themselves it is told'

    press(browser, '/named', {'named': '1'})
    assert hosts(server, work) == ([person.name], 0)
    page = server.get(path_of(work)).text
    assert re.search(rf'Hosted by <a [^>]*><bdi>{person.name}</bdi>', page), page
    french = server.get(path_of(work).replace('/en/', '/fr/')).text
    assert re.search(rf'Hébergée par <a [^>]*><bdi>{person.name}</bdi>', french)
    assert work['title'] in server.get(f'/en/member/{person.name}').text
    press(browser, '/named', {})
    assert hosts(server, work) == ([], 1)

    udp_announce(server, work, port=7101, path=f'/announce/{key}', event=3)
    wait_for(lambda: hosts(server, work) == ([], 0), 'gone with the last client')


def test_http_announces_count_too_and_leechers_do_not(world, member, work):
    server, (_, _, key) = world.server, member
    address = f'{server.http_announce}/{key}'
    assert b'failure reason' not in http_announce(server, work, port=7111, left=5, address=address)
    assert hosts(server, work) == ([], 0)
    assert b'failure reason' not in http_announce(server, work, port=7111, left=0, address=address)
    wait_for(lambda: hosts(server, work) == ([], 1), 'a seeder')


def test_two_hosts_stand_in_order(world, work):
    server, names = world.server, []
    for port in (7121, 7122, 7123):
        person = server.sign_up()
        browser = person.browser()
        press(browser, '')
        if port != 7123:
            press(browser, '/named', {'named': '1'})
            names.append(person.name)
        udp_announce(server, work, port=port, path=f'/announce/{key_of(browser)}')
    wait_for(lambda: hosts(server, work) == (sorted(names), 1), 'all are there')
    page = fresh_page(server, path_of(work)).text
    told = re.search(r'Hosted by (.*?)</p>', page, re.S)[1]
    text = ' '.join(re.sub(r'<[^>]*>', '', told).split())
    assert text == f'{", ".join(sorted(names))} and 1 more member'


def test_without_a_key_or_with_a_dead_one_everything_works(world, member, work):
    server, (_, browser, key) = world.server, member
    udp_announce(server, work, port=7131, path=f'/announce/{key}')
    wait_for(lambda: hosts(server, work) == ([], 1), 'with the first key')
    press(browser, '')
    assert key_of(browser) != key
    assert hosts(server, work) == ([], 0), 'the old key ends at once'
    for dead in (key, 'f' * 32, 'nonsense', '%7f%ff', '0' * 200):
        assert udp_announce(server, work, port=7131, path=f'/announce/{dead}')[0] == 1
        answer = http_announce(server, work, port=7132, left=3, address=f'{server.http_announce}/{dead}')
        assert b'failure reason' not in answer and len(answer[b'peers']) == 6, dead
    assert hosts(server, work) == ([], 0)
    press(browser, '/remove')
    assert key_of(browser) is None


def test_personal_files_and_magnets_carry_the_key_to_its_owner_alone(world, member, work):
    server, (_, browser, key) = world.server, member
    infohash = work['infohash_v1']
    own = browser.get(f'/t/{infohash}.torrent')
    assert 'no-store' in own.headers['Cache-Control']
    trackers = [entry.url for entry in libtorrent.torrent_info(own.content).trackers()]
    assert f'{server.http_announce}/{key}' in trackers, trackers
    assert any(url.startswith('udp://') and url.endswith(f'/announce/{key}') for url in trackers)
    page = browser.get(path_of(work)).text
    magnet = re.search(r'href="(magnet:[^"]*)"', page)[1].replace('&amp;', '&')
    assert f'/announce/{key}' in str(parse_qs(urlsplit(magnet).query)['tr'])
    assert key not in re.sub(r'"magnet:[^"]*"', '', page), 'only in the magnets'
    assert infohash_of(own.content) == infohash

    other = world.other.browser()
    for somebody in (Browser(server), other):
        for address in (f'/t/{infohash}.torrent', path_of(work), '/en/', f'/en/search?q={infohash}'):
            assert key.encode() not in somebody.get(address).content, address
    found = world.owner.api('GET', f'/api/v1/torrents/{work["id"]}').text
    assert key not in found


def infohash_of(content):
    return str(libtorrent.torrent_info(content).info_hashes().v1)


def test_no_key_shows_in_logs_errors_or_metrics(world, member, work):
    server, (_, browser, key) = world.server, member
    announces = [f'/announce/{key}?info_hash=short', f'/announce/{key}/deeper', f'/announce/{key}?%zz',
                 f'/scrape/{key}', f'/announce/{key}%00', f'/announce/{key}/']
    for address in announces:
        assert key not in server.get(address).text, address
    server.request('POST', f'/announce/{key}', data='x')
    udp_announce(server, work, port=7141, path=f'/announce/{key}')
    assert key not in server.get('/metrics').text
    assert key not in browser.get('/en/settings').headers.get('Referrer-Policy', '')
    assert browser.get('/en/settings').headers['Referrer-Policy'] in ('no-referrer', 'same-origin')
    assert key not in server.log()


def test_a_removed_work_has_no_hosts_and_its_return_starts_anew(world, member, work):
    server, (_, _, key) = world.server, member
    udp_announce(server, work, port=7151, path=f'/announce/{key}')
    wait_for(lambda: hosts(server, work) == ([], 1), 'shared')
    world.moderator.browser().post_form(path_of(work) + '/remove', {'reason': 'fake', 'note': 'n'})
    assert hosts(server, work) == ([], 0)


def test_the_key_survives_a_restart_and_who_shared_does_not(make_server):
    server = make_server()
    person = server.sign_up()
    work = person.publish(make_torrent(server.works))
    browser = person.browser()
    press(browser, '')
    key = key_of(browser)
    udp_announce(server, work, port=7161, path=f'/announce/{key}')
    wait_for(lambda: hosts(server, work) == ([], 1), 'shared')
    server.restart()
    assert key_of(browser) == key
    assert hosts(server, work) == ([], 0)
    udp_announce(server, work, port=7161, path=f'/announce/{key}')
    wait_for(lambda: hosts(server, work) == ([], 1), 'shared again')


@pytest.mark.parametrize('scheme', ['udp', 'http'])
def test_a_real_client_with_a_personal_file_is_a_host(world, member, scheme):
    server, (_, browser, key) = world.server, member
    torrent = make_torrent(server.works)
    work = world.owner.publish(torrent)
    content = browser.get(f'/t/{work["infohash_v1"] or work["infohash_v2"]}.torrent').content
    info = libtorrent.torrent_info(content)
    ours = [entry.url for entry in info.trackers() if entry.url.startswith(scheme) and entry.url.endswith(key)]
    client = libtorrent.session({'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False,
                                 'enable_upnp': False, 'enable_natpmp': False})
    ask = libtorrent.add_torrent_params()
    ask.ti, ask.save_path, ask.trackers = info, str(server.works), ours
    ask.flags |= libtorrent.torrent_flags.seed_mode | libtorrent.torrent_flags.override_trackers
    client.add_torrent(ask)
    wait_for(lambda: hosts(server, work) == ([], 1), f'libtorrent is a host over {scheme}', 30)
    del client


def test_bep_41_options_are_written_as_clients_write_them():
    assert url_options('/announce/ab') == b'\x02\x0c/announce/ab\x00'
