"""Works with several releases, and the same file in several works: pages, permalinks, feeds, API, command line."""
import random
from urllib.parse import urlsplit

import libtorrent
import pytest

from page import Page, check_page
from server import Browser, info_of, make_torrent
from visit import LANGUAGES, TYPED, form_page, path_of, seat_of, upload

LARGE = 80_000  # a file smaller than 64 KiB is not told by
MINE = {**TYPED, 'license': 'MIT', 'step': 'publish'}


def some_name():
    return f'Harbour songs {random.randrange(1 << 40):010x}'


@pytest.fixture
def series(world):
    """A series of the owner's with three editions, the second of which is the latest by date."""
    name = some_name()
    slug = name.lower().replace(' ', '-')
    works = []
    for place, (label, date) in enumerate([('1959', '1959-03-02'), ('2026', '2026-06-01'), ('1988', '1988-01-01')]):
        torrent = make_torrent(world.server.works, ['v1', 'hybrid', 'v2'][place])
        where = {'series': slug} if place else {'series_name': name}
        work = world.owner.publish(torrent, f'Songs of {label}', edition=label, edition_date=date, **where)
        works.append((torrent, work))
    return name, slug, works


def keys_of(content):
    return libtorrent.bdecode(content)


@pytest.mark.parametrize('language', LANGUAGES)
def test_the_page_of_a_series_shows_its_editions_latest_first(world, series, language):
    name, slug, works = series
    page = check_page(Browser(world.server).get(f'/{language}/series/{slug}'), language)
    assert name in page.text
    titles = [link.get('href') for link in page.all('a', class_='title')]
    assert [address.split('/')[3] for address in titles] == [works[i][1]['id'] for i in (1, 2, 0)]
    assert f'{world.server.url}/s/{slug}/latest' in page.text
    assert not page.all('form', action=f'/{language}/series/{slug}/editions')
    listed = check_page(Browser(world.server).get(f'/{language}/series'), language)
    assert name in listed.text


def test_latest_leads_to_the_newest_edition_and_its_file(world, series):
    _, slug, works = series
    browser = Browser(world.server)
    answer = browser.get(f'/s/{slug}/latest', allow_redirects=False)
    assert answer.status_code == 303 and answer.headers['Location'].split('/')[3] == works[1][1]['id']
    served = browser.get(f'/s/{slug}/latest.torrent')
    assert served.headers['Content-Type'] == 'application/x-bittorrent'
    assert info_of(served.content) == info_of(works[1][0].content)
    # Once it is withdrawn, the one before it is the latest.
    seat = seat_of(world.owner)
    path = path_of(works[1][1])
    assert seat.post_form(f'{path}/withdraw', {'note': ''}, page=path, allow_redirects=False).status_code == 303
    answer = browser.get(f'/s/{slug}/latest', allow_redirects=False)
    assert answer.headers['Location'].split('/')[3] == works[2][1]['id']
    assert browser.get('/s/no-such-series/latest').status_code == 404


def test_files_of_editions_name_where_a_client_learns_of_newer_ones(world, series):
    """BEP 39: GET with info_hash; 200 and a torrent file is a newer edition."""
    _, slug, works = series
    browser = Browser(world.server)
    for torrent, _ in works:
        served = browser.get(f'/t/{torrent.v1 or torrent.v2}.torrent').content
        update = keys_of(served)[b'update-url'].decode()
        assert urlsplit(update).path == f'/s/{slug}/latest.torrent'
        assert info_of(served) == info_of(torrent.content)
        for known in {torrent.v1, torrent.v2, torrent.v2[:40]} - {''}:
            answer = browser.get(f'{urlsplit(update).path}?info_hash={known}')
            if torrent is works[1][0]:
                assert (answer.status_code, answer.content) == (204, b'')
            else:
                assert answer.status_code == 200
                assert info_of(answer.content) == info_of(works[1][0].content)
    for odd in ('info_hash=', 'info_hash=zz', 'a=b&&=', 'info_hash=' + '0' * 40):
        assert browser.get(f'/s/{slug}/latest.torrent?{odd}').status_code == 200


@pytest.mark.parametrize('language', LANGUAGES)
def test_an_old_edition_leads_to_the_latest(world, series, language):
    name, _, works = series
    browser = Browser(world.server)
    old = check_page(browser.get(path_of(works[0][1], language)), language)
    assert name in old.text and '2026' in old.text
    assert [note for note in old.all('div', class_='note warn')]
    assert any(link.get('href', '').split('/')[3:4] == [works[1][1]['id']] for link in old.all('a'))
    assert not check_page(browser.get(path_of(works[1][1], language)), language).all('div', class_='note warn')
    told = world.server.torrent(works[0][1]['id'])
    assert told['superseded_by']['id'] == works[1][1]['id'] and told['superseded_by']['edition'] == '2026'
    assert told['series']['edition'] == '1959' and not told['series']['is_latest']
    assert world.server.torrent(works[1][1]['id'])['series']['is_latest']
    alone = world.owner.publish(make_torrent(world.server.works), 'In no series')
    assert world.server.torrent(alone['id'])['series'] is None


def test_the_api_tells_lists_and_makes_series(world, series):
    name, slug, works = series
    told = world.server.api('GET', f'/series/{slug}')
    assert told.status_code == 200
    assert [edition['edition'] for edition in told.json()['editions']] == ['2026', '1988', '1959']
    assert told.json()['name'] == name and told.json()['kind'] == 'book'
    assert any(item['slug'] == slug for item in world.server.api('GET', '/series').json()['items'])
    other = some_name()
    made = world.owner.api('POST', '/series', json={'name': other, 'kind': 'dataset', 'description': '*All* of it'})
    assert made.status_code == 201, made.text
    again = world.owner.api('POST', '/series', json={'name': other})
    assert again.status_code == 409 and again.json()['errors'][0]['field'] == 'slug'
    torrent = make_torrent(world.server.works)
    work = world.owner.publish(torrent, 'One more')
    address = f"/series/{made.json()['slug']}/editions"
    assert world.owner.api('POST', address, json={'torrent': work['id'], 'edition': '1'}).status_code == 201
    assert world.server.torrent(work['id'])['series']['name'] == other
    assert world.other.api('POST', address, json={'torrent': work['id'], 'edition': '1'}).status_code == 403
    bad = world.owner.api('POST', address, json={'torrent': work['id'], 'edition': ''})
    assert bad.status_code == 422 and bad.json()['errors'][0]['field'] == 'edition'
    assert world.server.api('GET', '/series/no-such').status_code == 404


@pytest.mark.parametrize('ending', ['rss', 'atom'])
def test_a_series_is_a_feed(world, series, ending):
    _, slug, works = series
    answer = Browser(world.server).get(f'/en/series/{slug}.{ending}')
    assert answer.status_code == 200 and ending in answer.headers['Content-Type']
    places = [answer.text.index(f'Songs of {label}') for label in ('2026', '1988', '1959')]
    assert places == sorted(places)


def test_members_make_change_and_empty_series_by_forms(world):
    seat, name = seat_of(world.owner), some_name()
    answer = seat.post_form('/en/series/new', {'name': '', 'slug': 'A B'}, page='/en/series/new')
    page = form_page(answer, 422)
    assert [f['id'] for f in page.all('p', class_='fault')] == ['fault-name', 'fault-slug']
    assert page.value('slug') == 'A B'
    answer = seat.post_form('/en/series/new', {'name': name, 'kind': 'album', 'description': '**All**'},
                            page='/en/series/new', allow_redirects=False)
    assert answer.status_code == 303
    path = answer.headers['Location']
    work = world.owner.publish(make_torrent(world.server.works), 'An edition')
    bad = seat.post_form(f'{path}/editions', {'work': 'nothing', 'edition': '1'}, page=path)
    assert [f['id'] for f in form_page(bad, 422).all('p', class_='fault')] == ['fault-work']
    done = seat.post_form(f'{path}/editions', {'work': work['url'], 'edition': '1', 'edition_date': '2020-02-02'},
                          page=path)
    assert 'An edition' in form_page(done, 200).text
    # Others see it, and change nothing.
    stranger = seat_of(world.other)
    assert not Page(stranger.get(path).text).all('form', action=f'{path}/editions')
    assert stranger.get(f'{path}/edit').status_code == 403
    for address, fields in (('/editions', {'work': work['id'], 'edition': '1'}), ('/remove', {'sure': '1'}),
                            ('/editions/remove', {'id': work['id']})):
        assert stranger.post_form(path + address, fields, page='/en/settings').status_code == 403
    answer = seat.post_form(f'{path}/edit', {'name': f'{name}!', 'kind': 'book'}, page=f'{path}/edit')
    assert f'{name}!' in form_page(answer, 200).text
    assert seat.post_form(f'{path}/remove', {'sure': '1'}, page=path).status_code == 409  # it has an edition
    seat.post_form(f'{path}/editions/remove', {'id': work['id']}, page=path)
    assert 'An edition' not in seat.get(path).text
    bad = form_page(seat.post_form(f'{path}/remove', {}, page=path), 422)
    assert [f['id'] for f in bad.all('p', class_='fault')] == ['fault-sure']
    assert seat.post_form(f'{path}/remove', {'sure': '1'}, page=path, allow_redirects=False).status_code == 303
    assert seat.get(path).status_code == 404


def test_the_upload_form_makes_a_series(world):
    seat, name = seat_of(world.owner), some_name()
    torrent = make_torrent(world.server.works)
    fields = {**MINE, 'title': 'First of its kind', 'series_name': name}
    page = form_page(upload(seat, fields, torrent), 422)
    assert [f['id'] for f in page.all('p', class_='fault')] == ['fault-edition']
    assert page.value('series_name') == name and page.value('kept')
    page = form_page(upload(seat, {**fields, 'edition': '1.0', 'kept': page.value('kept')}), 200)
    assert name in page.text and '1.0' in page.text
    # From now on the form offers it.
    offered = [option['value'] for option in Page(seat.get('/en/upload').text).all('option')]
    assert name.lower().replace(' ', '-') in offered


# ---- same file elsewhere ---------------------------------------------------------------------

def two_that_share(world, kinds, names=('one.bin', 'one.bin')):
    content, tail = random.randbytes(LARGE), f'-{random.randrange(1 << 40):x}'
    made = [make_torrent(world.server.works, kind, files={f'{place}/{names[place]}{tail}': content, 'note.txt': 30})
            for place, kind in enumerate(kinds)]
    return [world.owner.publish(torrent, f'Sharing {place}') for place, torrent in enumerate(made)]


def same_of(world, work):
    """What the API says of it, past its cache of two seconds."""
    address = f"/torrents/{work['id']}"
    told = world.owner.api('GET', address).json()['same_files']['works']
    return [(other['id'], other['files'], other['size_bytes'], other['is_certain']) for other in told]


@pytest.mark.parametrize('kinds,certain', [(('v2', 'hybrid'), True), (('v1', 'v2'), False), (('v1', 'v1'), False)])
def test_works_with_the_same_file_name_each_other(world, kinds, certain):
    first, second = two_that_share(world, kinds)
    for one, other in ((first, second), (second, first)):
        assert same_of(world, one) == [(other['id'], 1, LARGE, certain)]
        for language in LANGUAGES:
            page = check_page(Browser(world.server).get(path_of(one, language)), language)
            assert any(link.get('href', '').split('/')[3:4] == [other['id']] for link in page.all('a'))


def test_a_root_is_the_same_under_another_name_and_a_guess_is_not(world):
    first, second = two_that_share(world, ('v2', 'v2'), ('one.bin', 'two.bin'))
    assert same_of(world, first) == [(second['id'], 1, LARGE, True)]
    first, _ = two_that_share(world, ('v1', 'v1'), ('one.bin', 'two.bin'))
    assert same_of(world, first) == []


def same_again(world, kind='hybrid'):
    files = {f'a/song-{random.randrange(1 << 40):x}.ogg': random.randbytes(LARGE), 'cover.txt': random.randbytes(20)}
    first = make_torrent(world.server.works, 'v2', files=files)
    return world.owner.publish(first, 'Here before'), make_torrent(world.server.works, kind, files=files)


def test_the_form_asks_before_it_publishes_what_is_here(world):
    before, torrent = same_again(world)
    seat = seat_of(world.other)
    page = form_page(upload(seat, {'step': 'look'}, torrent), 200)
    assert 'Every file of this torrent is here already' in page.text
    assert any(link.get('href', '').split('/')[3:4] == [before['id']] for link in page.all('a'))
    fields = {**MINE, 'title': 'The same again', 'kept': page.value('kept')}
    page = form_page(upload(seat, fields), 409)
    assert [f['id'] for f in page.all('p', class_='fault')] == ['fault-same_files']
    page = form_page(upload(seat, {**fields, 'kept': page.value('kept'), 'same_files': '1'}), 200)
    assert 'The same again' in page.title


def test_a_dry_run_tells_what_is_here(world):
    before, torrent = same_again(world, 'v1')
    verdict = world.other.upload(torrent, 'The same again', dry_run=True).json()
    assert verdict['verdict'] == 'ok'
    told = verdict['same_files']
    assert told['all'] and not told['is_certain'] and told['works'][0]['id'] == before['id']
    fresh = world.other.upload(make_torrent(world.server.works), 'Something new', dry_run=True).json()
    assert 'same_files' not in fresh
    assert world.other.upload(torrent, 'The same again').status_code == 201  # whoever asks knows


def test_the_command_line_asks_too(world):
    before, torrent = same_again(world)
    place = world.server.works / f'{torrent.name}.torrent'
    place.write_bytes(torrent.content)
    words = ('torrent', 'add', str(place), '--as', 'olivia', '--license', 'MIT', '--author', 'A', '--category',
             'books', '--source-url', 'own')
    done = world.server.run(*words)
    assert done.returncode == 1 and f"/torrent/{before['id']}/" in done.stderr
    name = some_name()
    world.server.command(*words, '--same-files', '--series-name', name, '--edition', '7')
    told = world.owner.api('GET', f"/torrents/{before['id']}").json()['same_files']['works'][0]
    assert world.server.torrent(told['id'])['series']['edition'] == '7'


def test_a_torrent_made_here_may_carry_its_update_address(world):
    source = world.server.works / f'made-{random.randrange(1 << 30)}.bin'
    source.write_bytes(b'x' * 50_000)
    target = f'{source}.torrent'
    world.server.command('torrent', 'create', str(source), '--output', target,
                         '--update-url', 'https://example.org/s/x/latest.torrent')
    with open(target, 'rb') as file:
        info = keys_of(file.read())[b'info']
    assert info[b'update-url'] == b'https://example.org/s/x/latest.torrent'
    assert libtorrent.torrent_info(target).is_valid()
