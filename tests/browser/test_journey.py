"""What a member does from the first visit to the last, with JavaScript and without."""
import re

import pytest
import requests
from selenium.webdriver.common.keys import Keys

from chrome import open_browser
from server import PASSWORD, info_of


@pytest.fixture(params=['with JavaScript', 'without JavaScript'])
def browser(request, site):
    with open_browser(site, javascript=request.param == 'with JavaScript') as browser:
        yield browser


def sign_up(browser, name):
    browser.open('/en/').go(browser.link('Join'))
    browser.fill(name='admin', email='somebody@example.org', password=PASSWORD)
    browser.go(browser.button('Join', 'main'))
    assert browser.fault('name') == 'This name is reserved.'
    assert browser.value('name') == 'admin' and browser.value('email') == 'somebody@example.org'
    browser.fill(name=name, email=f'{name}@example.org', password=PASSWORD)
    browser.go(browser.button('Join', 'main'))
    assert browser.has(f'header a[href="/en/member/{name}"]')


def upload(browser, made, title):
    """In two steps, with things forgotten in between."""
    path = made.path.parent / f'{made.name}.torrent'
    path.write_bytes(made.content)
    browser.go(browser.link('Upload'))
    browser.fill(torrent=str(path)).go(browser.button('Read it and fill in'))
    assert made.name in browser.text() and made.hash in browser.text()
    assert browser.value('title')
    browser.fill(title=title, tags='one, two', description='**Bold** words,\nand more.', category='music',
                 author='Ada Example', source_url='not an address')
    browser.go(browser.button('Publish', 'main'))
    # What is wrong stands beside its field; what was typed, and the file, are still there.
    assert 'https://' in browser.fault('source_url')
    assert browser.fault('license').startswith('Choose the licence.')
    assert len(browser.all('[role="alert"] li a')) == 2
    assert browser.value('title') == title and browser.value('tags') == 'one, two'
    assert browser.value('description').replace('\r', '') == '**Bold** words,\nand more.'
    assert browser.value('category') == 'music' and browser.value('author') == 'Ada Example'
    assert browser.value('source_url') == 'not an address'
    assert made.name in browser.text(), 'the file is forgotten'
    browser.fill(source_url='https://example.org/ada')
    browser.choose_licence('CC-BY-4.0')
    browser.go(browser.button('Publish', 'main'))
    assert re.fullmatch(r'/en/torrent/\d+/[^/]+', browser.path), browser.path
    assert title in browser.text('h1') and browser.has('main strong')
    return browser.path


def check_duplicate(browser, made, page):
    browser.go(browser.link('Upload'))
    browser.fill(torrent=str(made.path.parent / f'{made.name}.torrent')).go(browser.button('Read it and fill in'))
    assert 'This torrent is here already.' in browser.text()
    browser.go(browser.find(f'[role="alert"] a[href="{page}"]'))
    assert browser.path == page


def find_and_open(browser, site, made, title, page):
    browser.open('/en/').find('#search').send_keys(title.split()[0])
    browser.go(browser.find('header [role="search"] button'))
    browser.go(browser.link(title))
    assert browser.path == page
    magnet = browser.find('a[href^="magnet:"]').get_attribute('href')
    assert made.hash in magnet and 'tr=udp' in magnet
    file = browser.find('a[href$=".torrent"]').get_attribute('href')
    assert info_of(site.get(file).content) == info_of(made.content)
    # A pasted hash leads straight to the work.
    search = browser.find('#search')
    search.clear()
    search.send_keys(made.hash)
    browser.go(browser.find('header [role="search"] button'))
    assert browser.path == page


def edit(browser, page):
    browser.open(page).go(browser.link('Edit'))
    assert browser.value('author') == 'Ada Example' and browser.value('tags').replace(' ', '') == 'one,two'
    browser.fill(source_url='ftp://example.org/', author='Ada, edited').go(browser.button('Save', 'main'))
    assert 'https://' in browser.fault('source_url') and browser.value('author') == 'Ada, edited'
    browser.fill(source_url='own', title='A better title').go(browser.button('Save', 'main'))
    assert 'A better title' in browser.text('h1') and 'Ada, edited' in browser.text()
    return browser.path


def withdraw(browser, page):
    browser.open(page).go(browser.link('Withdraw'))
    browser.fill(note='It was a test.').go(browser.button('Withdraw it', 'main'))
    assert 'Withdrawn by its uploader' in browser.text() and 'It was a test.' in browser.text()
    assert not browser.has('a[href^="magnet:"]') and not browser.has('main a[href$=".torrent"]')


def change_settings(browser, site, name):
    browser.go(browser.link('Settings')).fill(theme='dark').go(browser.button('Save', 'main'))
    assert 'dark' in browser.find('html').get_attribute('class')
    browser.fill(language='fr').go(browser.button('Save', 'main'))
    assert browser.path == '/fr/settings' and browser.find('html').get_attribute('lang') == 'fr'
    browser.fill(language='en').go(browser.find('form[action$="/preferences"] button'))
    assert browser.path == '/en/settings'
    browser.fill(label='my script').go(browser.button('Make the token'))
    token = browser.text('#new-token').strip()
    answer = requests.get(site.url + '/api/v1/torrents', headers={'Authorization': f'Bearer {token}'}, timeout=60)
    assert answer.status_code == 200
    browser.fill(old_password='wrong for sure', new_password='another fine password')
    browser.go(browser.button('Change the password'))
    assert browser.fault('old_password')
    browser.fill(old_password=PASSWORD, new_password='another fine password')
    browser.go(browser.button('Change the password'))
    answer = requests.get(site.url + '/api/v1/torrents', headers={'Authorization': f'Bearer {token}'}, timeout=60)
    assert answer.status_code == 401, 'a new password ends tokens'
    browser.go(browser.button('Sign out', 'header'))
    assert not browser.has(f'header a[href="/en/member/{name}"]')
    browser.open('/en/login').fill(name=name, password='another fine password')
    browser.go(browser.button('Sign in', 'main')).go(browser.button('Sign out', 'header'))
    browser.open('/en/upload')
    assert browser.path.startswith('/en/login')


def test_a_member_from_the_first_visit_to_the_last(browser, site):
    made = site.make_torrent('hybrid')
    name = f'ada{site.port}{len(site.list()["items"])}x{made.name[5:7].strip("-")}'
    title = f'{made.hash[:12]} songs of the test'
    sign_up(browser, name)
    page = upload(browser, made, title)
    check_duplicate(browser, made, page)
    find_and_open(browser, site, made, title, page)
    page = edit(browser, page)
    withdraw(browser, page)
    change_settings(browser, site, name)
    assert browser.complaints(expected_status=(401, 404, 409, 410, 422)) == []


def test_sign_in_and_search_need_only_a_keyboard(browser, site):
    member = site.sign_up()
    work = member.publish(site.make_torrent(), f'Keyboard music {member.name}')
    browser.open('/en/')
    browser.press(Keys.TAB)
    first_stop = browser.driver.switch_to.active_element
    assert first_stop.get_attribute('href').endswith('#content')
    browser.tab_to('header a[href="/en/login"]').press_to_leave(Keys.ENTER)
    browser.tab_to('main [name="name"]').press(member.name)
    browser.tab_to('main [name="password"]').press(PASSWORD).press_to_leave(Keys.ENTER)
    assert browser.has(f'header a[href="/en/member/{member.name}"]')
    browser.tab_to('#search').press(f'keyboard {member.name}').press_to_leave(Keys.ENTER)
    address = work['url'].removeprefix(site.url)
    browser.tab_to(f'main a[href="{address}"]').press_to_leave(Keys.ENTER)
    assert browser.path == address
    browser.tab_to('a[href^="magnet:"]')
