"""docs/protocol.md says which test proves each line about the tracker: here, that there is such a test."""
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get('ESSAIM_BINARY', ROOT / 'build' / 'debug' / 'essaim')).resolve().parent
PAGE = (ROOT / 'docs' / 'protocol.md').read_text()
TRACKER = PAGE[PAGE.index('\n## Tracker\n'):PAGE.index('\n## WebTorrent\n')]
ROWS = [[cell.strip() for cell in line.strip('|').split('|')] for line in TRACKER.splitlines()
        if re.match(r'\| \d+ ', line)]


@pytest.fixture(scope='module')
def scenarios():
    """The names of the scenarios of each BEP."""
    done = subprocess.run([BUILD / 'tests' / 'protocol' / 'tracker' / 'scenario', '--list'], capture_output=True,
                          text=True, check=True)
    found = {}
    for line in done.stdout.splitlines():
        name, bep, _ = line.split('\t')
        found.setdefault(bep.split()[0], []).append(name)
    return found


def test_names_are_said_once(scenarios):
    names = sum(scenarios.values(), [])
    assert len(names) > 70 and len(set(names)) == len(names)


@pytest.mark.parametrize('row', ROWS, ids=[row[0] for row in ROWS])
def test_each_line_names_tests_that_are_there(row, scenarios):
    tests = row[-1]
    assert tests, 'no test is named'
    if '*scenario*' in tests:
        assert scenarios.get(row[0].split()[0]), 'no scenario names this BEP'
    for name in re.findall('`([^`]+)`', tests):
        places = [ROOT / name] if '/' in name else list(ROOT.glob(f'*/**/{name}')) + list(
            ROOT.glob(f'tests/fuzz/{name}_fuzz.c'))
        assert any(place.exists() for place in places if 'build' not in place.parts), f'{name} does not exist'


def test_each_scenario_of_a_bep_has_a_line(scenarios):
    lines = {row[0].split()[0] for row in ROWS if '*scenario*' in row[-1]}
    assert set(scenarios) - {'-'} <= lines
