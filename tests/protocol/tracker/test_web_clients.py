"""The npm package bittorrent-tracker, whose protocol this is, as a client of our WebSocket tracker; with real WebRTC.

It comes from the npm registry, once, into build/npm-tracker/, and is no part of the program.
"""
import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / 'tests'))

from registry import install  # noqa: E402
from server import Server, make_folder, remove_folder  # noqa: E402

PACKAGES = ('bittorrent-tracker@10.0.12', '@roamhq/wrtc@0.10.0')


@pytest.fixture(scope='module')
def packages():
    return install('npm-tracker', PACKAGES)


@pytest.fixture(scope='module')
def server():
    server = Server(make_folder(), {'http.loops': '2'})
    try:
        yield server.start()
        server.check_health()
        server.close()
    finally:
        if server.is_alive():
            server.process.kill()
            server.process.wait()
        remove_folder(server.folder)


@pytest.fixture(scope='module')
def member(server):
    return server.sign_up()


def run(packages, server, word, **ask):
    announce = server.url.replace('http://', 'ws://') + '/announce'
    done = subprocess.run(['node', HERE / 'web_clients.mjs', packages, word, json.dumps({'announce': announce, **ask})],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_two_clients_meet_and_talk(packages, server, member):
    work = member.publish(server.make_torrent('v1'))
    told = run(packages, server, 'meet', hash=work['infohash_v1'])
    assert {'heard': 'a word between peers'} in told
    assert {'scraped': [1, 1, 1, work['infohash_v1']]} in told
    updates = [(entry['who'], entry['complete'], entry['incomplete']) for entry in told if 'complete' in entry]
    assert updates == [('first', 0, 1), ('second', 0, 2), ('second', 1, 1), ('second', 0, 1), ('first', 0, 1)]
    assert not [entry for entry in told if 'warning' in entry or 'error' in entry]


def test_a_work_that_is_not_listed_is_a_warning_with_its_reason(packages, server):
    told = run(packages, server, 'refused', hash='ab' * 20)
    assert told == [{'who': 'only', 'warning': 'This torrent is not tracked here.'}]


def test_many_are_scraped_at_once(packages, server, member):
    hashes = [member.publish(server.make_torrent('v1'))['infohash_v1'] for _ in range(3)]
    told = run(packages, server, 'scrapeMany', hashes=[*hashes, 'cd' * 20])
    found = told[0]['found']
    assert sorted(found) == sorted([*hashes, 'cd' * 20])
    assert all(entry['complete'] == 0 and entry['incomplete'] == 0 for entry in found.values())
