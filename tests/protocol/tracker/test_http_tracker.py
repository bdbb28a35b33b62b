"""HTTP tracker protocol: BEP 3, 7, 21, 23, 24, 31, 48, 52, and what clients really send."""
import os
import socket
import struct

import pytest

from probe import Client, Probe, decode

H = b'\x00\x01 +%&=?#~aAzZ\xff\xfe\x80._-'
OTHER = b'o' * 20
RAW = b'r' * 20


@pytest.fixture
def probe():
    with Probe() as running:
        for known in (H, RAW):
            running.allow(known)
        yield running


def endpoint(packed):
    family = socket.AF_INET if len(packed) == 6 else socket.AF_INET6
    return socket.inet_ntop(family, packed[:-2]), struct.unpack('>H', packed[-2:])[0]


def peers_of(reply):
    four, six = reply[b'peers'], reply[b'peers6']
    assert len(four) % 6 == 0 and len(six) % 18 == 0
    return ([endpoint(four[i:i + 6]) for i in range(0, len(four), 6)]
            + [endpoint(six[i:i + 18]) for i in range(0, len(six), 18)])


A, B, C, SIX, SIX2 = '5.6.7.8', '5.6.7.9', '5.6.7.10', '2a01:4f8::1', '2a01:4f9::1'


def test_bep3_hash_bytes_survive_percent_encoding(probe):
    assert len(H) == 20
    assert probe.announce(H, ip=A, left=0)[b'complete'] == 1
    lower = ''.join(f'%{byte:02x}' for byte in H)
    upper = ''.join(f'%{byte:02X}' for byte in H)
    for spelled in (lower, upper):
        assert decode(probe.http(f'info_hash={spelled}&port=1&left=5', B))[b'complete'] == 1


def test_bep3_plus_is_a_plus_and_raw_bytes_are_taken(probe):
    plus = b'+' * 20
    probe.allow(plus)
    assert b'complete' in decode(probe.http(b'info_hash=' + plus + b'&port=1', A))
    raw = b'\xff\xfe?=aaaaaaaaaaaaaaaa'
    probe.allow(raw)
    assert b'complete' in decode(probe.http(b'info_hash=' + raw + b'&port=1', A))


@pytest.mark.parametrize('query', ['info_hash=%s&left=0&port=1', '&port=1&info_hash=%s', '?info_hash=%s&port=1',
                                   'port=1&x&=&&event=nonsense&numwant=-9&compact=0&info_hash=%s'])
def test_bep3_keys_in_any_order_and_glued_urls(probe, query):
    assert b'interval' in decode(probe.http(query % RAW.decode(), A))


@pytest.mark.parametrize('query', ['', 'port=1', 'info_hash=&port=1', 'info_hash=' + 'a' * 19 + '&port=1',
                                   'info_hash=' + '0123456789' * 4 + '&port=1', 'info_hash=%zz' + 'a' * 19 + '&port=1',
                                   'info_hash=' + 'r' * 20, 'info_hash=' + 'r' * 20 + '&port=0',
                                   'info_hash=' + 'r' * 20 + '&port=65536', 'info_hash=' + 'r' * 20 + '&port=x'])
def test_bep31_what_is_wrong_is_said_in_words_and_never_retried(probe, query):
    reply = decode(probe.http(query, A))
    assert set(reply) == {b'failure reason', b'retry in'}
    assert b' ' in reply[b'failure reason'] and reply[b'retry in'] == b'never'


def test_bep31_unlisted_works_may_be_asked_for_again_later(probe):
    reply = probe.announce(OTHER)
    assert b'not tracked' in reply[b'failure reason'] and reply[b'retry in'] == 30


def test_bep23_answers_are_always_compact_with_both_lists(probe):
    for compact in (0, 1, 'x'):
        reply = probe.announce(RAW, ip=A, compact=compact)
        assert reply[b'peers'] == b'' and reply[b'peers6'] == b''


def test_bep3_answer_has_counts_intervals_and_who_asked(probe):
    probe.announce(RAW, ip=A, left=0, event='completed')
    reply = probe.announce(RAW, ip=B, left=1)
    assert list(reply) == [b'complete', b'downloaded', b'external ip', b'incomplete', b'interval', b'min interval',
                           b'peers', b'peers6']
    assert (reply[b'complete'], reply[b'incomplete'], reply[b'downloaded']) == (1, 1, 1)
    assert 1620 <= reply[b'interval'] <= 1980 and reply[b'min interval'] == 900
    assert peers_of(reply) == [(A, 6881)]


def test_bep24_external_ip_is_the_address_that_asked(probe):
    assert probe.announce(RAW, ip=A)[b'external ip'] == socket.inet_aton(A)
    assert probe.announce(RAW, ip=SIX)[b'external ip'] == socket.inet_pton(socket.AF_INET6, SIX)


def test_bep7_both_families_meet_and_mapped_addresses_are_ipv4(probe):
    probe.announce(RAW, ip=A, left=0)
    probe.announce(RAW, ip=SIX, left=0)
    assert sorted(peers_of(probe.announce(RAW, ip=B, left=1))) == [(SIX, 6881), (A, 6881)]
    assert probe.announce(RAW, ip='::ffff:' + A, left=0)[b'complete'] == 2


def test_bep7_a_quarter_of_the_answer_is_kept_for_the_smaller_family(probe):
    for i in range(1, 101):
        probe.announce(RAW, ip=f'5.6.1.{i}', left=0)
    for i in range(1, 41):
        probe.announce(RAW, ip=f'2a01:4f8:0:{i:x}::1', left=0)
    reply = probe.announce(RAW, ip=A, left=1, numwant=40)
    assert len(peers_of(reply)) == 40
    assert len(reply[b'peers6']) // 18 >= 10 and len(reply[b'peers']) // 6 >= 10
    everybody = probe.announce(RAW, ip=A, left=1, numwant=100000)
    assert len(peers_of(everybody)) == 140


@pytest.mark.parametrize('key', ['ip', 'ipv4', 'ipv6'])
def test_bep7_address_parameters_are_ignored(probe, key):
    probe.http(f'info_hash={RAW.decode()}&port=6881&left=0&{key}=9.9.9.9', A)
    assert peers_of(probe.announce(RAW, ip=B, left=1)) == [(A, 6881)]


@pytest.mark.parametrize('left', [None, '', '-1', 2**63 - 1, 2**64, 10**40, 2**32])
def test_bep3_left_absent_or_absurd_is_a_leecher(probe, left):
    reply = probe.announce(RAW, ip=A) if left is None else probe.announce(RAW, ip=A, left=left)
    assert (reply[b'complete'], reply[b'incomplete']) == (0, 1)


def test_bep21_paused_is_a_partial_seed_and_gets_leechers_only(probe):
    probe.announce(RAW, ip=A, left=0)
    probe.announce(RAW, ip=B, left=3)
    assert peers_of(probe.announce(RAW, ip=C, left=3, event='paused')) == [(B, 6881)]
    assert probe.scrape(RAW)[b'files'][RAW] == {b'complete': 1, b'downloaded': 0, b'downloaders': 1, b'incomplete': 2}


def test_bep3_stopped_leaves_without_peers_and_completed_counts_once(probe):
    probe.announce(RAW, ip=A, left=5, event='completed')
    for _ in range(3):
        reply = probe.announce(RAW, ip=A, left=0, event='completed')
    assert reply[b'downloaded'] == 1
    probe.announce(RAW, ip=B, left=1)
    reply = probe.announce(RAW, ip=A, left=0, event='stopped')
    assert peers_of(reply) == [] and (reply[b'complete'], reply[b'incomplete']) == (0, 1)


def test_bep3_numwant_zero_gets_nobody_and_absent_gets_fifty(probe):
    for i in range(1, 101):
        probe.announce(RAW, ip=f'5.6.1.{i}', left=0)
    assert peers_of(probe.announce(RAW, ip=A, left=1, numwant=0)) == []
    for wanted in ({}, {'numwant': -1}, {'numwant': 'x'}):
        peers = peers_of(probe.announce(RAW, ip=A, left=1, **wanted))
        assert len(peers) == 50 == len(set(peers)) and (A, 6881) not in peers


def test_bep48_scrape_has_an_entry_for_every_hash_once(probe):
    probe.announce(RAW, ip=A, left=0, event='completed')
    files = probe.scrape(OTHER, RAW, OTHER, H)[b'files']
    zero = {b'complete': 0, b'downloaded': 0, b'downloaders': 0, b'incomplete': 0}
    assert files == {OTHER: zero, H: zero, RAW: {**zero, b'complete': 1, b'downloaded': 1}}


def test_bep48_scrape_of_everything_is_refused(probe):
    assert b'failure reason' in decode(probe.http('', verb='scrape'))
    assert b'failure reason' in decode(probe.http('info_hash=abc', verb='scrape'))


def test_bep52_hybrids_meet_over_both_hashes_and_both_protocols():
    with Probe('bogons') as probe, Client(probe.port) as client:
        v1, v2 = os.urandom(20), os.urandom(32)
        probe.allow(v1, v2)
        client.connect().announce(v1, left=0, port=77)
        assert peers_of(probe.announce(v2[:20], ip=A, left=1)) == [('127.0.0.1', 77)]
        assert probe.scrape(v2[:20])[b'files'][v2[:20]][b'complete'] == 1


@pytest.mark.parametrize('ip', ['0.1.2.3', '10.1.1.1', '100.64.0.1', '127.0.0.1', '169.254.1.1', '172.16.0.1',
                                '192.168.1.1', '224.0.0.1', '255.255.255.255', '::1', '::', 'fc00::1', 'fd12::1',
                                'fe80::1', 'ff02::1', '2001:db8::1', '64:ff9b::a00:1'])
def test_bogons_are_answered_and_never_handed_out(probe, ip):
    assert probe.announce(RAW, ip=ip, left=0)[b'complete'] == 0
    assert peers_of(probe.announce(RAW, ip=A, left=1)) == []
    assert probe.totals()['peers_not_stored'] == 1


def test_an_ipv6_line_counts_as_one_address():
    with Probe('cap=3') as probe:
        probe.allow(RAW)
        for i in range(1, 50):
            probe.announce(RAW, ip=f'2a01:4f8:0:1::{i:x}', left=0)
        assert probe.announce(RAW, ip=A, left=1)[b'complete'] == 3


def test_ten_thousand_random_queries_are_all_answered(probe):
    import random
    draw = random.Random(int(os.environ.get('ESSAIM_SEED', '20261123')))
    words = [b'info_hash=', RAW, b'&', b'=', b'?', b'%', b'%00', b'port=', b'1', b'left=', b'0', b'event=', b'paused',
             b'numwant=', b'-', b'9' * 30, b'\xff', b'info_hash=' + RAW + b'&port=7&']
    for i in range(10000):
        query = b''.join(draw.choice(words) for _ in range(draw.randrange(12)))
        reply = decode(probe.http(query, A, 'scrape' if i % 4 == 0 else 'announce'))
        assert set(reply) & {b'interval', b'failure reason', b'files'}
