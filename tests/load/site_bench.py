#!/usr/bin/env python3
"""The site under load: the record of 2015, pages a second, memory, start, and the weight of a first visit.

    ./dev bench site [rounds=5] [seconds=2] [works=10000] [catalogue=50000]

`works` are uploaded one by one; then `catalogue` works, made up from a seed, are imported into a second site, written
out again, and its pages asked for by 200 visitors at once. Three million of them take some minutes and 6 GB of disk.

Rates are answers per second of the server's own processor time, so that one core is one core whatever else the machine
does; ratios are of neighbours in one round, and their median is printed. The wall clock's rates stand beside them.
Exit code 1 when a figure is missed.
"""
import hashlib
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
from server import BINARY, Server, make_folder, remove_folder  # noqa: E402  (the folder must be known first)

GENERATOR = BINARY.parent / 'tests' / 'load' / 'http_bench'
CATALOGUE = BINARY.parent / 'tests' / 'load' / 'catalogue_lines'
RECORD = 5775              # uploads of the day in 2015
UPLOADERS, STREAMS = 8, 16
CONNECTIONS = 32
VISITORS = 200             # at once, on the large catalogue
PAGES_ASKED = 20_000       # different torrent pages of it
BROWSER = 'header=Accept-Encoding: gzip, deflate, br, zstd'
WORDS = '''open sound archive river light winter garden field notes history letters atlas public domain lecture course
poems stories engine kernel system desktop server data census weather climate ocean mountain music piano quartet song
radio theatre film short painting museum science physics chemistry algebra language grammar dictionary travel bread
kitchen children school teacher village city bridge railway forest bird insect flower star planet telescope'''.split()
CATEGORIES = 'linux software games data books audiobooks music podcasts video courses maps'.split()
LICENCES = ('CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'GPL-3.0-only', 'MIT', 'CC-PDM-1.0')

missed = []


def say(what, value, limit, good):
    print(f'{what:<44} {value:<34} limit {limit:<22} {"ok" if good else "MISSED"}', flush=True)
    if not good:
        missed.append(what)


def note(words):
    print(f'    {words}', flush=True)


# ---- works -----------------------------------------------------------------------------------

def write(value):
    if isinstance(value, int):
        return b'i%de' % value
    if isinstance(value, bytes):
        return b'%d:%s' % (len(value), value)
    if isinstance(value, dict):
        return b'd' + b''.join(write(key) + write(item) for key, item in sorted(value.items())) + b'e'
    return b'l' + b''.join(write(item) for item in value) + b'e'


def words(chance, low, high):
    return ' '.join(chance.choices(WORDS, k=chance.randint(low, high)))


def make_work(chance):
    """A .torrent as people make them: one to forty files, 100 to 1,500 pieces, and the words of its page."""
    files = chance.choice((1, 1, 2, 5, 12, 40))
    pieces = chance.randint(100, 1500)
    piece_length = 1 << chance.randint(15, 21)
    sizes = [piece_length * pieces // files] * files
    title = words(chance, 2, 6).capitalize()
    name = title.replace(' ', '_').encode()
    content = {b'name': name, b'piece length': piece_length,
               b'pieces': chance.randbytes(20 * -(-sum(sizes) // piece_length))}
    if files == 1:
        content[b'length'] = sizes[0]
    else:
        content[b'files'] = [{b'length': size, b'path': [b'part %d' % (n // 12 + 1), b'%02d %s.ogg' % (
            n, words(chance, 1, 3).encode())]} for n, size in enumerate(sizes)]
    torrent = write({b'announce': b'udp://tracker.example.org:6969/announce', b'created by': b'site_bench',
                     b'info': content})
    return torrent, {
        'title': title, 'category': chance.choice(CATEGORIES), 'license': chance.choice(LICENCES),
        'author': words(chance, 1, 2).title(),
        'source_url': 'https://example.org/' + words(chance, 1, 2).replace(' ', '/'),
        'tags': ', '.join(set(words(chance, 1, 4).split())), 'language': chance.choice(('en', 'fr', 'de')),
        'description': '\n\n'.join(f'{words(chance, 10, 40).capitalize()}. **{words(chance, 2, 3)}**, '
                                   f'[more](https://example.org/).' for _ in range(chance.randint(1, 5)))}


def upload_request(server, token, work):
    torrent, fields = work
    edge = b'bench-' + hashlib.sha1(torrent).hexdigest().encode()
    body = b''.join(b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (
        edge, key.encode(), value.encode()) for key, value in fields.items())
    body += (b'--%s\r\nContent-Disposition: form-data; name="torrent"; filename="work.torrent"\r\n'
             b'Content-Type: application/x-bittorrent\r\n\r\n%s\r\n--%s--\r\n' % (edge, torrent, edge))
    head = (f'POST /api/v1/torrents HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nAuthorization: Bearer {token}\r\n'
            f'Content-Type: multipart/form-data; boundary={edge.decode()}\r\nContent-Length: {len(body)}\r\n\r\n')
    return head.encode() + body


def read_answer(stream):
    got = b''
    while b'\r\n\r\n' not in got:
        more = stream.recv(65536)
        if not more:
            raise ConnectionError('the server closed')
        got += more
    head, body = got.split(b'\r\n\r\n', 1)
    length = int(re.search(rb'(?i)\r\ncontent-length: (\d+)', head)[1])
    while len(body) < length:
        body += stream.recv(65536)
    return int(head[9:12]), body


def upload_all(server, requests):
    """Sends every request over a few keep-alive connections; each must be a 201."""
    todo, faults = iter(requests), []
    lock = threading.Lock()

    def run():
        with socket.create_connection((server.address, server.port)) as stream:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not faults:
                with lock:
                    request = next(todo, None)
                if request is None:
                    return
                stream.sendall(request)
                status, body = read_answer(stream)
                if status != 201:
                    faults.append((status, body))
    threads = [threading.Thread(target=run) for _ in range(STREAMS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]


# ---- what the system says of the server ------------------------------------------------------

def cpu_s(server):
    """Processor seconds of all its threads, the kernel's work for it included."""
    return sum(int((task / 'schedstat').read_text().split()[0])
               for task in Path(f'/proc/{server.process.pid}/task').iterdir()) / 1e9


def memory_mib(server, key='RssAnon'):
    status = Path(f'/proc/{server.process.pid}/status').read_text()
    return int(re.search(rf'{key}:\s+(\d+) kB', status)[1]) / 1024


def all_memory(server):
    return f'{memory_mib(server, "VmRSS"):.1f} MiB resident, {memory_mib(server):.1f} of it its own'


class Load:
    """One run of the generator: what it printed, and what the server used meanwhile."""
    connections = CONNECTIONS

    def __init__(self, server, target, seconds, body_min, *more):
        before, started = cpu_s(server), time.monotonic()
        done = subprocess.run([GENERATOR, f'{server.host}:{server.port}', target, f'connections={self.connections}',
                               f'seconds={seconds}', f'body_min={body_min}', *more],
                              capture_output=True, text=True, check=True)
        self.wall_s = time.monotonic() - started
        self.cpu_s = cpu_s(server) - before
        said = dict(pair.split('=') for pair in done.stdout.split())
        assert said['not_200'] == '0', f'{target}: {done.stdout}'
        self.answers, self.busy = int(said['answers']), float(said['generator_busy'])
        self.wall_rate = float(said['requests_per_s'])
        self.p50_us, self.p99_us = int(said['p50_us']), int(said['p99_us'])

    @property
    def rate(self):
        """Answers per second of one core."""
        return self.answers / self.cpu_s


def medians(loads):
    return (f'{statistics.median(load.wall_rate for load in loads):,.0f}/s by the clock, '
            f'p50 {statistics.median(load.p50_us for load in loads):.0f} us, '
            f'p99 {statistics.median(load.p99_us for load in loads):.0f} us, '
            f'server {statistics.median(load.cpu_s / load.wall_s for load in loads):.2f} cores, '
            f'generator {statistics.median(load.busy for load in loads):.2f}')


# ---- the figures -----------------------------------------------------------------------------

def record(server, tokens, chance, works):
    """The uploads of the day, then the rest of the catalogue the same way."""
    requests = [upload_request(server, tokens[n % len(tokens)], make_work(chance)) for n in range(works)]
    day, rest = requests[:RECORD], requests[RECORD:]
    sizes = sum(map(len, day))
    before, own, started = cpu_s(server), time.process_time(), time.monotonic()
    upload_all(server, day)
    found = server.list(limit='1')['total']
    took, used, own = time.monotonic() - started, cpu_s(server) - before, time.process_time() - own
    say('the record: 5,775 uploads, durable, searchable', f'{took:.2f} s', '<= 10 s', took <= 10 and found == len(day))
    note(f'{len(day) / took:,.0f} uploads/s by the clock, {used / len(day) * 1e6:.0f} us of processor each '
         f'({used:.2f} s in all; the generator {own:.2f} s); {sizes / len(day) / 1024:.1f} KiB each; {found:,} found')
    note(f'after them: {all_memory(server)}')
    server.kill()
    server.start()
    kept = server.list(limit='1')['total']
    say('after kill -9, acknowledged works kept', f'{kept:,} of {len(day):,}', 'all', kept == len(day))
    upload_all(server, rest)


def start_and_idle(server, works, empty_s):
    def start_once():
        server.stop()
        started = time.monotonic()
        server.start()
        server.get('/en/')
        return time.monotonic() - started
    took = min(start_once() for _ in range(3))
    used = cpu_s(server)
    idle = memory_mib(server, 'VmRSS')
    say(f'idle memory with {works:,} works', f'{idle:.1f} MiB', '<= 64 MiB', idle <= 64)
    note(all_memory(server))
    note(f'start to first page with {works:,} works: {took * 1000:.0f} ms by the clock')
    million = (used - empty_s) * 1e6 / works
    say('start with 1 M works, extrapolated', f'{million:.0f} s', '<= 2 s', million <= 2)
    note(f'{used * 1000:.0f} ms of processor, {empty_s * 1000:.0f} ms without works: '
         f'{(used - empty_s) / works * 1e6:.0f} us a work')


def first_visit(server):
    """As a browser without cache: the page and all that it names, compressed, heads included."""
    headers = {'Accept-Encoding': 'gzip, deflate, br'}

    def weigh(address):
        answer = server.request('GET', address, headers=headers, stream=True)
        assert answer.status_code == 200, address
        head = sum(len(key) + len(value) + 4 for key, value in answer.headers.items()) + len('HTTP/1.1 200 OK\r\n\r\n')
        raw = answer.raw.read(decode_content=False)
        return head + len(raw), answer, raw
    total, answer, _ = weigh('/en/')
    page = requests_text(server, '/en/')
    wanted = set(re.findall(r'<link rel="(?:stylesheet|icon|preload|modulepreload)"[^>]*href="([^"]+)"', page))
    wanted |= set(re.findall(r'<(?:script|img)[^>]*src="([^"]+)"', page))
    todo, seen, parts = sorted(wanted), set(), [('/en/', total)]
    while todo:
        address = todo.pop()
        if address in seen:
            continue
        seen.add(address)
        weight, answer, _ = weigh(address)
        parts.append((address, weight))
        kind, text = answer.headers['Content-Type'], requests_text(server, address)
        if 'css' in kind:
            todo += re.findall(r'url\(["\']?(/[^)"\']+)', text)
        if 'javascript' in kind:
            todo += [os.path.join(os.path.dirname(address), part) for part in re.findall(
                r'^\s*import[^;]*?["\']([./][^"\']+)["\']', text, re.MULTILINE)]
    total = sum(weight for _, weight in parts)
    say('first visit to the home page, weight', f'{total / 1000:.1f} KB', '<= 30 KB', total <= 30_000)
    say('first visit to the home page, requests', f'{len(parts)}', '<= 4', len(parts) <= 4)
    note(', '.join(f'{address} {weight}' for address, weight in parts))


def requests_text(server, address):
    return server.get(address).text


def pages(server, targets, rounds, seconds, word):
    """Rounds of neighbours: a constant, the cached page, then pages nobody asked for before."""
    home = len(server.request('GET', '/en/', headers={'Accept-Encoding': 'zstd'}, stream=True).raw.read())
    runs = {
        'constant': ('/livez', 1, ()),
        'cached home': ('/en/', home // 2, (BROWSER,)),
        'torrent page': (f'@{targets}', 1000, (BROWSER,)),
        'torrent page, not compressed': (f'@{targets}', 3000, ()),
        'home': ('/en/?n={n}', 1000, (BROWSER,)),
        'browse': ('/en/browse/music?min_size={n}', 1000, (BROWSER,)),
        'search': (f'/en/search?q={word}&min_size={{n}}', 3000, (BROWSER,)),
        'API list': (f'/api/v1/torrents?q={word}&min_size={{n}}', 1000, (BROWSER,)),
    }
    loads = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (target, body_min, more) in runs.items():
            loads[name].append(Load(server, target, seconds, body_min, *more))
    ratio = statistics.median(cached.rate / constant.rate
                              for cached, constant in zip(loads['cached home'], loads['constant']))
    clock = statistics.median(cached.wall_rate / constant.wall_rate
                              for cached, constant in zip(loads['cached home'], loads['constant']))
    say('cached home page / constant answer, a core', f'{ratio:.2f} (by the clock {clock:.2f})', '>= 0.8', ratio >= 0.8)
    note(f'{home:,} bytes against 3')
    rate = statistics.median(load.rate for load in loads['torrent page'])
    say('uncached torrent page, a core', f'{rate:,.0f}/s', '>= 5,000/s', rate >= 5000)
    for name, of_name in loads.items():
        rate = statistics.median(load.rate for load in of_name)
        note(f'{name:<29} {rate:>8,.0f}/s a core  {1e6 / rate:6.0f} us   {medians(of_name)}')


def growth(server, targets):
    """What views leave behind must not grow with their number, once the caches are full."""
    seen, views = [], 0
    for _ in range(9):
        for target in (f'@{targets}', '/en/?n={n}', '/en/search?q=river&min_size={n}', '/en/browse/books?min_size={n}'):
            views += Load(server, target, 1, 1, BROWSER).answers
        seen.append(memory_mib(server))
    early, late = statistics.median(seen[1:5]), statistics.median(seen[5:])
    say('memory of loads 2-5 and 6-9', f'{early:.0f}, {late:.0f} MiB', '+ 10 %', late <= early * 1.1)
    note(f'{views:,} views; {all_memory(server)}; pages kept by the micro-cache are up to 64 MiB of it')


def list_targets(server, folder, count):
    """So many addresses of torrent pages, each to be asked for with a number: a page nobody has seen."""
    listed, cursor = [], {}
    while len(listed) < count:
        part = server.list(limit='100', sort='newest', **cursor)
        listed += [re.sub(r'^https?://[^/]+', '', item['url']) for item in part['items']]
        if not part['next']:
            break
        cursor = {'cursor': part['next']}
    targets = folder / 'targets'
    targets.write_text(''.join(f'{address}?n={{n}}\n' for address in listed))
    note(f'{len(listed):,} pages of works, e.g. {listed[0]}')
    return targets


def large_catalogue(works, rounds, seconds):
    """Works by the million, as far as this machine may: in, out, and 200 visitors at once."""
    folder = make_folder()
    server = Server(folder, {'log.level': 'warning'})
    try:
        server.start()
        server.add_user('operator1', 'admin')
        lines, written = folder / 'catalogue.jsonl', folder / 'written.jsonl'
        with open(lines, 'wb') as file:
            subprocess.run([CATALOGUE, str(works)], stdout=file, check=True)
        started, before = time.monotonic(), cpu_s(server)
        said = server.command('import', '--format', 'jsonl', '--publish', str(lines), seconds=3 * 3600)
        took, used = time.monotonic() - started, cpu_s(server) - before
        note(f'import of {works:,} works, {lines.stat().st_size / 1e6:,.0f} MB: {works / took:,.0f} works/s by the '
             f'clock, {used / works * 1e6:.0f} us of processor each; {said.splitlines()[0]}')
        kept = sum(part.stat().st_size for part in (folder / 'data').glob('essaim.db*'))
        note(f'{kept / works:,.0f} bytes of database a work; {all_memory(server)}')
        started = time.monotonic()
        server.command('export', '--format', 'jsonl', str(written), seconds=3600)
        note(f'export: {works / (time.monotonic() - started):,.0f} works/s by the clock')
        total = server.list(limit='1')['total']
        say('works imported and found', f'{total:,}', f'{works:,}', total == works)
        Load.connections = VISITORS
        pages(server, list_targets(server, folder, min(works, PAGES_ASKED)), rounds, seconds, 'history')
        server.stop()
    finally:
        if server.is_alive():
            server.kill()
        remove_folder(folder)


def main():
    options = {'rounds': 5, 'seconds': 2, 'works': 10_000, 'catalogue': 50_000,
               **{key: int(value) for key, value in (word.split('=') for word in sys.argv[1:])}}
    folder = make_folder()
    server = Server(folder, {'log.level': 'warning'})
    try:
        server.start()
        empty_s = cpu_s(server)
        note(f'empty: {all_memory(server)}')
        server.add_user('operator1', 'admin')
        tokens = [server.sign_up(f'uploader{n}').token for n in range(UPLOADERS)]
        record(server, tokens, random.Random(2015), options['works'])
        start_and_idle(server, options['works'], empty_s)
        first_visit(server)
        targets = list_targets(server, folder, options['works'])
        pages(server, targets, options['rounds'], options['seconds'], 'river')
        growth(server, targets)
        server.stop()
    finally:
        if server.is_alive():
            server.kill()
        remove_folder(folder)
    if options['catalogue']:
        large_catalogue(options['catalogue'], options['rounds'], options['seconds'])
    if missed:
        print('missed: ' + ', '.join(missed))
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
