"""Between tracker and site: what is listed is tracked, what is seen is shown, what is gone is refused."""
import os
import re
import socket
import time
from urllib.parse import quote, urlsplit

import libtorrent
import pytest

from server import Browser, make_torrent, wait_for
from tracker_client import http_announce, swarm_hash, udp_announce

FAILURE, ANSWER = 3, 1


def path_of(work):
    return urlsplit(work['url']).path


def counts(server, work):
    found = server.torrent(work['id'])
    return found['seeders'], found['leechers'], found['completed']


def check_refused(server, work):
    answer = http_announce(server, work, port=6999)
    assert b'failure reason' in answer and b'peers' not in answer, answer
    assert udp_announce(server, work, port=6999)[0] == FAILURE


@pytest.mark.parametrize('kind', ['v1', 'v2', 'hybrid'])
def test_an_announce_counts_on_page_and_api_within_seconds(world, kind):
    server = world.server
    work = world.owner.publish(make_torrent(server.works, kind))
    assert udp_announce(server, work, port=7001, left=0)[0] == ANSWER
    answer = http_announce(server, work, port=7002, left=9, event='started')
    assert len(answer[b'peers']) == 6, 'the first peer is told to the second'
    start = time.monotonic()
    wait_for(lambda: counts(server, work) == (1, 1, 0), 'one seeder and one leecher are counted', 15)
    assert time.monotonic() - start < 10
    http_announce(server, work, port=7002, left=0, event='completed')
    wait_for(lambda: counts(server, work) == (2, 0, 1), 'the completion is counted', 15)
    listed = wait_for(lambda: [item for item in server.list(q=work['infohash_v1'] or work['infohash_v2'])['items']
                               if item['seeders'] == 2], 'the list says the same', 10)
    assert listed[0]['completed'] == 1 and listed[0]['counted_at']
    page = wait_for(lambda: re.search(r'<b>2</b>\s*Seeders', server.get(path_of(work)).text), 'the page says the same',
                    10)
    assert page
    http_announce(server, work, port=7002, left=0, event='stopped')
    wait_for(lambda: counts(server, work) == (1, 0, 1), 'who leaves is no longer counted', 15)


def test_both_halves_of_a_hybrid_are_one_work(world):
    server = world.server
    work = world.owner.publish(make_torrent(server.works, 'hybrid'))
    assert udp_announce(server, bytes.fromhex(work['infohash_v1']), port=7011)[0] == ANSWER
    answer = http_announce(server, bytes.fromhex(work['infohash_v2'][:40]), port=7012)
    assert b'failure reason' not in answer
    wait_for(lambda: counts(server, work)[0] == 2, 'both are counted', 15)


def test_what_is_not_listed_is_refused(world):
    for infohash in (b'\x00' * 20, b'\xff' * 20, b'not listed anywhere!'):
        check_refused(world.server, infohash)


def test_an_open_tracker_takes_everything(make_server):
    server = make_server({'tracker.open': 'yes'})
    assert udp_announce(server, b'not listed anywhere!', port=7001)[0] == ANSWER
    assert len(http_announce(server, b'not listed anywhere!', port=7002, left=5)[b'peers']) == 6


def withdraw(world, work):
    answer = world.owner.browser().post_form(path_of(work) + '/withdraw', {'note': ''})
    assert answer.status_code == 410 or answer.status_code == 200


def remove(world, work):
    answer = world.moderator.browser().post_form(path_of(work) + '/remove', {'reason': 'fake', 'note': 'n'})
    assert answer.status_code in (200, 410)


@pytest.mark.parametrize('end', [withdraw, remove, lambda world, work: world.server.command(
    'torrent', 'remove', work['infohash_v1'], '--reason', 'rights', '--note', 'n')],
    ids=['withdrawn', 'removed', 'removed by command'])
def test_what_is_gone_is_refused_at_once(world, end):
    work = world.owner.publish(make_torrent(world.server.works))
    assert udp_announce(world.server, work)[0] == ANSWER
    end(world, work)
    check_refused(world.server, work)
    check_refused(world.server, bytes.fromhex(work['infohash_v2'][:40]))


def test_what_waits_for_a_moderator_is_tracked_from_its_publication(make_server):
    server = make_server({'uploads.review_new_members': 'yes'})
    member, moderator = server.sign_up(), server.add_user('modesta', 'moderator')
    answer = member.upload(server.make_torrent('v1')).json()
    work = {'infohash_v1': answer['infohash_v1']}
    before = udp_announce(server, work)[0]
    page = urlsplit(answer['url']).path
    assert moderator.browser().post_form(page + '/publish', {}, '/en/settings').status_code == 200
    assert udp_announce(server, work)[0] == ANSWER
    assert before == FAILURE


@pytest.mark.parametrize('end', ['stop', 'kill'])
def test_the_swarm_is_read_back_after_a_restart(make_server, end):
    server = make_server()
    work = server.sign_up().publish(server.make_torrent())
    gone = server.sign_up().publish(server.make_torrent())
    for port in range(7001, 7004):
        udp_announce(server, work, port=port, left=0)
    udp_announce(server, work, port=7010, left=5)
    udp_announce(server, gone, port=7011, left=0)
    if end == 'kill':
        wait_for(lambda: counts(server, work) == (3, 1, 0), 'counted')
        server.kill()
        server.start()
        # What was counted is told with its age; the peers themselves come back with their next announce.
        assert counts(server, work) == (3, 1, 0)
        return
    server.stop()
    server.command('torrent', 'remove', gone['infohash_v1'], '--reason', 'fake', '--note', 'n')
    server.start()
    answer = http_announce(server, work, port=7020, left=9)
    assert len(answer[b'peers']) == 4 * 6
    wait_for(lambda: counts(server, work) == (3, 2, 0), 'the counts are those before', 15)
    check_refused(server, gone)


def peers_seen(server, work, port):
    """Addresses a fresh peer is told of."""
    answer = http_announce(server, work, port=port, left=9)
    v4 = answer[b'peers']
    return {socket.inet_ntop(socket.AF_INET, v4[at:at + 4]) for at in range(0, len(v4), 6)} | \
        {socket.inet_ntop(socket.AF_INET6, v6[at:at + 16]) for v6 in [answer.get(b'peers6', b'')]
         for at in range(0, len(v6), 18)}


def test_a_forwarded_address_is_believed_of_trusted_proxies_only(make_server):
    for trusted, wanted in (('', {'127.0.0.1'}), ('127.0.0.1', {'198.51.100.7', '127.0.0.1'}),
                            ('10.0.0.0/8', {'127.0.0.1'})):
        server = make_server({'proxy.trusted': trusted, 'tracker.peers_per_address_max': '0'})
        work = server.sign_up().publish(server.make_torrent('v1'))
        http_announce(server, work, port=7001, headers={'X-Forwarded-For': '198.51.100.7'})
        http_announce(server, work, port=7002, headers={'X-Forwarded-For': 'nonsense'})
        seen = peers_seen(server, work, 7005)
        assert seen - {'127.0.0.1'} == wanted - {'127.0.0.1'}, (trusted, seen)


def test_the_last_proxy_that_is_not_ours_is_the_client(make_server):
    server = make_server({'proxy.trusted': '127.0.0.1 10.0.0.0/8'})
    work = server.sign_up().publish(server.make_torrent('v1'))
    http_announce(server, work, port=7001, headers={'X-Forwarded-For': '192.0.2.66, 198.51.100.9, 10.1.2.3'})
    assert peers_seen(server, work, 7005) == {'198.51.100.9'}


def test_old_torrents_reach_the_tracker_by_whatever_path_they_name(world):
    work = world.owner.publish(make_torrent(world.server.works, 'v1'))
    for n, path in enumerate(['/announce', '/tracker/announce', '/announce.php', '/a/b/c/announce.php', '//announce']):
        http_announce(world.server, work, port=7101 + n, address=world.server.url + path)
        query = 'info_hash=' + quote(swarm_hash(work), safe='')
        scrape = libtorrent.bdecode(world.server.get(
            f'{world.server.url}{path.replace("announce", "scrape")}?{query}').content)
        assert scrape[b'files'][swarm_hash(work)][b'complete'] == n + 1
    for path in ('/announce/x/y', '/announces', '/x/announced', '/en/announce/', '/x/Announce'):
        assert world.server.get(world.server.url + path).status_code == 404, path


def test_an_address_in_the_query_is_not_believed(world):
    work = world.owner.publish(make_torrent(world.server.works, 'v1'))
    http_announce(world.server, work, port=7001, ip='198.51.100.99')
    assert peers_seen(world.server, work, 7005) == {'127.0.0.1'}


def test_ipv6_peers_meet(make_server):
    try:
        socket.create_server(('::1', 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip('this machine has no IPv6')
    server = make_server(address='::1')
    work = server.sign_up().publish(server.make_torrent())
    action, body = udp_announce(server, work, port=7001)
    assert action == ANSWER and len(body) == 12
    assert peers_seen(server, work, 7002) == {'::1'}
    action, body = udp_announce(server, work, port=7003)
    assert action == ANSWER and len(body) == 12 + 18  # a seeder is told of the leecher only
    wait_for(lambda: counts(server, work) == (2, 1, 0), 'all are counted', 15)
    assert work['magnet'].count('%5B%3A%3A1%5D') + work['magnet'].count('[::1]') >= 1


def test_private_addresses_are_not_handed_out_by_default(make_server):
    server = make_server({'tracker.allow_private_addresses': 'no', 'proxy.trusted': '127.0.0.1'})
    work = server.sign_up().publish(server.make_torrent('v1'))
    for number, address in enumerate(('10.0.0.1', '192.168.1.1', '127.0.0.1', '169.254.1.1', '100.64.0.1', '0.0.0.1',
                                      '224.0.0.1', '8.8.8.8')):
        http_announce(server, work, port=7100 + number, headers={'X-Forwarded-For': address})
    assert peers_seen(server, work, 7005) == {'8.8.8.8'}


def test_scrape_tells_what_the_page_tells(world):
    server = world.server
    work = world.owner.publish(make_torrent(server.works, 'v1'))
    http_announce(server, work, port=7001)
    http_announce(server, work, port=7002, left=7)
    query = 'info_hash=' + ''.join(f'%{byte:02x}' for byte in swarm_hash(work))
    scraped = libtorrent.bdecode(server.get('/scrape?' + query).content)
    found = scraped[b'files'][swarm_hash(work)]
    assert (found[b'complete'], found[b'incomplete'], found[b'downloaded']) == (1, 1, 0)
    wait_for(lambda: counts(server, work) == (1, 1, 0), 'counted', 15)


def test_the_page_says_how_old_its_count_is(world):
    work = world.owner.publish(make_torrent(world.server.works))
    page = world.server.get(path_of(work)).text
    assert 'Our tracker has not seen anyone share it yet.' in page
    udp_announce(world.server, work)
    wait_for(lambda: 'Counted by our tracker' in world.server.get(path_of(work)).text, 'the page tells the age', 15)
    assert Browser(world.server).get(path_of(work).replace('/en/', '/fr/')).status_code == 200


def test_an_open_tracker_refuses_what_was_removed_after_a_restart_too(make_server):
    server = make_server({'tracker.open': 'yes'})
    work = server.sign_up().publish(server.make_torrent())
    stranger = os.urandom(20)
    server.command('torrent', 'remove', work['infohash_v1'], '--reason', 'rights', '--note', 'asked')
    for _ in range(2):
        assert b'failure reason' not in http_announce(server, stranger)
        assert http_announce(server, work)[b'failure reason'] == b'This torrent is not tracked here.'
        assert http_announce(server, bytes.fromhex(work['infohash_v2'][:40]))[b'failure reason']
        server.restart()
