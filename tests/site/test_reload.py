"""Settings read again while the server works: what changes at once, what waits, and what a wrong file does not do."""
import os
import re
import signal
import threading

import pytest
import requests

from server import LONG, wait_for
from tracker_client import http_announce

HASH = bytes(range(20))
# Those of tests/server.py that a file is to say here; an option would come first.
FREE = {'limits.enabled': None, 'tracker.allow_private_addresses': None}


@pytest.fixture
def server(make_server):
    return make_server({**FREE, 'tracker.allow_private_addresses': 'yes'})


def write(server, **sections):
    """The settings file, anew and at once: section={'name': 'value'}."""
    beside = server.data / 'essaim.conf.new'
    beside.write_text(''.join(
        f'[{section}]\n' + ''.join(f'{name} = {value}\n' for name, value in values.items())
        for section, values in sections.items()))
    beside.rename(server.data / 'essaim.conf')


def reload(server):
    return server.command('reload')


def hang_up(server):
    """SIGHUP, and what is logged of it."""
    before = len(server.log())
    os.kill(server.process.pid, signal.SIGHUP)
    found = wait_for(lambda: re.search('.*what="?reload.*', server.log()[before:]), 'something is logged', 10)
    return found[0]


def test_the_interval_changes_at_once(server):
    assert 1620 <= http_announce(server, server_work(server))[b'interval'] <= 1980
    write(server, tracker={'interval_s': 300})
    assert reload(server) == 'changed: tracker.interval_s = 300\n'
    assert 270 <= http_announce(server, server_work(server))[b'interval'] <= 330


def server_work(server):
    """A hash the index lists."""
    if not hasattr(server, 'work'):
        server.work = server.sign_up('ada').publish(server.make_torrent(), 'A work')
    return server.work


def test_an_opened_tracker_takes_strangers_but_not_what_was_removed(server):
    work = server_work(server)
    server.command('torrent', 'remove', work['infohash_v1'], '--reason', 'rights', '--note', 'A test.')
    assert b'failure reason' in http_announce(server, HASH)
    write(server, tracker={'open': 'yes', 'peers_max': 3})
    reload(server)
    assert b'interval' in http_announce(server, HASH)
    assert b'failure reason' in http_announce(server, work), 'what was removed must stay away'
    for port in range(10, 20):
        last = http_announce(server, HASH, port=port)
    assert last[b'complete'] == 3
    write(server, tracker={'open': 'no'})
    reload(server)
    assert b'failure reason' in http_announce(server, HASH)


def test_pages_and_rules_follow(server):
    assert '<title>' in server.get('/en/').text and 'The new name' not in server.get('/en/').text
    server.sign_up('early')
    write(server, site={'name': 'The new name', 'hosts': 'other.example'}, accounts={'registration': 'closed'},
          limits={'enabled': 'no'})
    assert server.get('/en/', headers={'Host': 'other.example'}).status_code == 421
    changed = reload(server)
    assert {line.split()[1] for line in changed.splitlines()} == {
        'site.name', 'site.hosts', 'accounts.registration', 'limits.enabled'}
    assert 'The new name' in server.get('/en/').text
    assert server.get('/en/', headers={'Host': 'other.example'}).status_code == 200
    refused = server.api('POST', '/accounts', json={'name': 'late', 'email': 'l@example.org', 'password': 'x' * 20})
    assert refused.status_code == 403, refused.text


def test_limits_come_on_and_off(server):
    write(server, limits={'enabled': 'no'})
    reload(server)

    def too_many():
        return any(server.get('/en/').status_code == 429 for _ in range(1000))
    assert not too_many()
    write(server, limits={'enabled': 'yes'})
    reload(server)
    assert too_many()


def test_a_proxy_is_trusted_from_now_on(server):
    work = server_work(server)

    def seen():
        return http_announce(server, work, headers={'X-Forwarded-For': '192.0.2.77'})[b'external ip']
    assert seen() == bytes([127, 0, 0, 1])
    write(server, proxy={'trusted': '127.0.0.0/8'})
    reload(server)
    assert seen() == bytes([192, 0, 2, 77])
    write(server)
    reload(server)
    assert seen() == bytes([127, 0, 0, 1])


def test_the_log_says_as_much_as_is_asked(server):
    write(server, log={'level': 'error'})
    hang_up_quietly = len(server.log())
    os.kill(server.process.pid, signal.SIGHUP)
    wait_for(lambda: 'nothing' in server.command('reload'), 'it was read', 10)
    server.get('/en/')
    server.get('/nowhere')
    assert 'what=request' not in server.log()[hang_up_quietly:]
    write(server)
    reload(server)
    server.get('/en/')
    assert 'what=request' in server.log()[hang_up_quietly:]


def test_what_waits_for_a_restart_is_said_and_left_alone(server):
    write(server, http={'loops': 3}, tracker={'udp_threads': 2, 'interval_s': 900, 'peers_per_address_max': 0},
          cluster={'nats_url': 'nats://nowhere'})
    told = reload(server)
    waiting = set(re.findall(r'(?m)^waits .*: (\S+)$', told))
    assert waiting == {'http.loops', 'tracker.udp_threads', 'cluster.nats_url', 'tracker.peers_per_address_max'}, told
    assert 'changed: tracker.interval_s = 900' in told
    # It still waits, and nothing else is new.
    assert set(re.findall(r'(?m)^waits .*: (\S+)$', reload(server))) == waiting and 'changed' not in reload(server)
    logged = hang_up(server)
    assert 'what=reloaded' in logged and 'waits_for_restart' in logged and 'http.loops' in logged


@pytest.mark.parametrize('text, words', [
    ('[site]\nname = A name\n[tracker]\ninterval_s = soon\n', ['line 4', 'tracker.interval_s', 'soon']),
    ('[site]\nname = A name\n\n[tracker]\nintervall_s = 900\n',
     ['line 5', 'tracker.intervall_s', 'tracker.interval_s']),
    ('[site]\nname = A name\nwhat is this\n', ['line 3']),
])
def test_a_wrong_file_changes_nothing(server, text, words):
    write(server, site={'name': 'Before'})
    reload(server)
    (server.data / 'essaim.conf').write_text(text)
    done = server.run('reload')
    assert done.returncode == 1 and all(word in done.stderr for word in words), done.stderr
    server.allowed_errors = ['reload_refused']
    logged = hang_up(server)
    assert 'level=error' in logged and all(word in logged for word in words), logged
    assert 'Before' in server.get('/en/').text


def test_without_a_server_there_is_nothing_to_reload(server):
    server.stop()
    done = server.run('reload')
    assert done.returncode == 1 and 'No server runs here' in done.stderr
    server.start()


def test_a_thousand_reloads_disturb_nobody(server):
    """L6 of the promises: SIGHUP again and again under load."""
    work = server_work(server)
    over, faults = threading.Event(), []

    def ask():
        while not over.is_set():
            try:
                assert http_announce(server, work)[b'interval'] in range(50, 2000)
                assert server.get('/en/').status_code == 200
            except (AssertionError, requests.RequestException) as fault:
                faults.append(fault)
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(1000 if LONG else 100):
        write(server, tracker={'interval_s': 60 + i}, site={'name': f'Name {i}'}, limits={'enabled': 'no'})
        if i % 10:
            os.kill(server.process.pid, signal.SIGHUP)
        else:
            server.command('reload')
    over.set()
    for thread in threads:
        thread.join()
    assert not faults, faults[:3]
    wait_for(lambda: reload(server) == 'nothing has changed\n', 'the last one was read', 10)
    assert f'Name {i}' in server.get('/en/').text


def test_each_setting_says_when_it_applies(server):
    rows = server.command_json('settings')
    assert {row['applies'] for row in rows} == {'live', 'restart'}
    page = server.command('settings', '--markdown')
    assert '| applies |' in page and page.count('| live |') == sum(row['applies'] == 'live' for row in rows)
