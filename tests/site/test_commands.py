"""The commands of the operator: alone, and through the running server; what they say and how they end."""
import itertools
import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
from urllib.parse import urlsplit

import libtorrent
import pytest

from page import Page
from server import BINARY, ENVIRONMENT, PASSWORD, WORDS, Browser, Server, hashes_of, info_of, make_torrent, wait_for

DONE, REFUSED, USAGE = 0, 1, 2
NAMED = list(itertools.chain(*((f'--{key.replace("_", "-")}', value) for key, value in WORDS.items())))


def essaim(*words, stdin='', env=None, cwd=None):
    return subprocess.run([BINARY, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=120,
                          env={**ENVIRONMENT, **(env or {})}, check=False, cwd=cwd)


@pytest.fixture
def alone(make_server):
    """A data folder without a server."""
    return make_server(start=False)


@pytest.fixture(params=['alone', 'running'])
def either(request, make_server):
    """Every command that touches data works both ways."""
    return make_server(start=request.param == 'running')


# ---- accounts --------------------------------------------------------------------------------

def test_user_add_list_role_and_password(either):
    done = either.run('user', 'add', 'anna', '--email', 'anna@example.org', '--role', 'admin', '--password-stdin',
                      stdin=PASSWORD + '\n')
    assert done.returncode == DONE and 'anna is a admin' not in done.stderr, done.stderr
    made = either.command_json('user', 'add', 'bert', '--email', 'bert@example.org')
    assert made['name'] == 'bert' and len(made['password']) >= 12
    assert 'cleo' in either.command('user', 'add', 'cleo', '--email', 'c@example.org', '--role', 'trusted')
    listed = {user['name']: user for user in either.command_json('user', 'list')}
    assert {name: user['role'] for name, user in listed.items()} == {'anna': 'admin', 'bert': 'member',
                                                                     'cleo': 'trusted'}
    assert either.command_json('user', 'role', 'bert', 'moderator') == {'name': 'bert', 'role': 'moderator'}
    changed = either.command_json('user', 'password', 'bert')
    either.command('user', 'password', 'anna', '--password-stdin', stdin='another password 2\n')
    if not either.is_alive():
        either.start()
    Browser(either).sign_in('anna', 'another password 2')
    assert 'Moderation' in Browser(either).sign_in('bert', changed['password']).get('/en/').text
    assert either.api('POST', '/tokens', json={'name': 'bert', 'password': made['password']}).status_code == 401


@pytest.mark.parametrize('words, stdin, code, said', [
    (['user', 'add', 'x', '--email', 'x@example.org'], '', REFUSED, 'name'),
    (['user', 'add', 'anna', '--email', 'nothing'], '', REFUSED, 'e-mail'),
    (['user', 'add', 'anna', '--email', 'a@example.org', '--password-stdin'], 'short\n', REFUSED, 'password'),
    (['user', 'add', 'anna', '--email', 'a@example.org', '--password-stdin'], '', REFUSED, 'password'),
    (['user', 'add', 'anna'], '', USAGE, '--email'),
    (['user', 'add', 'anna', '--email', 'a@example.org', '--role', 'king'], '', USAGE, 'king'),
    (['user', 'add'], '', USAGE, 'user add'), (['user', 'add', 'a', 'b'], '', USAGE, 'user add'),
    (['user', 'role', 'nobody-here', 'admin'], '', REFUSED, 'no'),
    (['user', 'rm', 'anna'], '', USAGE, 'user'), (['nothing'], '', USAGE, 'nothing'),
    (['torrent', 'remove', 'xyz', '--reason', 'fake', '--note', 'n'], '', USAGE, 'xyz'),
    (['torrent', 'remove', '0' * 40, '--reason', 'fake', '--note', 'n'], '', REFUSED, 'no such'),
    (['torrent', 'add', '/nonexistent.torrent', '--as', 'anna'], '', REFUSED, 'nonexistent'),
    (['import', '/nonexistent', '--as', 'anna'], '', REFUSED, ''),
    (['import'], '', USAGE, 'import'), (['serve', '--colour', 'red'], '', USAGE, 'colour'),
    (['settings', '--set', 'http.listen'], '', REFUSED, 'http.listen'),
], ids=lambda value: ' '.join(value) if isinstance(value, list) else '')
def test_a_refusal_says_why_and_ends_with_its_code(alone, words, stdin, code, said):
    alone.data.mkdir(exist_ok=True)
    done = alone.run(*words, stdin=stdin)
    assert done.returncode == code, done.stdout + done.stderr
    assert said.lower() in done.stderr.lower() and done.stderr.startswith('essaim: '), done.stderr
    assert done.stdout == '' and 'Traceback' not in done.stderr


def test_a_refusal_is_the_same_through_the_server(server):
    server.command('user', 'add', 'anna', '--email', 'anna@example.org')
    done = server.run('user', 'add', 'Anna', '--email', 'b@example.org')
    assert done.returncode == REFUSED and 'name' in done.stderr.lower()
    assert server.run('user', 'add', 'bert').returncode == USAGE


def test_a_file_given_to_a_command_is_read_where_the_command_runs(server, tmp_path):
    """Relative paths are of the caller, not of the server."""
    server.command('user', 'add', 'anna', '--email', 'anna@example.org')
    torrent = make_torrent(tmp_path)
    (tmp_path / 'here.torrent').write_bytes(torrent.content)
    done = subprocess.run([BINARY, 'torrent', 'add', 'here.torrent', '--as', 'anna', '--title', 'From here', *NAMED,
                           *server.options()], capture_output=True, text=True, timeout=60, env=ENVIRONMENT,
                          cwd=tmp_path, check=False)
    assert done.returncode == DONE, done.stderr
    assert server.list(q=torrent.v1)['total'] == 1


# ---- torrents --------------------------------------------------------------------------------

@pytest.mark.parametrize('kind', ['v1', 'v2', 'hybrid'])
def test_a_torrent_is_made_shown_published_and_removed(either, tmp_path, kind):
    folder = tmp_path / 'My work'
    (folder / 'inner').mkdir(parents=True)
    (folder / 'a.bin').write_bytes(os.urandom(50_000))
    (folder / 'inner' / 'été.txt').write_text('words')
    file = tmp_path / 'made.torrent'
    done = essaim('torrent', 'create', f'--{kind}', '--output', file, '--tracker', 'udp://t.example:1', '--web-seed',
                  'https://w.example/', '--piece-length', 16384, folder)
    assert done.returncode == DONE, done.stderr
    v1, v2 = hashes_of(file.read_bytes())
    assert bool(v1) == (kind != 'v2') and bool(v2) == (kind != 'v1')
    shown = json.loads(essaim('torrent', 'show', file, '--json').stdout)
    assert (shown['infohash_v1'] or '', shown['infohash_v2'] or '') == (v1, v2) and shown['name'] == 'My work'
    assert {f['path']: f['size_bytes'] for f in shown['file_list']} == {'a.bin': 50_000, 'inner/été.txt': 5}
    assert (v1 or v2) in essaim('torrent', 'show', file).stdout
    either.command('user', 'add', 'anna', '--email', 'anna@example.org')
    answer = either.command_json('torrent', 'add', str(file), '--as', 'anna', '--title', 'Made here', *NAMED)
    assert answer['state'] == 'published' and answer['url'].startswith(either.url)
    again = either.run('torrent', 'add', str(file), '--as', 'anna', '--title', 'Made here', *NAMED)
    assert again.returncode == REFUSED and 'already' in again.stderr
    if not either.is_alive():
        either.start()
    assert info_of(either.get(f'/t/{v1 or v2}.torrent').content) == info_of(file.read_bytes())
    removed = either.command_json('torrent', 'remove', v1 or v2, '--reason', 'fake', '--note', 'It was a test.')
    assert removed == {'id': answer['id'], 'state': 'removed'}
    assert either.get(urlsplit(answer['url']).path).status_code == 410
    either.command('torrent', 'remove', v1 or v2, '--reason', 'rights', '--note', 'There is a better reason.')
    assert either.get(urlsplit(answer['url']).path).status_code in (410, 451)  # a page kept for a second
    assert either.run('torrent', 'remove', v1 or v2, '--reason', 'whim', '--note', 'x').returncode != DONE


def test_every_fault_of_words_is_told(alone, tmp_path):
    alone.command('user', 'add', 'anna', '--email', 'anna@example.org')
    file = tmp_path / 'x.torrent'
    file.write_bytes(make_torrent(tmp_path).content)
    done = alone.run('torrent', 'add', str(file), '--as', 'anna', '--title', 'x', '--license', 'none')
    assert done.returncode == REFUSED
    assert len([line for line in done.stderr.splitlines() if line.startswith('essaim: ')]) >= 4, done.stderr
    assert alone.run('torrent', 'add', str(file), *NAMED).returncode == USAGE
    assert alone.run('torrent', 'add', str(file), '--as', 'nobody-here', *NAMED).returncode == REFUSED


@pytest.mark.parametrize('content', [b'', b'x', b'd4:infod6:lengthi5eee', b'd' * 5000])
def test_show_says_what_is_wrong(tmp_path, content):
    (tmp_path / 'bad.torrent').write_bytes(content)
    done = essaim('torrent', 'show', tmp_path / 'bad.torrent')
    assert done.returncode == REFUSED and done.stderr.startswith('essaim: ') and done.stdout == ''


@pytest.fixture
def import_folder(tmp_path):
    """good/ has a sidecar, plain/ none, known.torrent comes twice, bad.torrent is none."""
    works = {}
    for name, place in (('good', 'good'), ('plain', 'plain'), ('known', '.'), ('hidden', 'deep/er')):
        folder = tmp_path / 'in' / place
        folder.mkdir(parents=True, exist_ok=True)
        works[name] = make_torrent(tmp_path, name=f'{name}.bin')
        (folder / f'{name}.torrent').write_bytes(works[name].content)
    (tmp_path / 'in' / 'again.torrent').write_bytes(works['known'].content)
    (tmp_path / 'in' / 'bad.torrent').write_bytes(b'no torrent')
    (tmp_path / 'in' / 'notes.txt').write_text('not a torrent at all')
    (tmp_path / 'in' / 'good' / 'good.json').write_text(json.dumps(
        {'title': 'From its sidecar', 'license': 'CC-BY-4.0', 'author': 'Ada', 'source_url': 'https://a.example/',
         'category': 'music', 'tags': ['jazz', 'live'], 'description': '**Words**', 'language': 'fr'}))
    works['folder'] = str(tmp_path / 'in')
    return works


def test_import_waits_for_a_moderator_unless_vouched_for(either, import_folder):
    either.command('user', 'add', 'anna', '--email', 'anna@example.org')
    dry = either.run('import', import_folder['folder'], '--as', 'anna', '--dry-run')
    assert dry.returncode == REFUSED and 'Would be: 0 published' in dry.stdout and 'bad.torrent' in dry.stdout
    done = either.run('import', import_folder['folder'], '--as', 'anna')
    assert done.returncode == REFUSED  # some were refused; the others are in
    assert '0 published, 4 waiting for a moderator, 1 known already, 1 refused' in done.stdout
    assert 'bad.torrent' in done.stdout and 'notes.txt' not in done.stdout
    again = either.run('import', import_folder['folder'], '--as', 'anna', '--json')
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert sorted(line['state'] for line in lines if 'path' in line) == ['known'] * 5 + ['refused']
    if not either.is_alive():
        either.start()
    assert either.list()['total'] == 0
    moderator = either.add_user('modesta', 'moderator')
    waiting = Page(moderator.browser().get('/en/moderation').text).text
    assert 'From its sidecar' in waiting and 'plain' in waiting


def test_import_with_publish_uses_sidecars_then_options(either, import_folder):
    either.command('user', 'add', 'anna', '--email', 'anna@example.org')
    done = either.run('import', import_folder['folder'], '--as', 'anna', '--publish', '--license', 'MIT', '--author',
                      'The archive', '--source-url', 'own', '--category', 'data')
    totals = '4 published, 0 waiting for a moderator, 1 known already, 1 refused'
    assert totals in done.stdout, done.stdout + done.stderr
    if not either.is_alive():
        either.start()
    works = {item['title']: either.torrent(item['id']) for item in either.list()['items']}
    good = works['From its sidecar']
    assert (good['license'], good['author'], good['category'], good['tags'], good['language'], good['description']) == \
        ('CC-BY-4.0', 'Ada', 'music', ['jazz', 'live'], 'fr', '**Words**')
    plain = works['plain.bin']
    assert (plain['license'], plain['author'], plain['source_url'], plain['category']) == ('MIT', 'The archive', 'own',
                                                                                           'data')


def test_import_of_a_bad_sidecar_names_it(alone, tmp_path):
    alone.command('user', 'add', 'anna', '--email', 'anna@example.org')
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'a.torrent').write_bytes(make_torrent(tmp_path).content)
    (tmp_path / 'in' / 'a.json').write_text('{"title": ')
    done = alone.run('import', str(tmp_path / 'in'), '--as', 'anna')
    assert done.returncode == REFUSED and 'a.json' in done.stdout


# ---- one store, one writer -------------------------------------------------------------------

def test_a_second_server_is_refused_clearly(server):
    other = Server(server.folder / 'other')
    other.data = server.data
    done = subprocess.run([BINARY, 'serve', *other.options()], capture_output=True, text=True, timeout=30,
                          env=ENVIRONMENT,
                          check=False)
    assert done.returncode == REFUSED and 'Another process' in done.stderr, done.stderr
    assert server.is_ready()


def test_an_address_in_use_is_refused_clearly(server, make_server):
    other = make_server(start=False)
    options = [word.replace(f':{other.port}', f':{server.port}') for word in other.options()]
    done = subprocess.run([BINARY, 'serve', *options], capture_output=True, text=True, timeout=30, env=ENVIRONMENT,
                          check=False)
    assert done.returncode == REFUSED and 'in use' in done.stderr and str(server.port) in done.stderr


def test_the_control_socket_is_the_operators_only(server):
    sockets = [path for path in server.data.rglob('*') if stat.S_ISSOCK(path.stat().st_mode)]
    assert len(sockets) == 1 and stat.S_IMODE(sockets[0].stat().st_mode) == 0o600
    for junk in (b'\x00' * 5000, b'\xff' * 5000, b'', b'GET / HTTP/1.1\r\n\r\n'):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(sockets[0]))
            try:
                control.sendall(junk)
            except BrokenPipeError:
                pass
    assert server.command_json('user', 'list') == []
    database = server.data / 'essaim.db'
    assert stat.S_IMODE(database.stat().st_mode) & 0o077 == 0, 'others may read the store'


# ---- settings --------------------------------------------------------------------------------

@pytest.mark.parametrize('text, said', [
    ('[site]\nname = x\n[htp]\nlisten = y\n', ['line 4', 'htp.listen', 'http.listen']),
    ('[http]\n\nlisen = 127.0.0.1:1\n', ['line 3', 'http.lisen', 'http.listen']),
    ('[http]\nworkers = many\n', ['line 2', 'http.workers']),
    ('[http]\nworkers = 0\n', ['line 2', 'http.workers', '1']),
    ('[site]\nlanguage = de\n', ['line 2', 'site.language']), ('[site\nname = x\n', ['line 1']),
    ('nonsense\n', ['line 1']), ('[accounts]\nregistration = maybe\n', ['line 2', 'open']),
    ('[proxy]\ntrusted = 10.0.0.0/33\n', ['line 2', 'proxy.trusted']),
    ('[site]\nurl = ftp://x\n', ['line 2', 'site.url'])])
def test_a_settings_file_with_a_fault_names_the_line_and_the_way_out(tmp_path, text, said):
    (tmp_path / 'essaim.conf').write_text(text)
    for command in (['settings'], ['serve'], ['user', 'list']):
        done = essaim(*command, '--data', tmp_path)
        assert done.returncode == REFUSED, done.stdout
        assert all(word in done.stderr for word in ['essaim.conf', *said]), done.stderr
    assert not (tmp_path / 'essaim.db').exists()


def test_settings_come_from_the_nearest_place(tmp_path):
    (tmp_path / 'essaim.conf').write_text('[site]\nname = from file\n[http]\nworkers = 3\n'
                                          '[tracker]\ninterval_s = 100\n')

    def settings(*words, **env):
        done = essaim('settings', '--json', '--data', tmp_path, *words, env=env)
        assert done.returncode == DONE, done.stderr
        return {row['name']: row for row in json.loads(done.stdout)}
    found = settings('--set', 'site.name=from option', ESSAIM_SITE_NAME='from environment', ESSAIM_HTTP_WORKERS='5')
    assert found['site.name']['value'] == 'from option' and found['http.workers']['value'] == '5'
    assert found['tracker.interval_s']['value'] == '100' and found['site.language']['value'] == 'en'
    assert [found[name]['origin'] for name in ('site.name', 'http.workers', 'tracker.interval_s', 'site.language')] == \
        ['option', 'environment', 'file', 'default']
    wrong = essaim('settings', '--data', tmp_path, env={'ESSAIM_HTTP_WORKRS': '5'})
    assert wrong.returncode == REFUSED and 'ESSAIM_HTTP_WORKRS' in wrong.stderr and 'http.workers' in wrong.stderr
    wrong = essaim('settings', '--data', tmp_path, '--set', 'site.nam=x')
    assert wrong.returncode == REFUSED and 'site.name' in wrong.stderr
    assert essaim('settings', '--data', tmp_path, '--config', tmp_path / 'nowhere.conf').returncode == REFUSED


def test_limits_may_be_lifted_on_loopback_only(tmp_path):
    done = essaim('serve', '--data', tmp_path, '--set', 'limits.enabled=no', '--set', 'http.listen=0.0.0.0:18080')
    assert done.returncode == REFUSED and 'loopback' in done.stderr


def test_sighup_reads_the_settings_again(server):
    (server.data / 'essaim.conf').write_text('[site]\nname = The new <name>\n[accounts]\nregistration = closed\n')
    server.reload()
    wait_for(lambda: 'The new <name>' in Page(server.get('/en/about?').text).title or
             'The new <name>' in Page(server.get('/fr/').text).title, 'the new name is on the pages', 20)
    assert server.api('POST', '/accounts', json={'name': 'late', 'email': 'l@example.org',
                                                 'password': PASSWORD}).status_code == 403
    (server.data / 'essaim.conf').write_text('[site]\nname = \n[nonsense]\nx = 1\n')
    server.allowed_errors.append('reload_refused')
    server.reload()
    wait_for(lambda: 'reload_refused' in server.log(), 'the refusal is in the log', 20)
    time.sleep(0.2)
    assert 'The new <name>' in Page(server.get('/fr/search').text).title


# ---- start and stop --------------------------------------------------------------------------

def test_sigterm_lets_those_under_way_finish(server):
    member = server.sign_up()
    torrent = server.make_torrent(size=5_000_000)
    body = b'--B\r\nContent-Disposition: form-data; name="torrent"; filename="a"\r\n\r\n' + torrent.content + \
        b'\r\n' + b''.join(f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
                           for k, v in {**WORDS, 'title': 'While stopping'}.items()) + b'--B--\r\n'
    head = (f'POST /api/v1/torrents HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n'
            f'Authorization: Bearer {member.token}\r\n'
            f'Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {len(body)}\r\n\r\n').encode()
    with socket.create_connection((server.address, server.port), 30) as client:
        client.sendall(head + body[:2000])
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        client.sendall(body[2000:])
        answer = client.recv(65536)
    assert answer.startswith(b'HTTP/1.1 201'), answer[:300]
    assert server.process.wait(20) == 0
    server.start()
    assert server.list(q=torrent.v1)['total'] == 1


def test_sigterm_does_not_wait_for_the_idle(server):
    idle = [socket.create_connection((server.address, server.port), 30) for _ in range(20)]
    start = time.monotonic()
    server.stop()
    assert time.monotonic() - start < 10
    for client in idle:
        client.close()
    server.start()


def test_the_set_up_address_makes_one_administrator(make_server):
    server = make_server()
    address = urlsplit(re.search(r'http\S+/setup/\S+', server.output())[0]).path
    browser = Browser(server)
    assert browser.get(address[:-1] + ('A' if address[-1] != 'A' else 'B')).status_code == 404
    answer = browser.post_form(address, {'name': '', 'email': '', 'password': ''})
    assert answer.status_code == 422
    answer = browser.post_form(address, {'name': 'first', 'email': 'f@example.org', 'password': PASSWORD})
    assert answer.status_code == 200 and 'Moderation' in answer.text
    assert server.command_json('user', 'list')[0]['role'] == 'admin'
    assert browser.get(address).status_code == 404
    assert browser.post_form(address, {'name': 'second', 'email': 's@example.org', 'password': PASSWORD},
                             '/en/settings').status_code == 404
    server.restart()
    assert server.output().count('/setup/') == 1


def test_the_set_up_address_is_gone_when_a_command_made_an_account(server):
    address = urlsplit(re.search(r'http\S+/setup/\S+', server.output())[0]).path
    server.command('user', 'add', 'anna', '--email', 'a@example.org', '--role', 'admin')
    assert server.get(address).status_code == 404


# ---- the others ------------------------------------------------------------------------------

def test_version_routes_settings_and_help_need_no_data(tmp_path):
    version = json.loads(essaim('version', '--json', cwd=tmp_path).stdout)
    assert re.match(r'\d+\.\d+', version['version'])
    assert version['version'] in essaim('version', cwd=tmp_path).stdout
    assert len(json.loads(essaim('routes', '--json', cwd=tmp_path).stdout)) > 30
    assert len(json.loads(essaim('settings', '--json', cwd=tmp_path).stdout)) > 20
    for words in ([], ['--help'], ['serve', '--help'], ['torrent', 'create', '--help'], ['user', '--help']):
        done = essaim(*words, cwd=tmp_path)
        assert 'essaim' in done.stdout + done.stderr and 'Usage' in done.stdout + done.stderr, words
        assert done.returncode == DONE, words
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_a_healthy_site_healthy(either):
    done = either.run('doctor', '--json')
    assert done.returncode == DONE, done.stdout + done.stderr
    found = {finding['check']: finding for finding in json.loads(done.stdout)}
    assert {'store', 'disk', 'conntrack', 'receive buffer', 'datagrams', 'open files', 'ipv6', 'clock', 'huge pages',
            'file system', 'memory', 'certificates', 'proxy', 'site.url', 'limits'} <= set(found)
    for finding in found.values():
        assert finding['state'] in ('ok', 'warning') and finding['fine'] and finding['words'], finding
        assert bool(finding['remedy']) == (finding['state'] != 'ok'), finding
    assert found['limits']['state'] == 'warning', 'tests lift them'
    words = either.command('doctor')
    assert all(f'{finding["check"]} ' in words for finding in found.values())


def test_doctor_names_what_makes_all_visitors_one_and_passwords_plain(alone):
    alone.command('doctor')
    for option, check in (('site.url=https://example.org', 'proxy'), ('site.url=http://example.org', 'site.url')):
        done = essaim('doctor', '--json', '--data', alone.data, '--set', option)
        assert done.returncode == REFUSED
        problems = {finding['check']: finding for finding in json.loads(done.stdout) if finding['state'] == 'problem'}
        assert check in problems and problems[check]['remedy'], (option, problems)


def test_sample_fills_an_empty_site_once(alone):
    """Alone, since it reads many files of this machine."""
    alone.command('sample')
    again = alone.run('sample')
    assert again.returncode == REFUSED and 'empty' in again.stderr, again.stderr
    alone.start()
    found = alone.list(limit=100)
    assert found['total'] >= 10
    assert len({item['uploader'] for item in found['items']}) >= 2
    assert all(item['license'] for item in found['items'])
    torrents = list((alone.data / 'sample').glob('*.torrent'))
    assert len(torrents) >= 10
    known = {item['infohash_v1'] or item['infohash_v2'] for item in found['items']}
    for torrent in torrents:
        v1, v2 = hashes_of(torrent.read_bytes())
        assert (v1 or v2) in known
    info = libtorrent.torrent_info(str(torrents[0]))
    assert all((alone.data / 'sample' / info.files().file_path(n)).exists() for n in range(info.num_files()))


def test_json_is_answered_everywhere(server, tmp_path):
    """Each line of a --json answer is JSON, also of commands that only do something."""
    server.command('user', 'add', 'anna', '--email', 'a@example.org', '--role', 'admin')
    torrent = make_torrent(tmp_path)
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'x.torrent').write_bytes(torrent.content)
    for words in (['user', 'list'], ['user', 'role', 'anna', 'admin'], ['user', 'password', 'anna'],
                  ['import', str(tmp_path / 'in'), '--as', 'anna'], ['doctor'], ['settings'], ['routes'], ['version'],
                  ['torrent', 'show', str(tmp_path / 'in' / 'x.torrent')],
                  ['torrent', 'create', str(torrent.path), '--output', str(tmp_path / 'y.torrent')],
                  ['torrent', 'remove', torrent.v1, '--reason', 'other', '--note', 'n']):
        done = server.run(*words, '--json')
        assert done.returncode == DONE, (words, done.stderr)
        lines = done.stdout.splitlines()
        assert lines, words
        for line in lines:
            json.loads(line)


def test_a_mistyped_data_folder_is_refused_and_not_made(alone):
    done = alone.run('user', 'list')
    assert done.returncode == REFUSED and 'no data folder' in done.stderr
    assert not alone.data.exists()
