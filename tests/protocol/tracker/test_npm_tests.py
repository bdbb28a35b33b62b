"""The tests the npm package bittorrent-tracker has for its own tracker, over HTTP and UDP, with ours in its place.

Version 7.7.0 is the last that was published with its tests. It comes from the npm registry, once, into
build/npm-tracker-tests/, and is no part of the program. Left out are the tests of WebSockets (test_web_clients.py has a
newer client), those that look inside their own server object, `all info_hash scrape`, for we do not give out the list
of all swarms, and HTTP scrapes: this version reads the keys of a dictionary as UTF-8, so that it understands its own
server and no other (its hashes come back as `fd47...`).
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / 'tests'))

from registry import install  # noqa: E402
from server import BINARY, ENVIRONMENT  # noqa: E402

PACKAGES = ('bittorrent-tracker@7.7.0', 'tape@4.17.0', 'webtorrent-fixtures@1.7.5', 'magnet-uri@5.4.0')
FILES = ('client.js', 'client-magnet.js', 'client-large-torrent.js', 'scrape.js')
BOTH = ('client.start()', 'client.stop()', 'client.update()', 'client.scrape()', 'client announce with numwant',
        'magnet: client.start/update/stop()', 'large torrent: client.start()', 'single info_hash scrape',
        'scrape using Client.scrape static method', 'MULTI scrape using Client.scrape static method')
NAMES = [f'{protocol}: {name}' for name in BOTH for protocol in ('http', 'udp')
         if protocol == 'udp' or 'scrape' not in name]


@pytest.fixture(scope='module')
def packages():
    return install('npm-tracker-tests', PACKAGES)


@pytest.fixture(scope='module')
def verdicts(packages):
    """What was said of each test: lines of `ok` and `not ok`."""
    done = subprocess.run(['node', '--no-deprecation', HERE / 'npm_tests.cjs', packages, BINARY, json.dumps(NAMES),
                           *FILES], capture_output=True, text=True, timeout=180, check=False,
                          env={**os.environ, **ENVIRONMENT})
    parts = re.split(r'(?m)^# (.*)$', done.stdout)
    told = dict(zip(parts[1::2], parts[2::2]))
    assert set(NAMES) <= set(told), f'not run: {set(NAMES) - set(told)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}'
    return told


@pytest.mark.parametrize('name', NAMES)
def test_of_bittorrent_tracker(verdicts, name):
    lines = re.findall(r'(?m)^(ok|not ok) .*$', verdicts[name])
    assert lines and 'not ok' not in lines, verdicts[name]
