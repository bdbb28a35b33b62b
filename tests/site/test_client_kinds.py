"""Client programs that are not welcome are told so over UDP and HTTP, and the lists change while the tracker runs."""
import subprocess

import pytest

from server import BINARY, make_torrent, wait_for
from tracker_client import http_announce, udp_announce

REFUSED, ANSWERED = 3, 1


def write_settings(server, **lists):
    lines = [f'{name} = {value}' for name, value in lists.items()]
    (server.data / 'essaim.conf').write_text('\n'.join(['[tracker]', *lines, '']))


def udp(server, work, peer_id, **more):
    return udp_announce(server, work, port=7201, peer_id=peer_id, **more)[0]


def http(server, work, peer_id):
    infohash = bytes.fromhex(work['infohash_v1']).hex('%')
    return server.get(f'{server.http_announce}?info_hash=%{infohash}&port=7202&left=1&peer_id={peer_id}').content


def test_the_lists_are_obeyed_and_change_by_a_reload(make_server):
    server = make_server()
    work = server.sign_up().publish(make_torrent(server.works, 'v1'))
    assert udp(server, work, b'-XL0012-') == ANSWERED

    write_settings(server, clients_denied='-XL0012-, -SD')
    server.reload()
    wait_for(lambda: udp(server, work, b'-XL0012-') == REFUSED, 'the list holds', 10)
    assert udp(server, work, b'-SD0100-') == REFUSED
    assert udp(server, work, b'-XL0013-') == ANSWERED
    assert udp(server, work, b'-XL0012-', event=3) == ANSWERED, 'who leaves may say so'
    answer = http(server, work, '-SD0100-abcdefghijkl')
    assert b'failure reason' in answer and b'not welcome' in answer and b'8:retry in5:never' in answer
    assert b'interval' in http(server, work, '-TR4040-abcdefghijkl')

    write_settings(server, clients_allowed='-TR')
    server.reload()
    wait_for(lambda: udp(server, work, b'-XL0013-') == REFUSED, 'only one kind is let in', 10)
    assert udp(server, work, b'-TR4040-') == ANSWERED
    assert b'not welcome' in http(server, work, '')

    write_settings(server)
    server.reload()
    wait_for(lambda: udp(server, work, b'-XL0012-') == ANSWERED, 'all are welcome again', 10)


@pytest.mark.parametrize('value, said', [('-X', 'too short'), ('-XL0012-abcdefghijklm', 'longer'),
                                         ('-XL,é', 'ASCII')])
def test_a_wrong_list_is_refused_by_name(value, said):
    ran = subprocess.run([BINARY, 'settings', '--set', f'tracker.clients_denied={value}'], capture_output=True,
                         text=True, check=False, timeout=60)
    assert ran.returncode and 'tracker.clients_denied' in ran.stderr and said in ran.stderr, ran.stderr


def test_http_and_udp_answer_alike_without_lists(world):
    work = world.owner.publish(make_torrent(world.server.works))
    assert b'failure reason' not in http_announce(world.server, work, port=7203, left=1)
    assert udp(world.server, work, b'\0' * 8) == ANSWERED
