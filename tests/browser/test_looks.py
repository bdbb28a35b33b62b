"""Every page as people get it: phone and desk, light and dark, English and French.

Each is looked at for sideways scrolling, words in the browser's console (the content security policy speaks there) and,
with axe-core, for what WCAG 2.2 AA asks. A picture of each lands in build/screenshots/.
"""
import re
import sqlite3

import pytest

from chrome import DESK, PHONE, open_browser
from registry import files_of

AXE_RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']


@pytest.fixture(scope='session')
def axe():
    """The source of axe-core; it is no part of the program."""
    return files_of('axe-core', 'axe.min.js')['package/axe.min.js'].decode()


class Pages:
    """A site with the sample catalogue, people of each role, and works that try a layout."""

    def __init__(self, server):
        self.server = server
        self.setup = re.search(r'/setup/\S+', server.output())[0]
        server.stop()
        server.command('sample')
        server.start()
        self.addresses = {}
        self.moderator = server.add_user('marguerite', 'moderator')
        self.member = server.add_user('an.unusually-long-name_of.member', 'trusted')
        self.newcomer = server.sign_up('newcomer')
        self.make_works()

    def make_works(self):
        server, upload = self.server, self.member.publish
        unbroken = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft' * 2
        tags = ', '.join(f'a-tag-with-number-{number}' for number in range(1, 13))
        works = {
            'work-long': upload(server.make_torrent('hybrid', name=('unbroken' * 20) + '.bin'), unbroken[:200],
                                author='Somebody With A Name That Goes On And On ' * 4, tags=tags,
                                description='# Heading\n\n' + 'Word ' * 300 + '\n\n```\n' + 'code ' * 60 +
                                '\n```\n\n| a | b |\n|---|---|\n\n> quote\n\n1. one\n2. two\n\n' + 'x' * 300),
            'work-right-to-left': upload(server.make_torrent('v2'), 'كتاب مفتوح للجميع', language='ar'),
            'work-of-many-files': upload(server.make_torrent('v1', files={
                f'folder {at % 37}/part {at % 5}/file number {at}.txt': 10 for at in range(2500)}), 'Many files'),
            'work-private': upload(server.make_torrent('v1', private=True), 'A private work', tags='',
                                   description='', license='CC-BY-SA-4.0'),
            'work-withdrawn': upload(server.make_torrent('v1'), 'Soon withdrawn'),
        }
        waiting = self.newcomer.upload(server.make_torrent('v1'), 'Waits for a moderator').json()
        assert waiting['state'] == 'quarantined', waiting
        works['work-waiting'] = waiting
        self.addresses = {name: work['url'].removeprefix(server.url + '/en') for name, work in works.items()}
        self.member.browser().post_form(f'/en{self.addresses["work-withdrawn"]}/withdraw', {'note': 'Not mine, sorry.'})
        sample = server.list(q='unicode')['items'] or server.list()['items']
        self.addresses['work'] = sample[0]['url'].removeprefix(server.url + '/en')
        lived = server.list(sort='completed')['items'][0]
        self.addresses['work-with-a-past'] = lived['url'].removeprefix(server.url + '/en')
        self.addresses['life'] = f'/torrent/{lived["id"]}/life'

    def address(self, template):
        return re.sub(r'\{(\S+?)\}', lambda found: self.addresses[found[1]], template)


# name, address behind the language, the statuses its answer has
NOBODY = [
    ('home', '/', ()), ('about', '/about', ()), ('licences', '/licences', ()), ('browse', '/browse/books', ()),
    ('browse-empty', '/browse/podcasts', ()), ('search', '/search', ()),
    ('browse-at-risk', '/browse/all?health=at_risk&sort=need', ()), ('statistics', '/statistics', ()),
    ('statistics-year', '/statistics?span=year', ()), ('work-with-a-past', '{work-with-a-past}', ()),
    ('life', '{life}', ()), ('search-words', '/search?q=licence&facets=1', ()),
    ('search-nothing', '/search?q=nothingwhatsoeverhasthisword', ()),
    ('search-wrong', '/search?min_size=huge&uploader=no+one!', (422,)),
    ('work', '{work}', ()), ('work-long', '{work-long}', ()), ('work-right-to-left', '{work-right-to-left}', ()),
    ('work-of-many-files', '{work-of-many-files}', ()), ('work-private', '{work-private}', ()),
    ('work-withdrawn', '{work-withdrawn}', (410,)), ('member', '/member/an.unusually-long-name_of.member', ()),
    ('login', '/login', ()), ('register', '/register', ()), ('settings-of-nobody', '/settings', ()),
    ('not-found', '/no/such/page', (404,)), ('forbidden', '/moderation', (403,))]
MEMBER = [
    ('upload', '/upload', ()), ('settings', '/settings', ()),
    ('own-page', '/member/an.unusually-long-name_of.member', ()),
    ('own-work', '{work-long}', ()), ('edit', '{work-long}/edit', ()), ('withdraw', '{work-long}/withdraw', ())]
MODERATOR = [
    ('moderation', '/moderation', ()), ('remove', '{work-long}/remove', ()), ('work-waiting', '{work-waiting}', ()),
    ('home-of-moderator', '/', ())]


@pytest.fixture(scope='module')
def pages(make_module_server):
    return Pages(make_module_server({'uploads.review_new_members': 'yes'}))


@pytest.fixture(scope='module')
def browsers(pages):
    """One for each kind of person, signed in."""
    with open_browser(pages.server) as nobody, open_browser(pages.server) as member, \
            open_browser(pages.server) as moderator:
        member.sign_in(pages.member.name)
        moderator.sign_in(pages.moderator.name)
        yield {'nobody': nobody, 'member': member, 'moderator': moderator}


def look_at(browser, name, axe, status):
    """Every width and theme of the page that is open; the faults found."""
    faults = [f'{name}: {complaint}' for complaint in browser.complaints(status)]
    browser.driver.execute_script(axe)
    for width in (PHONE, DESK):
        for theme in ('light', 'dark'):
            view = f'{name}-{width}-{theme}'
            browser.set_width(width)
            browser.set_theme(theme)
            overflow = browser.overflow()
            if overflow:
                faults.append(f'{view} scrolls sideways by {overflow[0]} px: {overflow[1:]}')
            faults += [f'{view}: {fault}' for fault in axe_faults(browser)]
            browser.screenshot(view)
    return faults


def axe_faults(browser):
    found = browser.driver.execute_async_script('''
        const done = arguments[arguments.length - 1];
        axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']}).then(
            result => done(result.violations.map(v => v.id + ': ' + v.help + ' ' +
                v.nodes.slice(0, 4).map(n => n.html.slice(0, 150) + ' | ' + n.failureSummary.slice(0, 250))
                    .join(' || '))),
            fault => done(['axe failed: ' + fault]));''', AXE_RULES)
    return found


@pytest.mark.parametrize('language', ['en', 'fr'])
@pytest.mark.parametrize('who, name, address, status', [
    *(('nobody', *page) for page in NOBODY), *(('member', *page) for page in MEMBER),
    *(('moderator', *page) for page in MODERATOR)])
def test_page(pages, browsers, axe, who, name, address, status, language):
    browser = browsers[who]
    browser.complaints()
    browser.set_width(DESK)
    browser.open(f'/{language}' + pages.address(address))
    assert browser.find('html').get_attribute('lang') == language
    assert browser.has('main h1') and len(browser.all('h1')) == 1
    faults = look_at(browser, f'{name}-{language}', axe, status)
    pages.server.check_health()
    assert not faults, '\n'.join(faults)


@pytest.mark.parametrize('language', ['en', 'fr'])
def test_upload_with_faults(pages, browsers, axe, language, tmp_path):
    browser = browsers['member']
    browser.complaints()
    browser.set_width(DESK)
    made = pages.server.make_torrent('hybrid')
    path = tmp_path / 'work.torrent'
    path.write_bytes(made.content)
    browser.open(f'/{language}/upload').fill(torrent=str(path))
    browser.go(browser.find('button[value="look"]'))
    browser.fill(source_url='no address', author='').driver.execute_script(
        'for (const e of document.querySelectorAll("[required]")) e.required = false;')
    browser.go(browser.find('main button[value="publish"]'))
    assert browser.has('#fault-author') and browser.has('#fault-license')
    faults = look_at(browser, f'upload-faults-{language}', axe, (422,))
    assert not faults, '\n'.join(faults)


@pytest.mark.parametrize('language', ['en', 'fr'])
def test_a_fault_of_ours(make_server, axe, language):
    """The page of 500, provoked by damage to the database."""
    server = make_server()
    member = server.add_user('marius', 'trusted')
    work = member.publish(server.make_torrent('v1'), 'Soon damaged')
    server.stop()
    with sqlite3.connect(server.data / 'essaim.db') as database:
        database.execute("update torrent_blob set info = x'00'")
    server.allowed_errors.append('code=torrent_damaged')
    server.start()
    with open_browser(server) as browser:
        browser.open(work['url'].replace('/en/', f'/{language}/'))
        assert browser.find('html').get_attribute('lang') == language
        assert '500' in browser.text('main')
        faults = look_at(browser, f'broken-{language}', axe, (500,))
        assert not faults, '\n'.join(faults)
        browser.go(browser.find('header a.brand'))
        assert browser.has('main h1')
    assert 'torrent_damaged' in server.log()


def test_setup(make_server, axe):
    server = make_server()
    address = re.search(r'/en/setup/\S+', server.output())[0]
    with open_browser(server) as browser:
        browser.open(address)
        faults = look_at(browser, 'setup', axe, ())
        assert not faults, '\n'.join(faults)
        browser.fill(name='operator1', email='o@example.org', password='a long pass phrase')
        browser.go(browser.find('main button'))
        assert browser.has('header a[href="/en/member/operator1"]')
        assert browser.complaints() == []


def luminance(browser):
    """Of the page's background, 0 to 255."""
    colour = browser.driver.execute_script('return getComputedStyle(document.body).backgroundColor + " " + '
                                           'getComputedStyle(document.documentElement).backgroundColor')
    drawn = re.findall(r'rgb\((\d+), (\d+), (\d+)\)', colour)  # rgba: see-through
    return sum(map(int, drawn[0])) / 3


def test_a_chosen_theme_stands_against_that_of_the_machine(pages):
    with open_browser(pages.server) as browser:
        for chosen, machine, dark in (('dark', 'light', True), ('light', 'dark', False), ('auto', 'dark', True),
                                      ('auto', 'light', False)):
            browser.open('/en/settings').fill(theme=chosen).go(browser.find('main button'))
            browser.set_theme(machine)
            browser.open('/en/')
            assert (luminance(browser) < 128) == dark, f'{chosen} on a machine that prefers {machine}'
