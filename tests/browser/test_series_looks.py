"""The pages of series, editions and same files as people get them: see test_looks.py."""
import random

import pytest

from chrome import DESK, open_browser
from test_looks import axe, look_at  # noqa: F401 - axe is a fixture

LARGE = 80_000


class Shelf:
    """A series with editions, and two works with one file in common."""

    def __init__(self, server):
        self.server = server
        self.owner = server.add_user('olivia', 'trusted')
        song = random.randbytes(LARGE)
        self.files = {'song.ogg': song}
        title = 'Debian GNU/Linux {} for amd64, the live image with all its firmware'
        long = '13.2 with a name of an edition that is as long as anybody would make it'
        editions = [('13.0', '2025-08-09', 'v1'), ('13.1', '2025-09-06', 'hybrid'), (long, '2026-01-10', 'v2')]
        works = [self.publish(title.format(label), label, date, kind) for label, date, kind in editions]
        make, publish = server.make_torrent, self.owner.publish
        shared = publish(make('v2', files={**self.files, 'note.txt': 20}), 'Songs of the harbour')
        publish(make('v1', files={**self.files, 'cover.jpg': LARGE * 2}), 'All songs in one folder')
        self.owner.api('POST', '/series', json={'name': 'An empty series ' + 'unbroken' * 12, 'slug': 'empty'})
        path = [work['url'].removeprefix(server.url + '/en') for work in (works[0], works[2], shared)]
        self.addresses = dict(zip(('old', 'latest', 'shared'), path))

    def publish(self, title, label, date, kind):
        where = {'series': 'debian-for-amd64'} if label != '13.0' else {'series_name': 'Debian for amd64'}
        return self.owner.publish(self.server.make_torrent(kind, files={'image.iso': LARGE, 'read me.txt': 10}), title,
                                  category='linux', edition=label, edition_date=date, **where)


@pytest.fixture(scope='module')
def shelf(make_module_server):
    return Shelf(make_module_server())


@pytest.fixture(scope='module')
def browsers(shelf):
    with open_browser(shelf.server) as nobody, open_browser(shelf.server) as member:
        member.sign_in(shelf.owner.name)
        yield {'nobody': nobody, 'member': member}


@pytest.mark.parametrize('language', ['en', 'fr'])
@pytest.mark.parametrize('who, name, address', [
    ('nobody', 'series-list', '/series'), ('nobody', 'series', '/series/debian-for-amd64'),
    ('nobody', 'edition-old', 'old'), ('nobody', 'edition-latest', 'latest'), ('nobody', 'same-files', 'shared'),
    ('member', 'series-own', '/series/debian-for-amd64'), ('member', 'series-empty', '/series/empty'),
    ('member', 'series-new', '/series/new'), ('member', 'series-edit', '/series/debian-for-amd64/edit')])
def test_page(shelf, browsers, axe, who, name, address, language):  # noqa: F811
    browser = browsers[who]
    browser.complaints()
    browser.set_width(DESK)
    browser.open(f'/{language}' + shelf.addresses.get(address, address))
    assert browser.has('main h1') and len(browser.all('h1')) == 1
    faults = look_at(browser, f'{name}-{language}', axe, ())
    shelf.server.check_health()
    assert not faults, '\n'.join(faults)


@pytest.mark.parametrize('language', ['en', 'fr'])
def test_upload_of_what_is_here(shelf, browsers, axe, language, tmp_path):  # noqa: F811
    """The form asks, opens what is wrong with the edition, and looks well doing so."""
    browser = browsers['member']
    browser.complaints()
    browser.set_width(DESK)
    again = shelf.server.make_torrent('hybrid', files=shelf.files)
    place = tmp_path / 'again.torrent'
    place.write_bytes(again.content)
    browser.open(f'/{language}/upload')
    browser.field('torrent').send_keys(str(place))
    browser.go(browser.find('button[value=look]'))
    assert browser.has('#field-same_files') and not browser.has('#fault-same_files')
    browser.find('details.field summary').click()
    browser.fill(series='debian-for-amd64', title='The song alone', author='A', source_url='own')
    browser.driver.execute_script('document.forms[1].noValidate = true; document.querySelectorAll("form").forEach(f => '
                                  'f.noValidate = true)')
    browser.go(browser.find('button[value=publish]'))
    assert browser.fault('same_files') and browser.fault('edition')
    faults = look_at(browser, f'upload-same-{language}', axe, (409, 422))
    assert not faults, '\n'.join(faults)
