#!/usr/bin/env python3
"""kill -9 in the middle of a storm of writes, again and again: what was acknowledged must be there, whole.

    test_store.py PROGRAM [--kills 20] [--threads 16] [--seed N]     PROGRAM: the built store_storm
    pytest tests/crash/test_store.py                                 20 kills; 500 with ESSAIM_LONG=1

The ledger is kept here, outside the killed process: a number counts as acknowledged once its line was read from the
pipe. After each kill the database is opened as after any crash, its integrity checked, and every number tried in this
round looked up. After 25 kills, and the last, all of them are; then a new database begins, so that looking through it
does not come to take longer than the storms.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time

KILLS_OF_A_DATABASE = 25


def storm_once(program, path, threads, first, seconds):
    """Runs a storm, kills it, returns the acknowledged numbers."""
    process = subprocess.Popen([program, 'storm', path, str(threads), str(first)], stdout=subprocess.PIPE)
    ledger = []

    def collect():
        for line in process.stdout:
            if line.endswith(b'\n'):
                ledger.append(int(line))
    reader = threading.Thread(target=collect)
    reader.start()
    time.sleep(seconds)
    ended_by_itself = process.poll()
    process.send_signal(signal.SIGKILL)
    process.wait()
    reader.join()
    if ended_by_itself is not None:
        raise AssertionError(f'the storm ended by itself with {ended_by_itself}')
    return ledger


def check(program, path, first, last, ledger):
    result = subprocess.run([program, 'check', path, str(first), str(last)], text=True, capture_output=True,
                            input=''.join(f'{number}\n' for number in ledger), timeout=300)
    if result.returncode != 0:
        raise AssertionError(f'numbers {first}..{last}: {result.stdout}{result.stderr}')
    return result.stdout.strip()


def crash_often(program, kills, threads, seed):
    print(f'seed {seed}', flush=True)
    chance = random.Random(seed)
    for first_kill in range(1, kills + 1, KILLS_OF_A_DATABASE):
        folder = tempfile.mkdtemp(prefix='essaim-crash-', dir=os.environ.get('ESSAIM_TEST_DIR'))
        path = os.path.join(folder, 'crash.db')
        every, first = [], 1
        try:
            for kill in range(first_kill, min(first_kill + KILLS_OF_A_DATABASE, kills + 1)):
                ledger = storm_once(program, path, threads, first, chance.uniform(0.02, 0.8))
                # some were tried and not acknowledged: they may be there or not, but never by half
                last = max(ledger, default=first) + threads + 1
                print(f'kill {kill}: ' + check(program, path, first, last, ledger), flush=True)
                every += ledger
                first = last + 1
            print('all: ' + check(program, path, 1, first, every), flush=True)
            assert every, 'nothing was acknowledged at all'
        finally:
            shutil.rmtree(folder)


def test_nothing_acknowledged_by_the_store_is_lost():
    built = os.path.dirname(os.environ.get('ESSAIM_BINARY', 'build/release/essaim'))
    kills = 500 if os.environ.get('ESSAIM_LONG') else 20
    crash_often(os.path.join(built, 'tests', 'crash', 'store_storm'), kills, 16, random.randrange(1 << 30))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--threads', type=int, default=16)
    parser.add_argument('--seed', type=int, default=random.randrange(1 << 30))
    arguments = parser.parse_args()
    crash_often(arguments.program, arguments.kills, arguments.threads, arguments.seed)


if __name__ == '__main__':
    main()
