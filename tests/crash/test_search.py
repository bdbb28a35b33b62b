"""kill -9 while works pour into the search index, which is merged and written all the time.

After each start the index is compared with the catalogue, work by work and word by word, and what an import that ended
had published is found at once. 6 kills, each after an import ended and while the next one runs; 60 with --long.
"""
import itertools
import json
import random
import subprocess
import threading
import time

from server import BINARY, ENVIRONMENT, LONG, WORDS, wait_for

KILLS = 60 if LONG else 6
LINES = 60_000  # of a round; more than any gets through before its end
LINES_AT_ONCE = 1000


def lines_of(seed):
    """Works of which only the hash is known, in few words, so that lists grow long."""
    chance = random.Random(seed)
    words = [f'word{number}' for number in range(300)]
    for number in range(LINES):
        title = ' '.join(chance.choices(words, k=5)) + f' unique{seed}x{number}'
        yield json.dumps({**WORDS, 'title': title, 'infohash_v1': f'{chance.getrandbits(160):040x}',
                          'tags': chance.choices(words, k=2), 'size_bytes': chance.randrange(1, 10**9),
                          'files': 1, 'file_list': [{'path': f'{title}.bin', 'size_bytes': 5}]}, ensure_ascii=False)


def total(server, text):
    found = server.api('GET', '/torrents', params={'q': text, 'limit': 1})
    assert found.status_code == 200, found.text
    return found.json()['total']


def check(server):
    done = server.run('search', 'check')
    assert done.returncode == 0, done.stdout + done.stderr


class Pouring(threading.Thread):
    """Imports one small file after the other. The end of each is one commit, and what it then says it published is
    promised: it must be found from then on."""

    def __init__(self, server, folder, round_number):
        super().__init__()
        self.server, self.folder, self.round_number = server, folder, round_number
        self.promised = self.asked = 0
        self.ending = threading.Event()

    def run(self):
        path = self.folder / 'works.jsonl'
        lines = lines_of(self.round_number)
        while not self.ending.is_set() and (some := list(itertools.islice(lines, LINES_AT_ONCE))):
            path.write_text('\n'.join(some) + '\n', encoding='utf-8')
            if self.ending.is_set():
                return
            self.asked += len(some)
            done = self.server.run('import', '--format', 'jsonl', '--publish', '--as', 'anna', str(path))
            if done.returncode == 0:
                self.promised += len(some)


def kill_while_pouring(server, folder, round_number, chance):
    """Kills the server at a moment when some works are in for good and others on their way. How many were promised,
    and how many may have come in."""
    pouring = Pouring(server, folder, round_number)
    pouring.start()
    rebuild = None
    try:
        wait_for(lambda: pouring.promised or not pouring.is_alive(), 'a first import')
        time.sleep(chance.uniform(0, 1.5))
        if round_number % 3 == 2:
            rebuild = subprocess.Popen([BINARY, 'search', 'rebuild', *server.options()], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=ENVIRONMENT)
            time.sleep(chance.uniform(0, 0.5))
    finally:
        pouring.ending.set()
        server.kill()
        pouring.join()
        if rebuild:
            rebuild.wait(60)
    assert 0 < pouring.promised <= pouring.asked
    return pouring.promised, pouring.asked


def test_the_index_is_right_after_every_kill(server, tmp_path):
    server.sign_up('anna')
    server.command('user', 'role', 'anna', 'admin')
    chance = random.Random(5775)
    works = 0
    for round_number in range(KILLS):
        promised, asked = kill_while_pouring(server, tmp_path, round_number, chance)
        server.start()
        check(server)
        before, works = works, total(server, '')
        assert before + promised <= works <= before + asked
    assert list(server.data.glob('search/*.segment'))
    server.restart()
    check(server)
    assert total(server, '') == works
    server.command('search', 'rebuild')
    check(server)
    assert total(server, '') == works


def test_what_commands_change_while_no_server_runs_is_found_at_the_next_start(server, tmp_path):
    server.sign_up('anna')
    server.stop()
    path = tmp_path / 'works.jsonl'
    lines = [line for line, _ in zip(lines_of(1), range(500))]
    path.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    server.command('import', '--format', 'jsonl', '--publish', '--as', 'anna', str(path))
    server.command('torrent', 'remove', json.loads(lines[7])['infohash_v1'], '--reason', 'owner', '--note', 'gone')
    server.start()
    assert total(server, '') == 499
    check(server)


def test_a_damaged_index_is_built_again(server, tmp_path):
    server.allowed_errors.append('search_damaged')
    server.sign_up('anna')
    path = tmp_path / 'works.jsonl'
    path.write_text('\n'.join(line for line, _ in zip(lines_of(2), range(500))) + '\n', encoding='utf-8')
    server.command('import', '--format', 'jsonl', '--publish', '--as', 'anna', str(path))
    chance = random.Random(9)
    for _ in range(8):
        server.stop()
        segment = max(server.data.glob('search/*.segment'), key=lambda at: at.stat().st_size)
        with open(segment, 'r+b') as file:
            at = chance.randrange(segment.stat().st_size)
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 0x40]))
        server.start()
        deadline = time.monotonic() + 20
        while server.run('search', 'check').returncode != 0:
            assert time.monotonic() < deadline, server.log()[-3000:]
            time.sleep(0.2)
        assert total(server, '') == 500
