"""The WebTorrent tracker beside the other two: one swarm, one gate, whoever speaks which protocol."""
import os
import struct
import threading
import time
from urllib.parse import quote

import libtorrent
import pytest

from server import make_torrent, wait_for
from tracker_client import http_announce, swarm_hash, udp_announce
from websocket_client import CLOSE, TEXT, WebSocket


def text_of(infohash):
    """20 bytes as WebTorrent writes them."""
    return (infohash if isinstance(infohash, bytes) else swarm_hash(infohash)).decode('latin-1')


class Peer(WebSocket):
    def __init__(self, server, peer_id, **how):
        super().__init__(server, **how)
        self.peer_id = peer_id.ljust(20, '.')
        self.relayed = []

    def say(self, work, **more):
        return self.send_json({'action': 'announce', 'info_hash': text_of(work), 'peer_id': self.peer_id, **more})

    def announce(self, work, **more):
        """The answer to an announce; what was relayed in the meantime is kept in `relayed`."""
        self.say(work, **more)
        return self.next_answer()

    def next_answer(self):
        while True:
            message = self.receive_json()
            if 'offer' not in message and 'answer' not in message:
                return message
            self.relayed.append(message)


def offers(count, name='o'):
    return [{'offer': {'type': 'offer', 'sdp': f'{name} {n}'}, 'offer_id': f'{name}{n}'.ljust(20, '-')}
            for n in range(count)]


def answer_to(message, **more):
    return {'to_peer_id': message['peer_id'], 'offer_id': message['offer_id'],
            'answer': {'type': 'answer', 'sdp': 'to ' + message['offer']['sdp']}, **more}


@pytest.fixture
def work(world):
    return world.owner.publish(make_torrent(world.server.works, 'hybrid'))


def counts(server, work):
    found = server.torrent(work['id'])
    return found['seeders'], found['leechers'], found['completed']


def test_all_three_protocols_count_in_one_swarm(world, work):
    server = world.server
    with Peer(server, 'web-seeder') as seeder, Peer(server, 'web-leecher') as leecher:
        first = seeder.announce(work, left=0, event='started')
        assert (first['complete'], first['incomplete']) == (1, 0) and 100 <= first['interval'] <= 140
        udp_announce(server, work, port=7001, left=0)
        assert http_announce(server, work, port=7002, left=9)[b'complete'] == 2
        second = leecher.announce(bytes.fromhex(work['infohash_v2'][:40]), left=None, event='started')
        assert (second['complete'], second['incomplete']) == (2, 2)
        assert second['info_hash'] == text_of(bytes.fromhex(work['infohash_v2'][:40]))
        leecher.send_json({'action': 'scrape', 'info_hash': text_of(work)})
        assert leecher.receive_json()['files'][text_of(work)] == {'complete': 2, 'incomplete': 2, 'downloaded': 0}
        scraped = libtorrent.bdecode(server.get('/scrape?info_hash=' + quote(swarm_hash(work))).content)
        assert scraped[b'files'][swarm_hash(work)][b'incomplete'] == 2
        wait_for(lambda: counts(server, work) == (2, 2, 0), 'the page counts them all', 15)
        leecher.announce(bytes.fromhex(work['infohash_v2'][:40]), left=0, event='completed')
        wait_for(lambda: counts(server, work) == (3, 1, 1), 'and what is completed', 15)
        # Peers without a WebSocket are never told of those that have nothing else.
        assert len(http_announce(server, work, port=7003, left=9)[b'peers']) <= 2 * 6
    wait_for(lambda: counts(server, work) == (1, 2, 1), 'who closes the page is gone', 15)


def test_offers_and_answers_find_their_way(world, work):
    server = world.server
    peers = [Peer(server, f'peer-{n}') for n in range(5)]
    for peer in peers[1:]:
        peer.announce(work, left=1)
    peers[0].announce(work, left=1, offers=offers(10), numwant=10)
    got = []
    for peer in peers[1:]:
        message = peer.receive_json()
        assert message['peer_id'] == peers[0].peer_id and message['info_hash'] == text_of(work)
        got.append(message['offer']['sdp'])
        peer.say(work, **answer_to(message))
        answer = peers[0].receive_json()
        assert answer['peer_id'] == peer.peer_id and answer['offer_id'] == message['offer_id']
        assert answer['answer'] == {'type': 'answer', 'sdp': 'to ' + message['offer']['sdp']}
    assert len(set(got)) == 4
    # An answer to an offer that went to somebody else goes nowhere, and the sender is told nothing.
    peers[1].say(work, to_peer_id=peers[0].peer_id, offer_id='nobody'.ljust(20), answer={'type': 'answer', 'sdp': 'x'})
    assert 'interval' in peers[1].announce(work, left=1) and peers[1].relayed == []
    assert 'interval' in peers[0].announce(work, left=1) and peers[0].relayed == []
    for peer in peers:
        peer.tcp.close()


def test_peers_on_different_loops_meet(make_server):
    server = make_server({'http.loops': '4'})
    work = server.sign_up().publish(server.make_torrent('v1'))
    peers = [Peer(server, f'peer-{n}') for n in range(24)]  # the kernel spreads them over the loops
    for peer in peers:
        peer.announce(work, left=1)
    for peer in peers:
        peer.announce(work, left=1, offers=offers(10, peer.peer_id[:8]))
    for peer in peers:
        peer.say(work, event='stopped')
        peer.next_answer()
        assert all(message['peer_id'] != peer.peer_id for message in peer.relayed)
        peer.tcp.close()
    total = sum(len(peer.relayed) for peer in peers)
    assert total == 24 * 10


def test_a_swarm_in_motion_loses_no_count(make_server):
    """Coming, going, offering and completing at once, on two loops, while works are removed under their feet."""
    server = make_server({'http.loops': '2'})
    member = server.sign_up()
    works = [member.publish(server.make_torrent('v1')) for _ in range(4)]
    stop = time.monotonic() + 4
    faults = []

    def live(number):
        try:
            while time.monotonic() < stop:
                with Peer(server, f'mover-{number}') as peer:
                    for turn in range(6):
                        work = works[(number + turn) % 3]
                        peer.announce(work, left=turn % 2, offers=offers(5, f'{number}'))
                        for message in peer.relayed:
                            if 'offer' in message:
                                peer.say(work, **answer_to(message))
                        peer.relayed.clear()
                    peer.announce(works[3], left=1)
        except (OSError, EOFError, AssertionError) as fault:
            faults.append(repr(fault))

    threads = [threading.Thread(target=live, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    server.command('torrent', 'remove', works[3]['infohash_v1'], '--reason', 'fake', '--note', 'n')
    for thread in threads:
        thread.join()
    assert not faults, faults
    wait_for(lambda: all(counts(server, work)[:2] == (0, 0) for work in works[:3]), 'all are gone in the end', 20)


def test_what_is_removed_drops_its_peers_at_once(world, work):
    server = world.server
    other = world.owner.publish(make_torrent(server.works, 'v1'))
    with Peer(server, 'one') as one, Peer(server, 'two') as two:
        for listed in (work, other):
            one.announce(listed, left=0)
            two.announce(listed, left=1, offers=offers(1))
        one.announce(other, left=0)
        offer = one.relayed[0]
        assert len(one.relayed) == 2
        server.command('torrent', 'remove', work['infohash_v1'], '--reason', 'rights', '--note', 'n')
        assert 'failure reason' in one.announce(work, left=0, offers=offers(3))
        assert 'failure reason' in two.announce(bytes.fromhex(work['infohash_v2'][:40]), left=0)
        one.say(work, **answer_to(offer))
        assert 'failure reason' in one.next_answer()
        # The connection lives on, for the works that are left.
        assert two.announce(other, left=1)['complete'] == 1


def test_what_is_refused_says_to_what_and_why(world):
    with Peer(world.server, 'asker') as peer:
        refused = peer.announce(b'not listed anywhere!', left=0)
        assert refused == {'action': 'announce', 'info_hash': 'not listed anywhere!',
                           'failure reason': 'This torrent is not tracked here.'}
        for message in ('{', '[]', '{"action":"announce"}', '{"action":"dance"}', '[' * 1000, '{"action":"scrape"}'):
            peer.send(TEXT, message.encode())
            assert peer.receive_json()['failure reason']


def test_a_peer_id_stays_with_its_connection(make_server):
    server = make_server({'proxy.trusted': '127.0.0.1'})
    work = server.sign_up().publish(server.make_torrent('v1'))

    def come(address):
        return Peer(server, 'the-same-id', headers={'X-Forwarded-For': address})
    with come('198.51.100.1') as first, come('198.51.100.2') as thief, come('198.51.100.1') as again:
        assert 'interval' in first.announce(work, left=1)
        assert 'failure reason' in thief.announce(work, left=0)
        first.peer_id = 'another-id'.ljust(20)
        assert 'failure reason' in first.announce(work, left=1)
        answer = again.announce(work, left=1)  # the forwarded address says it is the same client, back again
        assert (answer['complete'], answer['incomplete']) == (0, 1)


def test_it_can_be_switched_off(make_server):
    server = make_server({'tracker.web': 'no'})
    with WebSocket(server) as web:
        assert web.status == 200
    work = server.sign_up().publish(server.make_torrent('v1'))
    assert 'tr=http' in work['magnet'] and 'tr=ws' not in work['magnet']


def test_served_torrents_and_magnets_name_the_web_tracker_last(world, work):
    served = world.server.get(f"/t/{work['infohash_v1']}.torrent").content
    urls = [tracker.url for tracker in libtorrent.torrent_info(libtorrent.bdecode(served)).trackers()]
    expected = [world.server.udp_announce, world.server.http_announce, world.server.web_announce]
    assert urls[:3] == expected
    assert libtorrent.parse_magnet_uri(work['magnet']).trackers == expected


def test_an_address_with_https_is_announced_by_wss(make_server):
    server = make_server({'site.url': 'https://essaim.example', 'site.hosts': '127.0.0.1'})
    work = server.sign_up().publish(server.make_torrent('v1'))
    assert 'wss://essaim.example/announce' in libtorrent.parse_magnet_uri(work['magnet']).trackers


def test_a_close_frame_is_a_stop(world, work):
    server = world.server
    with Peer(server, 'leaver') as leaver, Peer(server, 'stayer') as stayer:
        stayer.announce(work, left=1)
        leaver.announce(work, left=0)
        assert stayer.announce(work, left=1)['complete'] == 1
        assert leaver.send(CLOSE, struct.pack('>H', 1000)).close_code() == 1000
        wait_for(lambda: stayer.announce(work, left=1)['complete'] == 0, 'it has left', 5)


@pytest.mark.skipif(not os.environ.get('ESSAIM_LONG'), reason='long: ./dev test site --long')
def test_a_thousand_peers_of_one_swarm(make_server):
    server = make_server()
    work = server.sign_up().publish(server.make_torrent('v1'))
    peers = [Peer(server, f'many-{n}') for n in range(1000)]
    for peer in peers:
        answer = peer.announce(work, left=1, offers=offers(5))
    assert answer['incomplete'] == 1000
