"""Catalogues brought in and written out: JSON lines and the KAT dump, alone and through the running server."""
import base64
import gzip
import json
import signal
import subprocess

import pytest

from page import Page
from server import BINARY, ENVIRONMENT, make_torrent, wait_for

DONE, REFUSED, USAGE = 0, 1, 2


@pytest.fixture(params=['alone', 'running'])
def either(request, make_server):
    return make_server(start=request.param == 'running')


@pytest.fixture
def alone(make_server):
    return make_server(start=False)


def make_item(number, **more):
    return {'title': f'Work number {number}', 'infohash_v1': f'{number:040x}', 'license': 'CC-BY-4.0', 'author': 'Ada',
            'source_url': 'https://a.example/', 'category': 'music', 'tags': ['jazz', 'live'], 'uploader': 'bea',
            'published_at': f'2024-01-{number % 28 + 1:02}T00:00:00Z', 'description': f'Words of {number}, **bold**.',
            'language': 'fr', 'file_list': [{'path': f'disc {number}/a.flac', 'size_bytes': 1000 + number},
                                            {'path': 'cover.jpg', 'size_bytes': 20}], **more}


def write_lines(path, items):
    text = ''.join((item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)) + '\n' for item in items)
    opener = gzip.open if str(path).endswith('.gz') else open
    with opener(path, 'wt', encoding='utf-8') as file:
        file.write(text)
    return str(path)


def bring(server, path, *options):
    done = server.run('import', '--format', 'jsonl', '--json', path, *options)
    assert done.returncode in (DONE, REFUSED), done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def counts(report):
    return {key: report[key] for key in ('published', 'waiting', 'known', 'completed', 'refused')}


def made(**some):
    return {'published': 0, 'waiting': 0, 'known': 0, 'completed': 0, 'refused': 0, **some}


def running(server):
    if not server.is_alive():
        server.start()
    return server


def test_lines_become_works_of_which_only_the_magnet_is_here(either, tmp_path):
    path = write_lines(tmp_path / 'in.jsonl', [make_item(1, seeders=12, leechers=3, completed=99,
                                                         counted_at='2024-02-01T00:00:00Z')])
    assert counts(bring(either, path, '--publish')) == made(published=1)
    server = running(either)
    item = server.list(q='disc flac')['items'][0]
    assert (item['title'], item['uploader'], item['torrent_url'], item['size_bytes'], item['files']) == \
        ('Work number 1', 'bea', None, 1021, 2)
    assert (item['seeders'], item['leechers'], item['completed'], item['counted_at'], item['claimed_at']) == \
        (12, 3, 99, None, '2024-02-01T00:00:00Z')
    assert item['magnet'].startswith(f'magnet:?xt=urn:btih:{1:040x}')
    assert server.torrent(item['id'])['file_list'] == make_item(1)['file_list']
    answer = server.get(f'/t/{1:040x}.torrent')
    assert answer.status_code == 404 and 'Only the magnet link' in answer.text
    page = Page(server.get(f'/t/{1:040x}').text).text
    assert 'Only the magnet link is here' in page and 'our tracker has not counted yet' in page
    french = server.get('/fr/' + item['url'].split('/en/', 1)[1])
    assert 'Seul le lien magnet' in french.text


def test_what_is_claimed_is_nowhere_shown_as_counted(make_server, tmp_path):
    server = make_server()
    server.command('import', '--format', 'jsonl', '--publish', write_lines(tmp_path / 'in.jsonl', [
        make_item(number, seeders=71234, leechers=61234, completed=51234) for number in range(3)]))

    def look():
        totals = server.api('GET', '/stats').json()
        assert totals['torrents'] == 3
        assert (totals['seeders'], totals['leechers'], totals['completed']) == (0, 0, 0)
        for path in ('/en', '/en/about', '/en/statistics'):
            text = Page(server.get(path).text).text.replace(',', '').replace(chr(0xA0), '')
            assert not any(str(3 * each) in text for each in (71234, 61234, 51234)), path
        metrics = server.get('/metrics')
        assert metrics.status_code != 200 or '213702' not in metrics.text
        assert [item['seeders'] for item in server.list(sort='seeders')['items']] == [71234] * 3
        assert server.list(q='seeds:>1000')['total'] == 3

    look()
    server.kill()  # the counts of the index are read from the catalogue again
    server.start()
    look()


@pytest.mark.parametrize('format', ['jsonl', 'kat'])
def test_works_that_name_nobody_belong_to_a_member_who_cannot_sign_in(either, tmp_path, format):
    if format == 'jsonl':
        path = write_lines(tmp_path / 'in.jsonl', [make_item(1, uploader=None)])
    else:
        path = write_lines(tmp_path / 'in.txt', [
            f'{7:040x}|A book|Books|http://k.example/a.html|http://k.example/a.torrent|4096|3|2|11|3|1400000000|1'])
    options = ('--format', format, '--publish', '--license', 'CC-PDM-1.0', '--author', 'Many', path)
    dry = either.command('import', '--dry-run', *options)
    assert '1 name no uploader' in dry and '"import"' in dry
    report = json.loads(either.command('import', '--json', *options).splitlines()[-1])
    assert (report['published'], report['refused'], report['nameless']) == (1, 0, 1)
    server = running(either)
    assert server.list()['items'][0]['uploader'] == 'import'
    for password in ('', 'import', 'import:import'):
        ask = {'name': 'import', 'password': password, 'label': 'x', 'scopes': ['read']}
        assert server.api('POST', '/tokens', json=ask).status_code in (401, 422)


def test_whoever_has_the_file_completes_the_work(make_server, tmp_path):
    server = make_server()
    member = server.sign_up('cleo')
    torrent = make_torrent(tmp_path, kind='v1')
    server.command('import', '--format', 'jsonl', '--publish',
                   write_lines(tmp_path / 'in.jsonl', [make_item(1, infohash_v1=torrent.hash)]))
    answer = member.upload(torrent, title='Other words')
    assert answer.status_code == 201, answer.text
    item = server.torrent(answer.json()['id'])
    assert (item['title'], item['uploader']) == ('Work number 1', 'bea')
    assert item['torrent_url'] and server.get(f'/t/{torrent.hash}.torrent').status_code == 200
    assert [file['path'] for file in item['file_list']] != [file['path'] for file in make_item(1)['file_list']]
    assert [event['what'] for event in item['history']] == ['published', 'completed']
    assert member.upload(torrent).status_code == 409


def test_what_is_refused_and_what_waits_is_told_by_line(either, tmp_path):
    path = write_lines(tmp_path / 'in.jsonl', [
        make_item(1), '{"title": ', make_item(2, license=None), make_item(3, title=''), '', '# a remark',
        make_item(4, infohash_v1='xyz'), make_item(5, license='Mine-1.0'), make_item(6, published_at='2090-01-01')])
    report = bring(either, path, '--publish')
    assert counts(report) == made(published=1, waiting=2, refused=4)
    assert {(row['field'], row['code']): row['lines'] for row in report['refused_why']} == {
        (None, 'bad_json'): [2], ('title', 'title_required'): [4], ('infohash_v1', 'wrong_kind'): [7],
        ('published_at', 'in_the_future'): [9]}
    assert {row['code']: row['lines'] for row in report['waiting_why']} == {'license_required': [3],
                                                                         'unknown_license': [8]}
    done = either.run('import', '--format', 'jsonl', path)
    assert done.returncode == REFUSED and '1 known already' not in done.stdout and '3 known already' in done.stdout
    assert '1 × title: Give the work a title. (line 4)' in done.stdout
    waiting = running(either).add_user('modesta', 'moderator').browser().get('/en/moderation').text
    assert 'Work number 2' in waiting and 'Work number 5' in waiting and 'Work number 1<' not in waiting


def test_nothing_is_published_without_publish_and_nothing_written_by_a_dry_run(either, tmp_path):
    path = write_lines(tmp_path / 'in.jsonl', [make_item(number) for number in range(5)])
    assert counts(bring(either, path, '--dry-run', '--publish')) == made(published=5)
    assert counts(bring(either, path, '--dry-run')) == made(waiting=5)
    assert counts(bring(either, path)) == made(waiting=5)
    assert counts(bring(either, path, '--dry-run')) == made(known=5)
    assert running(either).list()['total'] == 0


@pytest.mark.parametrize('packed', [False, True])
def test_a_killed_import_goes_on_where_it_stopped(alone, tmp_path, packed):
    path = write_lines(tmp_path / ('in.jsonl.gz' if packed else 'in.jsonl'),
                       (make_item(number) for number in range(60000)))
    importing = subprocess.Popen([BINARY, 'import', '--format', 'jsonl', '--publish', path, *alone.options()],
                                 env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    database = alone.folder / 'data' / 'essaim.db-wal'
    wait_for(lambda: importing.poll() is not None or (database.exists() and database.stat().st_size > 10 << 20),
             'an import under way', every=0.01)
    importing.send_signal(signal.SIGKILL)
    importing.communicate()
    report = bring(alone, path, '--publish')
    assert report['refused'] == report['known'] == 0
    assert 0 < report['published'] < 60000 and report['published'] % 16000 == 60000 % 16000
    assert running(alone).list()['total'] == 60000


def test_an_export_brought_into_an_empty_site_and_written_again_is_the_same(make_server, tmp_path):
    server, empty = make_server(), make_server(start=False)
    member = server.sign_up('dora')
    for kind in ('v1', 'v2', 'hybrid'):
        member.publish(make_torrent(tmp_path, kind=kind, name=f'Œuvre {kind} "x".bin'), f'Ωmega\\ {kind} 日本')
    items = [make_item(number, seeders=number, completed=7, counted_at='2024-02-01T00:00:00Z') for number in range(50)]
    items += [make_item(60, file_list=None, files=3, size_bytes=77), make_item(61, language=None, tags=[]),
              make_item(62, trackers=['udp://t.example:1/announce'], webseeds=['https://w.example/x']),
              make_item(63, description='Line one\nline "two"\twith signs & <tags>')]
    server.command('import', '--format', 'jsonl', '--publish', write_lines(tmp_path / 'in.jsonl', items))
    first, second = tmp_path / 'first.jsonl', tmp_path / 'second.jsonl'
    assert '57 works' in server.command('export', '--format', 'jsonl', str(first))
    empty.command('import', '--format', 'jsonl', '--publish', str(first))
    empty.command('export', '--format', 'jsonl', str(second))
    lines = first.read_text(encoding='utf-8').split('\n')
    assert len(lines) == 58
    for number, (line, again) in enumerate(zip(lines, second.read_text(encoding='utf-8').split('\n'), strict=True), 1):
        assert line == again, number
    works = [json.loads(line) for line in lines[:-1]]
    assert sum('torrent' in work for work in works) == 3
    assert all(base64.b64decode(work['torrent']).startswith(b'd') for work in works if 'torrent' in work)
    light = server.run('export', '-', '--without-torrents').stdout
    assert light.count('\n') == 57 and '"torrent"' not in light
    running(empty)
    assert empty.torrent(empty.list(q='hybrid')['items'][0]['id'])['title'] == 'Ωmega\\ hybrid 日本'


def test_an_export_is_of_one_moment(make_server, tmp_path):
    server = make_server()
    server.command('import', '--format', 'jsonl', '--publish',
                   write_lines(tmp_path / 'in.jsonl', (make_item(number) for number in range(20000))))
    words = [BINARY, 'export', '-', *server.options()]
    with subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.PIPE) as export:
        first = export.stdout.readline()
        server.command('torrent', 'remove', f'{19999:040x}', '--reason', 'owner', '--note', 'gone')
        rest = export.stdout.read()
    assert first and (first + rest).count(b'\n') == 20000


def test_a_kat_dump_waits_unless_a_licence_is_vouched_for(either, tmp_path):
    line = (f'{7:040x}|Some | book|Books|http://k.example/a.html|http://k.example/a.torrent|4096|301|2|11|3|'
            '1400000000|1')
    path = write_lines(tmp_path / 'daily.txt.gz', ['torrent_info_hash|torrent_name|...', line, 'half|a line'])
    done = either.run('import', '--format', 'kat', path, '--as', 'anna', '--publish', '--dry-run')
    assert done.returncode == REFUSED and '1 waiting for a moderator' in done.stdout and 'line 3' in done.stdout
    done = either.run('import', '--format', 'kat', path, '--as', 'anna', '--publish', '--license', 'CC-PDM-1.0',
                      '--author', 'Many')
    assert '1 published' in done.stdout, done.stdout
    item = running(either).list()['items'][0]
    assert (item['title'], item['category'], item['license'], item['seeders'], item['files'], item['uploader']) == \
        ('Some | book', 'books', 'CC-PDM-1.0', 11, 2, 'anna')


def test_standard_input_progress_and_wrong_usage(either, tmp_path):
    text = open(write_lines(tmp_path / 'in.jsonl', [make_item(1)]), encoding='utf-8').read()
    assert '1 published' in either.command('import', '--format', 'jsonl', '--publish', '-', stdin=text)
    assert either.run('import', '--format', 'xml', 'x').returncode == USAGE
    assert either.run('export', '--format', 'xml', 'x').returncode == USAGE
    missing = either.run('import', '--format', 'jsonl', '/nonexistent')
    assert missing.returncode == REFUSED and '/nonexistent' in missing.stderr
    (tmp_path / 'bad.gz').write_bytes(gzip.compress(text.encode())[:-20])
    damaged = either.run('import', '--format', 'jsonl', str(tmp_path / 'bad.gz'))
    assert damaged.returncode == REFUSED and 'damaged' in damaged.stderr
    assert either.run('export', str(tmp_path / 'no' / 'folder')).returncode == REFUSED


def test_a_member_made_by_an_import_signs_in_only_with_a_password_of_the_operator(make_server, tmp_path):
    server = make_server()
    server.command('import', '--format', 'jsonl', '--publish', write_lines(tmp_path / 'in.jsonl', [make_item(1)]))
    for password in ('', 'bea', 'import:bea'):
        ask = {'name': 'bea', 'password': password, 'label': 'x', 'scopes': ['read']}
        answer = server.api('POST', '/tokens', json=ask)
        assert answer.status_code in (401, 422)
    given = server.command_json('user', 'password', 'bea')['password']
    assert server.token('bea', given)


def test_lines_too_long_are_passed_over(alone, tmp_path):
    path = tmp_path / 'in.jsonl'
    with open(path, 'w', encoding='utf-8') as file:
        file.write('{"title": "' + 'x' * (25 << 20) + '"}\n' + json.dumps(make_item(2)))
    report = bring(alone, str(path), '--publish')
    assert counts(report) == made(published=1, refused=1)
    assert report['refused_why'][0]['code'] == 'line_too_long'
