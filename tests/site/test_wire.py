"""Compression, ETag, HEAD and the micro-cache: what one person asked for is never shown to another."""
import gzip
import re
import subprocess
import threading
import time

import pytest

from page import Page
from server import Browser, WORDS, make_torrent
from visit import path_of, seat_of


def decode(answer, encoding):
    raw = answer.raw.read(decode_content=False)
    if encoding == 'gzip':
        return gzip.decompress(raw)
    if encoding in ('br', 'zstd'):
        tool = {'br': ['brotli', '-d', '-c'], 'zstd': ['zstd', '-d', '-c', '-q']}[encoding]
        return subprocess.run(tool, input=raw, capture_output=True, check=True).stdout
    return raw


@pytest.mark.parametrize('address', ['/fr/about', '/en/licences', 'style.css', '/api/v1/openapi.json'])
def test_compressed_answers_hold_the_same_bytes(world, address):
    if address == 'style.css':
        address = Page(world.server.get('/en/').text).all('link', rel='stylesheet')[0]['href']
    found = {}
    for encoding in ('identity', 'gzip', 'br', 'zstd'):
        answer = world.server.get(address, headers={'Accept-Encoding': encoding}, stream=True)
        assert answer.headers.get('Content-Encoding', 'identity') == encoding
        assert 'Accept-Encoding' in answer.headers['Vary']
        found[encoding] = decode(answer, encoding)
    assert len(set(found.values())) == 1 and len(found['identity']) > 1000
    refused = world.server.get(address, headers={'Accept-Encoding': 'gzip;q=0, br;q=0, *;q=0'})
    assert 'Content-Encoding' not in refused.headers and refused.content == found['identity']


@pytest.mark.parametrize('address', ['/en/about', '/fr/licences', '/en/search?q=nothing-at-all'])
def test_an_etag_saves_the_second_answer(world, address):
    first = world.server.get(address)
    tag = first.headers['ETag']
    again = world.server.get(address, headers={'If-None-Match': tag})
    assert again.status_code == 304 and again.content == b'' and again.headers['ETag'] == tag
    assert world.server.get(address, headers={'If-None-Match': f'"x", W/{tag}'}).status_code == 304
    assert world.server.get(address, headers={'If-None-Match': '"x"'}).status_code == 200
    plain = world.server.get(address, headers={'Accept-Encoding': 'identity'})
    assert 'Content-Encoding' in first.headers and 'Content-Encoding' not in plain.headers
    assert plain.headers['ETag'] != tag


@pytest.mark.parametrize('address', ['/en/', '/fr/search?q=a', '/en/login', '/en/nothing', '/t/' + '0' * 40, '/',
                                     '/livez'])
def test_head_is_get_without_its_body(world, address):
    get = world.server.get(address, allow_redirects=False, headers={'Accept-Encoding': 'identity'})
    head = world.server.request('HEAD', address, allow_redirects=False, headers={'Accept-Encoding': 'identity'})
    assert head.status_code == get.status_code and head.content == b''
    for name in ('Content-Type', 'Location', 'Cache-Control'):
        assert head.headers.get(name) == get.headers.get(name), name
    assert int(head.headers.get('Content-Length', 0)) == len(get.content)


def test_a_page_of_one_member_is_never_shown_to_another(world, browsers):
    """The micro-cache under many hands: names, languages, themes."""
    faults = []
    stop = time.monotonic() + 2.5

    def look(browser, language, name, theme):
        while time.monotonic() < stop and not faults:
            for address in (f'/{language}/', f'/{language}/search?q=work', path_of(world.work, language)):
                answer = browser.get(address)
                page = Page(answer.text)
                html = page.all('html')[0]
                header = answer.text.split('<main')[0]
                shown = re.search(r'href="/\w+/member/([^"]+)"', header)
                if (shown[1] if shown else None) != name:
                    faults.append(f'{address}: {shown} shown to {name}')
                if html.get('lang') != language or html.get('class') != theme:
                    faults.append(f'{address}: {html} shown to {language} {theme}')
                if name and answer.headers['Cache-Control'] != 'no-store':
                    faults.append(f'{address}: {answer.headers["Cache-Control"]}')
                if not name and 'csrf' in answer.text:
                    faults.append(f'{address}: a token on a kept page')
    dark, light = Browser(world.server), Browser(world.server)
    dark.cookies.set('theme', 'dark')
    light.cookies.set('theme', 'light')
    strange = Browser(world.server)
    strange.cookies.set('theme', '"><b>')
    people = [(dark, 'en', None, 'dark'), (dark, 'fr', None, 'dark'), (light, 'en', None, 'light'),
              (Browser(world.server), 'en', None, None), (Browser(world.server), 'fr', None, None),
              (strange, 'en', None, None),
              (seat_of(world.other), 'en', 'otto', None), (seat_of(world.moderator), 'fr', 'modesta', None)]
    threads = [threading.Thread(target=look, args=person) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[:5]


def test_forms_and_personal_pages_are_kept_nowhere(world, browsers):
    for browser, address in ((browsers['anyone'], '/en/login'), (browsers['anyone'], '/en/register'),
                             (browsers['member'], '/en/'), (browsers['member'], '/en/settings'),
                             (browsers['member'], path_of(world.work)), (browsers['moderator'], '/en/moderation')):
        answer = browser.get(address)
        assert answer.headers['Cache-Control'] == 'no-store' and 'ETag' not in answer.headers, address


def test_a_change_is_seen_by_everybody_at_once(world):
    """An edit or removal is never hidden by a kept page."""
    work = world.owner.publish(make_torrent(world.server.works), 'Seen before')
    page = path_of(work)
    assert 'Seen before' in world.server.get(page).text
    seat_of(world.owner).post_form(page + '/edit', {**WORDS, 'title': 'Seen afterwards'})
    assert 'Seen afterwards' in world.server.get(path_of(world.server.torrent(work['id']))).text
    browser = seat_of(world.owner)
    browser.post_form(path_of(world.server.torrent(work['id'])) + '/withdraw', {'note': ''})
    assert world.server.get(page).status_code == 410


def test_a_pasted_hash_in_the_search_box_leads_to_the_page(world):
    work = world.work
    for q in (work['infohash_v1'], work['infohash_v2'].upper(), work['magnet']):
        answer = world.server.get('/fr/search', params={'q': q}, allow_redirects=False)
        assert answer.status_code == 303 and answer.headers['Location'] == path_of(work, 'fr'), q
