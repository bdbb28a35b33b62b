"""What others say of where a work lives: asked only when the operator wants it, shown with source and age."""
import re
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import libtorrent
import pytest

from server import free_port, wait_for
from tracker_client import http_announce, udp_announce

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'protocol' / 'probe'))
from strangers import TcpServer, UdpServer, reply, udp_tracker, web_seed  # noqa: E402

PROBES = {'probe.foreign_trackers': 'yes', 'probe.web_seeds': 'yes', 'probe.pause_s': '0', 'probe.timeout_s': '1',
          'probe.web_seeds_per_hour_max': '100000', 'probe.allow_private_addresses': 'yes'}


def with_links(made, trackers=(), web_seeds=()):
    """The bytes of the .torrent with these trackers and web seeds."""
    content = libtorrent.bdecode(made.content)
    if trackers:
        content[b'announce'] = trackers[0].encode()
        content[b'announce-list'] = [[url.encode()] for url in trackers]
    if web_seeds:
        content[b'url-list'] = [url.encode() for url in web_seeds]
    return libtorrent.bencode(content)


def publish(server, content, name='ada'):
    return server.sign_up(name).publish(content, 'A work that lives elsewhere')


def claims(server, work, count=1):
    return wait_for(lambda: len(found := server.torrent(work['id'])['foreign']) >= count and found,
                    f'{count} trackers are asked', 30)


def probes(server, **labels):
    """How many probes /metrics tells of, by their results where there were any."""
    wanted = ''.join(f'{key}="{value}",' for key, value in labels.items())
    lines = re.findall(r'^essaim_probes_total{(.*)} (\d+)', server.get('/metrics').text, re.M)
    assert len(lines) == 4 * 3
    return {re.search('result="(.*?)"', names)[1]: int(count) for names, count in lines
            if (names + ',').startswith(wanted) and int(count)}


def text_of(server, work, language='en'):
    path = re.sub('^/../', f'/{language}/', urlsplit(work['url']).path)
    page = wait_for(lambda: 'id="elsewhere"' in (text := server.get(path).text) and text, 'the page says so', 15)
    section = re.search(r'<section[^>]*aria-labelledby="elsewhere".*?</section>', page, re.S)[0]
    return re.sub(r'\s+', ' ', re.sub(r'<[^>]+>', ' ', section))


def test_nothing_leaves_while_probes_are_off(make_server):
    server = make_server()
    made = server.make_torrent('hybrid')
    with UdpServer(udp_tracker({})) as udp, TcpServer(reply('200 OK', b'de')) as http:
        work = publish(server, with_links(made, [udp.url, http.url + '/announce'], [http.url + '/file']))
        time.sleep(6)
        assert udp.seen == [] and http.seen == []
        found = server.torrent(work['id'])
        assert found['foreign'] == [] and found['reach'] is None
        assert found['webseed_checks'] == [{'url': http.url + '/file', 'state': None, 'checked_at': None}]
        assert 'id="elsewhere"' not in server.get(urlsplit(work['url']).path).text
    assert 'probes_on' not in server.log()
    assert probes(server) == {}


def test_private_addresses_are_not_visited_unless_the_operator_says_so(make_server):
    server = make_server({**PROBES, 'probe.allow_private_addresses': 'no'})
    made = server.make_torrent('v1')
    with UdpServer(udp_tracker({})) as udp, TcpServer(reply('200 OK', b'de')) as http:
        # A name only the resolver understands, and not the one the site itself goes by.
        far_udp, far_http = (url.replace('127.0.0.1', '127.1') for url in (udp.url, http.url))
        work = publish(server, with_links(made, [far_udp, far_http + '/announce'], [far_http + '/file']))
        found = claims(server, work, 2)
        assert {claim['state'] for claim in found} == {'private_address'}
        assert all(claim['seeders'] is None and claim['checked_at'] is None for claim in found)
        wait_for(lambda: server.torrent(work['id'])['webseed_checks'][0]['state'] == 'private_address',
                 'the seed is judged')
        assert udp.seen == [] and http.seen == []
        assert 'not asked: on a private network' in text_of(server, work)
        assert list(probes(server, kind='tracker')) == list(probes(server, kind='web_seed')) == ['not_sent']


def test_another_essaim_is_asked_over_udp_and_http(make_server):
    far, near = make_server(), make_server(PROBES)
    made = near.make_torrent('hybrid')
    elsewhere = publish(far, made.content)
    http_announce(far, elsewhere, port=7001, left=0)
    http_announce(far, elsewhere, port=7002, left=0)
    http_announce(far, elsewhere, port=7003, left=5)
    work = publish(near, with_links(made, [far.udp_announce, far.http_announce]))
    found = claims(near, work, 2)
    assert {claim['tracker'] for claim in found} == {far.udp_announce, far.http_announce}
    for claim in found:
        assert (claim['seeders'], claim['leechers'], claim['completed'], claim['state']) == (2, 1, 0, 'ok')
        assert claim['checked_at']
    assert probes(near, kind='tracker') == {'fine': 2}
    found = near.torrent(work['id'])
    assert (found['seeders'], found['leechers']) == (0, 0), 'claims are not our own counts'
    words = text_of(near, work)
    assert 'Up to 2 seeders' in words and 'say 2 other trackers' in words and 'just now' in words
    assert 'autres trackers' in text_of(near, work, 'fr')


def test_both_names_of_a_hybrid_are_asked_and_the_larger_count_is_taken(make_server):
    server = make_server(PROBES)
    made = server.make_torrent('hybrid')
    v1, v2 = bytes.fromhex(made.v1), bytes.fromhex(made.v2)[:20]
    with UdpServer(udp_tracker({v1: (5, 1, 7), v2: (4, 2, 9)})) as udp:
        work = publish(server, with_links(made, [udp.url]))
        [claim] = claims(server, work)
        assert (claim['seeders'], claim['leechers'], claim['completed']) == (5, 2, 9)
        assert sum(packet.count(v1) for packet in udp.seen) == sum(packet.count(v2) for packet in udp.seen) == 1


def test_a_hash_is_not_asked_again_within_the_half_hour(make_server):
    server = make_server(PROBES)
    made = server.make_torrent('v1')
    with UdpServer(udp_tracker({})) as udp:
        work = publish(server, with_links(made, [udp.url]))
        claims(server, work)
        other = server.make_torrent('v1')
        again = server.sign_up('bo').publish(with_links(other, [udp.url]), 'Another')
        claims(server, again)
        server.restart()
        time.sleep(5)
        asked = b''.join(udp.seen)
        assert asked.count(bytes.fromhex(made.v1)) == asked.count(bytes.fromhex(other.v1)) == 1


def test_a_seed_that_is_not_asked_leaves_the_hour_to_others(make_server):
    server = make_server({**PROBES, 'uploads.review_new_members': 'yes', 'probe.web_seeds_per_hour_max': '1'})
    waiting, shown = server.make_torrent('v1'), server.make_torrent('v1')
    moderator = server.add_user('mod', 'moderator')
    with TcpServer(reply('404 Not Found', b'')) as http:
        answer = server.sign_up('ada').upload(with_links(waiting, [], [http.url + '/waiting']), 'Waiting')
        assert answer.status_code == 201
        time.sleep(5)  # until it was passed over
        work = moderator.publish(with_links(shown, [], [http.url + '/shown']), 'Shown')
        wait_for(lambda: server.torrent(work['id'])['webseed_checks'][0]['state'] == 'gone', 'the other is asked', 30)
        assert not any(b'waiting' in request for request in http.seen)


def test_what_is_private_waiting_or_gone_is_not_spoken_of(make_server):
    server = make_server({**PROBES, 'uploads.review_new_members': 'yes'})
    with UdpServer(udp_tracker({})) as udp:
        hidden = server.make_torrent('v1', private=True)
        waiting = server.make_torrent('v1')
        shown = server.make_torrent('v1')
        moderator = server.add_user('mod', 'moderator')
        moderator.publish(with_links(hidden, [udp.url]), 'Private')
        answer = server.sign_up('ada').upload(with_links(waiting, [udp.url]), 'Waiting')
        assert answer.status_code == 201
        work = moderator.publish(with_links(shown, [udp.url]), 'Shown')
        claims(server, work)
        time.sleep(3)
        asked = b''.join(udp.seen)
        assert bytes.fromhex(shown.v1) in asked
        assert bytes.fromhex(hidden.v1) not in asked and bytes.fromhex(waiting.v1) not in asked


def test_a_tracker_that_fails_keeps_what_it_said_and_is_left_alone(make_server):
    server = make_server(PROBES)
    made = server.make_torrent('v1')
    with UdpServer(lambda packet: []) as udp:
        work = publish(server, with_links(made, [udp.url]))
        [claim] = claims(server, work)
        assert claim['state'] == 'no_answer' and claim['checked_at'] is None
        before = len(udp.seen)
        time.sleep(5)
        assert len(udp.seen) == before
        assert 'does not answer' in text_of(server, work)


def test_our_own_announce_addresses_are_never_asked(make_server):
    server = make_server(PROBES)
    made = server.make_torrent('v1')
    with UdpServer(udp_tracker({})) as udp:
        work = publish(server, with_links(made, [server.udp_announce, server.http_announce,
                                                 f'http://localhost:{server.port}/announce', udp.url]))
        claims(server, work)
        time.sleep(3)
        states = {claim['tracker']: claim['state'] for claim in server.torrent(work['id'])['foreign']}
        assert states.pop(udp.url) == 'ok'
        assert set(states.values()) <= {'own_address'}, states


@pytest.mark.parametrize('kind', ['v1', 'v2', 'hybrid'])
def test_a_web_seed_is_believed_for_a_piece_it_sends(make_server, kind):
    server = make_server(PROBES)
    made = server.make_torrent(kind, size=100_000)
    content = made.path.read_bytes()
    bad = bytes([content[0] ^ 1]) + content[1:]
    bent = bytes(byte ^ 255 for byte in content)
    with TcpServer(web_seed(content)) as good, TcpServer(web_seed(bent)) as wrong, \
            TcpServer(web_seed(content[:-1])) as short, TcpServer(web_seed(content, ranges=False)) as whole, \
            TcpServer(reply('404 Not Found')) as gone, TcpServer(reply('302 Found', Location='/x')) as moved:
        assert bad != content
        seeds = {good.url + '/file.bin': 'ok', wrong.url + '/file.bin': 'wrong_content',
                 short.url + '/file.bin': 'wrong_size', whole.url + '/file.bin': 'no_ranges',
                 gone.url + '/file.bin': 'gone', moved.url + '/file.bin': 'moved'}
        work = publish(server, with_links(made, [], list(seeds)))
        wait_for(lambda: all(seed['state'] for seed in server.torrent(work['id'])['webseed_checks']),
                 'all are tried', 40)
        found = server.torrent(work['id'])['webseed_checks']
        assert {seed['url']: seed['state'] for seed in found} == seeds
        assert all(seed['checked_at'] for seed in found)
        assert 'sends other bytes than this work’s' in text_of(server, work)


def test_stopping_does_not_wait_for_a_stranger(make_server):
    server = make_server({**PROBES, 'probe.timeout_s': '60'})
    made = server.make_torrent('v1')

    def hang(head, connection):
        time.sleep(20)
    with TcpServer(hang) as http, UdpServer(lambda packet: []) as udp:
        publish(server, with_links(made, [http.url + '/announce', udp.url]))
        wait_for(lambda: http.seen and udp.seen, 'both are asked', 20)
        start = time.monotonic()
        server.stop()
        assert time.monotonic() - start < 8
    server.start()


def test_a_reload_switches_probes_on_and_off(make_server):
    server = make_server({key: value for key, value in PROBES.items() if value != 'yes'}, start=False)
    server.data.mkdir(parents=True)
    file = server.data / 'essaim.conf'
    file.write_text('[probe]\nallow_private_addresses = yes\n')
    server.start()
    with UdpServer(udp_tracker({})) as udp:
        work = publish(server, with_links(server.make_torrent('v1'), [udp.url]))
        time.sleep(3)
        assert udp.seen == []
        file.write_text('[probe]\nallow_private_addresses = yes\nforeign_trackers = yes\n')
        server.reload()
        claims(server, work)
        file.write_text('')
        server.reload()
        time.sleep(2)
        seen = len(udp.seen)
        server.sign_up('bo').publish(with_links(server.make_torrent('v1'), [udp.url]), 'Another')
        time.sleep(4)
        assert len(udp.seen) == seen


# ---- whose port is open ----------------------------------------------------------------------

REACH = {'probe.reachability': 'yes', 'probe.timeout_s': '1', 'probe.allow_private_addresses': 'yes'}


def greeting_peer(infohash):
    def answer(_, connection):
        if len(connection.recv(68)) == 68:
            connection.sendall(b'\x13BitTorrent protocol' + bytes(8) + infohash + b'-TE0000-' + bytes(12))
    return TcpServer(answer, wants_head=False)


def test_a_seeder_behind_a_closed_port_is_told_and_the_page_says_how_many_are_open(make_server):
    server = make_server(REACH)
    made = server.make_torrent('v1')
    work = publish(server, made.content)
    with greeting_peer(bytes.fromhex(made.v1)) as good, TcpServer(lambda *_: None, wants_head=False) as odd:
        closed = free_port()
        for port in (good.port, odd.port, closed):
            assert b'warning message' not in http_announce(server, work, port=port)
        warning = wait_for(lambda: http_announce(server, work, port=closed).get(b'warning message'), 'it is told', 30)
        assert b'seems closed' in warning and b'TCP or uTP' in warning
        for port in (good.port, odd.port):
            assert b'warning message' not in http_announce(server, work, port=port)
        assert b'warning message' not in http_announce(server, work, port=closed, left=5), 'a leecher'
        found = wait_for(lambda: server.torrent(work['id'])['reach'], 'the page is told', 30)
        assert (found['probed'], found['reachable']) == (2, 1) and found['checked_at']
        assert '1 of 2 seeders we knocked at let us in' in text_of(server, work)
        visits = len(good.seen), len(odd.seen)
        time.sleep(3)
        assert (len(good.seen), len(odd.seen)) == visits == (1, 1), 'each is knocked at once'


def test_who_announces_by_udp_or_speaks_utp_alone_is_counted_right(make_server):
    server = make_server(REACH)
    made = server.make_torrent('v1')
    work = publish(server, made.content)

    def utp(packet):
        return [b'\x21\x00' + packet[2:4] + bytes(16)] if packet[0] == 0x41 else []
    with greeting_peer(bytes.fromhex(made.v1)) as good, UdpServer(utp) as shy:
        udp_announce(server, work, port=good.port)
        http_announce(server, work, port=shy.port)
        found = wait_for(lambda: server.torrent(work['id'])['reach'], 'the page is told', 30)
        assert (found['probed'], found['reachable']) == (1, 1)
        wait_for(lambda: shy.seen, 'it is knocked at')
        assert b'warning message' not in http_announce(server, work, port=shy.port)


def test_nobody_is_knocked_at_while_it_is_off_or_the_address_is_private(make_server):
    for settings in ({}, {**REACH, 'probe.allow_private_addresses': 'no'}):
        server = make_server(settings)
        made = server.make_torrent('v1')
        work = publish(server, made.content)
        with greeting_peer(bytes.fromhex(made.v1)) as peer:
            http_announce(server, work, port=peer.port)
            udp_announce(server, work, port=peer.port)
            time.sleep(5)
            assert peer.seen == [] and server.torrent(work['id'])['reach'] is None
            assert b'warning message' not in http_announce(server, work, port=peer.port)


def test_a_member_may_have_the_own_port_tested(make_server):
    server = make_server(REACH)
    browser = server.sign_up('ada').browser()

    def ask(port):
        answer = browser.post_form('/en/settings/port', {'port': str(port)}, page='/en/settings')
        return re.sub(r'\s+', ' ', re.sub(r'<[^>]+>', ' ', answer.text))
    with TcpServer(lambda *_: None, wants_head=False) as peer:
        assert f'Port {peer.port} is open.' in ask(peer.port)
    closed = free_port()
    assert f'Port {closed} did not answer us' in ask(closed)
    assert 'This was not tested' in ask(25)
    assert 'This was not tested' in ask(server.port), 'not our own listener'
    assert ask(0) and ask(70000)
    assert '127.0.0.1' in browser.get('/en/settings').text
    assert 'id="port"' not in server.get('/en/settings').text


def test_no_port_is_tested_while_it_is_off(make_server):
    server = make_server()
    browser = server.sign_up('ada').browser()
    with TcpServer(lambda *_: None, wants_head=False) as peer:
        answer = browser.post_form('/en/settings/port', {'port': str(peer.port)}, page='/en/settings')
        assert answer.status_code == 404 and peer.seen == []
    assert 'id="port"' not in browser.get('/en/settings').text
