#!/usr/bin/env python3
"""HTTP announces: beside the same server answering a constant, and beside Debian's opentracker.

    ./dev bench announce [peers=200000] [rounds=5] [seconds=2] [connections=64]

Every answer is checked, every peer is unique. The figure is the processor time for an answer of the thread that answers
(so that what else the machine does counts less); what all others used stands beside it. Ratios are of neighbours in one
round, and their median is printed, with the wall clock's rates and how busy the load was. Exit code 1 when a figure is
missed.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
from server import BINARY, Server, free_port, make_folder, remove_folder  # noqa: E402  (the folder must be known first)

PROGRAMS = BINARY.parent / 'tests' / 'load'
KEEP_ALIVE_LEAST = 0.9
AHEAD_LEAST = 1.0
missed = []


def say(what, value, limit, good):
    print(f'{what:<52} {value:<34} limit {limit:<12} {"ok" if good else "MISSED"}', flush=True)
    if not good:
        missed.append(what)


def cpu_s(pid):
    """Seconds each thread of the process has been running."""
    return {task.name: int((task / 'schedstat').read_text().split()[0]) / 1e9
            for task in Path(f'/proc/{pid}/task').iterdir()}


def pin(pid, core):
    for task in os.listdir(f'/proc/{pid}/task'):
        os.sched_setaffinity(int(task), {core})


class Contender:
    """A server under load; `words` are what the load is told besides."""

    def __init__(self, name, pid, port, words=()):
        self.name, self.pid, self.port, self.words = name, pid, port, words
        self.seed = 0
        self.rates = {}
        pin(pid, server_core)

    def load(self, options, *words):
        self.seed += 1
        command = [PROGRAMS / 'announce_load', f'127.0.0.1:{self.port}', f'peers={options["peers"]}',
                   f'torrents={options["peers"] // 20}', f'connections={options["connections"]}', f'seed={self.seed}',
                   *self.words, *words]
        before = cpu_s(self.pid)
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              preexec_fn=lambda: os.sched_setaffinity(0, {load_core}))
        assert done.returncode == 0, f'{self.name}: {done.stderr}'
        figures = {key: float(value) for key, value in re.findall(r'(\w+)=([\d.]+)', done.stdout)}
        used = sorted((seconds - before.get(task, 0) for task, seconds in cpu_s(self.pid).items()), reverse=True)
        figures['us'] = used[0] * 1e6 / figures['answers']
        figures['beside_us'] = sum(used[1:]) * 1e6 / figures['answers']
        return figures


def compare(what, options, contenders, *words):
    """Rounds of all in turn; returns the median figures of each."""
    seen = {contender: [] for contender in contenders}
    for _ in range(options['rounds']):
        for contender in contenders:
            seen[contender].append(contender.load(options, f'seconds={options["seconds"]}', *words))
    for contender, rounds in seen.items():
        middle = {key: statistics.median(figures[key] for figures in rounds) for key in rounds[0]}
        contender.rates[what] = [figures['us'] for figures in rounds]
        print(f'    {what:<26} {contender.name:<12} '
              f'{middle["us"]:5.2f} us each (and {middle["beside_us"]:.2f} beside), '
              f'{middle["answers_per_s"]:8,.0f}/s by the clock, p99 {middle["p99_us"] / 1000:.1f} ms, '
              f'{middle["peers_mean"]:.1f} peers, {middle["bytes_mean"]:.0f} bytes, load busy '
              f'{middle["generator_busy"]:.2f}', flush=True)
    return seen


def ratio(what, fast, slow):
    return statistics.median(theirs / ours for ours, theirs in zip(fast.rates[what], slow.rates[what]))


def start_essaim(folder):
    settings = {'tracker.open': 'yes', 'tracker.udp_listen': '', 'tracker.new_swarms_per_address_max': 0,
                'tracker.peers_per_address_max': 0, 'tracker.peers_max': 20000000, 'tracker.torrents_max': 20000000,
                'log.level': 'warning'}
    return Server(folder / 'essaim', settings).start()


def start_constant(size):
    server = subprocess.Popen([PROGRAMS / 'constant_server', str(size)], stdout=subprocess.PIPE, text=True)
    return server, int(server.stdout.readline().split()[1])


def start_opentracker(folder, options):
    """Debian's tracks listed works only: so all are listed."""
    binary = shutil.which('opentracker', path=os.environ.get('PATH', '') + ':/usr/sbin')
    assert binary, 'opentracker is not installed: ./dev bench installs it'
    port = free_port()
    room = folder / 'opentracker'
    room.mkdir(mode=0o755)
    folder.chmod(0o755)
    subprocess.run([PROGRAMS / 'announce_load', '127.0.0.1:1', f'peers={options["peers"]}',
                    f'torrents={options["peers"] // 20}', f'hashes={room}/list'], check=True)
    inside = '' if os.geteuid() == 0 else room  # as root it calls the folder its root
    (room / 'conf').write_text(f'listen.tcp 127.0.0.1:{port}\naccess.whitelist {inside}/list\ntracker.rootdir {room}\n')
    server = subprocess.Popen([binary, '-f', room / 'conf'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(2)
    assert server.poll() is None, 'opentracker ended'
    return server, port


def stop(essaim_server, others):
    for server in others:
        server.terminate()
        server.wait(30)
    essaim_server.stop()


def measure_kept(folder, options):
    essaim_server = start_essaim(folder)
    others = []
    try:
        essaim = Contender('essaim', essaim_server.process.pid, essaim_server.port)
        essaim.load(options, 'seconds=0')
        size = round(essaim.load(options, 'seconds=1')['bytes_mean'])
        constant_server, port = start_constant(size - 150)  # the head is about as long
        others.append(constant_server)
        constant = Contender('constant', constant_server.pid, port, [f'bytes={size - 150}'])
        for what, words, least in (('keep-alive', (), KEEP_ALIVE_LEAST),
                                   ('keep-alive, 16 at once', ('depth=16',), None)):
            compare(what, options, [constant, essaim], *words)
            figure = ratio(what, essaim, constant)
            if least:
                say(f'{what}: of a constant', f'{figure:.2f}', f'>= {least}', figure >= least)
            else:
                print(f'    {what}: {figure:.2f} of a constant')
    finally:
        stop(essaim_server, others)


def measure_once(folder, options):
    """Leechers only: a seeder is told of other seeders by opentracker, not by us."""
    essaim_server = start_essaim(folder / 'once')
    others = []
    try:
        essaim = Contender('essaim', essaim_server.process.pid, essaim_server.port, ['seeders=0'])
        opentracker_server, port = start_opentracker(folder, options)
        others.append(opentracker_server)
        opentracker = Contender('opentracker', opentracker_server.pid, port, ['seeders=0'])
        essaim.load(options, 'seconds=0', 'once=1')
        opentracker.load(options, 'seconds=0', 'once=1')
        seen = compare('one connection each', options, [essaim, opentracker], 'once=1')
        figure = ratio('one connection each', essaim, opentracker)
        say('one connection each: of opentracker', f'{figure:.2f}', f'>= {AHEAD_LEAST}', figure >= AHEAD_LEAST)
        means = [statistics.median(figures['peers_mean'] for figures in rounds) for rounds in seen.values()]
        say('one connection each: peers answered', ' and '.join(f'{mean:.2f}' for mean in means), 'within 5 %',
            abs(means[0] - means[1]) <= means[1] * 0.05)
    finally:
        stop(essaim_server, others)


def main():
    options = {'peers': 200000, 'rounds': 5, 'seconds': 2, 'connections': 64}
    for word in sys.argv[1:]:
        key, _, value = word.partition('=')
        assert key in options and value.isdigit(), __doc__
        options[key] = int(value)
    folder = make_folder()
    try:
        measure_kept(folder / 'kept', options)
        measure_once(folder, options)
    finally:
        remove_folder(folder)
    return 1 if missed else 0


server_core, load_core = (sorted(os.sched_getaffinity(0)) * 2)[:2]
if __name__ == '__main__':
    sys.exit(main())
