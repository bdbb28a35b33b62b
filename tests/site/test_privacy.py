"""What the site keeps to itself: addresses, e-mails, secrets; and what it says only over TLS or to this machine."""
import re
import sqlite3
import threading
from urllib.parse import urlsplit

import pytest

from server import Browser, PASSWORD, make_torrent
from test_api import sign_up


def test_an_email_address_is_shown_to_nobody(world):
    for browser in (Browser(world.server), world.other.browser(), world.moderator.browser(), world.owner.browser()):
        for address in ('/en/member/olivia', '/en/', '/en/settings', '/en/search?uploader=olivia', '/en/moderation'):
            assert 'olivia@example.org' not in browser.get(address).text, address
    assert '@example.org' not in world.server.api('GET', '/torrents').text
    assert world.server.list(q='olivia@example.org')['total'] == 0


def test_the_log_holds_no_address_and_no_secret(make_server):
    server = make_server({'log.level': 'debug'})
    member = server.sign_up('olivia')
    browser = member.browser()
    browser.get('/en/search?q=secret+words', headers={'User-Agent': 'Unusual/1.0'})
    work = member.publish(server.make_torrent())
    server.get(work['torrent_url'])
    server.get('/announce?info_hash=' + 'x' * 20 + '&peer_id=' + 'y' * 20 + '&port=7001&left=0')
    log = server.log()
    assert 'route=/{language}/search' in log
    for secret in ('127.0.0.1:', PASSWORD, member.token, browser.cookies['session'], 'secret words', 'secret+words',
                   'Unusual', 'olivia@', 'yyyyyyyy'):
        assert secret not in log, f'{secret} is in the log'


def test_the_store_holds_no_secret_in_the_clear(make_server):
    server = make_server()
    member = server.sign_up('olivia')
    browser = member.browser()
    secrets = [PASSWORD, member.token, browser.cookies['session']]
    server.stop()
    with sqlite3.connect(server.data / 'essaim.db') as store:
        store.execute('pragma wal_checkpoint(truncate)')
    store.close()
    content = b''.join(path.read_bytes() for path in server.data.rglob('*') if path.is_file())
    assert b'olivia' in content
    for secret in secrets:
        assert secret.encode() not in content
    server.start()


def test_people_are_told_when_their_ports_are_knocked_at(make_server):
    quiet, knocking = make_server(), make_server({'probe.reachability': 'yes'})
    assert 'kept nowhere' in quiet.get('/en/about').text
    assert 'We knock at' not in quiet.get('/en/about').text
    assert 'We knock at' in knocking.get('/en/about').text
    assert 'Nous frappons' in knocking.get('/fr/about').text


def test_an_announce_key_is_in_no_log_and_no_page_of_others(make_server):
    server = make_server({'log.level': 'debug'})
    member = server.sign_up('olivia')
    work = member.publish(server.make_torrent())
    browser = member.browser()
    browser.post_form('/en/settings/announce-key', {}, page='/en/settings')
    settings = browser.get('/en/settings')
    key = re.search(r'/announce/(\w+)', settings.text)[1]
    shown = re.findall(r'<code id="[^"]*">(.*?)</code>', settings.text)
    assert shown and all(key in url for url in shown), 'only addresses of their own are called so'
    path = urlsplit(work['url']).path
    page = browser.get(path)
    assert key in page.text, 'the magnet carries it'
    for answer in (settings, page, browser.get(work['torrent_url'])):
        assert re.search('no-store|private', answer.headers['Cache-Control']), answer.headers
        assert answer.headers['Referrer-Policy'] in ('same-origin', 'no-referrer')
    ask = '?info_hash=' + 'x' * 20 + '&peer_id=' + 'y' * 20 + '&port=7001&left=0'
    for address in (path, work['torrent_url'], '/en/member/olivia', '/en/'):
        assert key not in server.get(address).text, address
    for address in (f'/announce/{key}{ask}', f'/announce/{key}/more', f'/announce/{key}?port=x', f'/en/{key}'):
        server.get(address)
    assert key not in server.log()


def test_metrics_are_for_this_machine(make_server):
    server = make_server({'proxy.trusted': '127.0.0.1'})
    assert server.get('/metrics').status_code == 200
    for address in ('198.51.100.7', '2001:db8::7'):
        answer = server.get('/metrics', headers={'X-Forwarded-For': address})
        assert answer.status_code in (403, 404), answer.text[:200]
    text = server.get('/metrics').text
    assert re.search(r'^essaim_\w+({.*})? \d+', text, re.M) and '198.51.100.7' not in text


def test_behind_tls_cookies_are_bound_to_it(make_server):
    server = make_server({'proxy.trusted': '127.0.0.1'})
    tls = {'X-Forwarded-Proto': 'https'}
    plain = server.get('/en/login')
    assert 'Strict-Transport-Security' not in plain.headers and 'Secure' not in plain.headers['Set-Cookie']
    answer = server.get('/en/login', headers=tls)
    cookie = answer.headers['Set-Cookie']
    assert cookie.startswith('__Host-') and 'Secure' in cookie and 'HttpOnly' in cookie and 'Path=/' in cookie
    assert 'Domain' not in cookie and 'max-age' in answer.headers['Strict-Transport-Security']
    # Whoever is no trusted proxy cannot claim it.
    other = make_server({'proxy.trusted': '10.0.0.1'})
    assert 'Strict-Transport-Security' not in other.get('/en/login', headers=tls).headers


def test_a_cookie_that_was_not_set_by_us_is_nobody(world):
    for value in ('', 'x', 'A' * 43, "' or 1=1", 'é', 'a' * 3000):
        browser = Browser(world.server)
        answer = browser.get('/en/upload', headers={'Cookie': f'session={value}'.encode()}, allow_redirects=False)
        assert answer.status_code == 303, value


def test_the_same_work_from_many_hands_is_published_once(world):
    torrent = make_torrent(world.server.works)
    answers = []

    def upload(member):
        answers.append(member.upload(torrent, f'By {member.name}'))
    threads = [threading.Thread(target=upload, args=(member,)) for member in [world.owner, world.other,
                                                                              world.admin] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [409] * 11
    url = next(answer.json()['url'] for answer in answers if answer.status_code == 201)
    assert {answer.json()['url'] for answer in answers} == {url}
    assert world.server.list(q=torrent.v1)['total'] == 1


def test_the_same_name_from_many_hands_is_given_once(world):
    codes = []
    threads = [threading.Thread(target=lambda n=number: codes.append(sign_up(
        world.server, name='wanted', email=f'wanted{n}@example.org').status_code)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201] + [409] * 7


def test_only_the_first_works_of_a_new_member_wait(make_server):
    server = make_server({'uploads.review_new_members': 'yes'})
    moderator, member = server.add_user('modesta', 'moderator'), server.sign_up()
    seat = moderator.browser()
    for _ in range(3):
        answer = member.upload(server.make_torrent('v1')).json()
        assert answer['state'] == 'quarantined'
        page = answer['url'].removeprefix(server.url)
        assert seat.post_form(page + '/publish', {}, '/en/settings').status_code == 200
    assert member.upload(server.make_torrent('v1')).json()['state'] == 'published'


@pytest.mark.parametrize('address', ['/en/member/olivia', '/en/search?uploader=olivia',
                                     '/api/v1/torrents?uploader=olivia'])
def test_what_waits_is_not_told_by_numbers(make_server, address):
    server = make_server({'uploads.review_new_members': 'yes'})
    member = server.sign_up('olivia')
    before = re.sub(r'"instance":"\w+"', '', server.get(address).text)
    member.upload(server.make_torrent('v1'), 'Nobody sees it')
    after = server.get(address).text
    assert 'Nobody sees it' not in after
    assert re.sub('seconds?|minutes?|now', '', before).count('1 work') == after.count('1 work')
