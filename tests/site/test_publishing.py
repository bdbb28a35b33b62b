"""What members and moderators do with works, by forms and without JavaScript."""
import re
from urllib.parse import urlsplit

import pytest

from page import Page, check_page
from server import WORDS, make_torrent
from visit import LANGUAGES, TYPED, form_page, path_of, seat_of, upload


@pytest.mark.parametrize('language', LANGUAGES)
def test_the_form_reads_the_torrent_then_publishes_and_loses_nothing(world, language):
    browser = seat_of(world.owner)
    torrent = make_torrent(world.server.works, files={'one.txt': 10, 'two.txt': 20}, name=f'Read_me_first-{language}')
    # First step: the file alone. It is kept, and gives the title.
    answer = upload(browser, {'step': 'look'}, torrent, language)
    page = form_page(answer, 200)
    assert page.value('title') == f'Read me first-{language}' and page.value('kept')
    assert torrent.v1 in page.text and not page.all('p', class_='fault')
    # Second step, with a fault: everything typed is still there, and so is the file.
    answer = upload(browser, {**TYPED, 'kept': page.value('kept'), 'step': 'publish'}, language=language)
    page = form_page(answer, 422)
    assert [f['id'] for f in page.all('p', class_='fault')] == ['fault-license']
    for name in ('title', 'tags', 'author', 'source_url'):
        assert page.value(name) == TYPED[name], name
    html = answer.text
    assert 'Line one\n\n**bold** &amp; &lt;i&gt;</textarea>' in html
    assert [o['value'] for o in page.all('option') if 'selected' in o] == ['music', 'fr']
    kept = page.value('kept')
    assert kept and torrent.v1 in page.text
    # A stranger's kept file is nobody else's.
    assert upload(seat_of(world.other), {**TYPED, 'license': 'CC0-1.0', 'kept': kept,
                                         'step': 'publish'}).status_code == 422
    answer = upload(browser, {**TYPED, 'license': 'CC0-1.0', 'kept': kept, 'step': 'publish'}, language=language,
                    allow_redirects=False)
    assert answer.status_code == 303, Page(answer.text).text
    assert answer.headers['Location'].startswith(f'/{language}/torrent/')
    page = check_page(browser.get(answer.headers['Location']), language)
    assert 'A "title" <b>' in page.text and 'Ada <Example>' in page.text and torrent.v1 in page.text
    # Again: the existing page is shown.
    answer = upload(browser, {**TYPED, 'license': 'CC0-1.0', 'step': 'publish'}, torrent, language)
    page = form_page(answer, 409)
    assert any(link.get('href', '').split('/')[3:4] == [browser_id(answer)] for link in page.all('a'))


def browser_id(answer):
    return re.search(r'href="/\w+/torrent/(\d+)/', answer.text)[1]


def test_one_step_is_enough(world):
    torrent = make_torrent(world.server.works, 'v2')
    answer = upload(seat_of(world.owner), {**TYPED, 'title': 'In one step', 'license': 'MIT', 'step': 'publish'},
                    torrent)
    page = form_page(answer, 200)
    assert 'In one step' in page.title


@pytest.mark.parametrize('language', LANGUAGES)
@pytest.mark.parametrize('content', [b'', b'not a torrent', b'd4:infode', b'd4:infod6:lengthi5eee', b'<html>',
                                     b'\x00' * 100])
def test_a_file_that_is_no_torrent_is_said_beside_its_field(world, language, content):
    for step in ('look', 'publish'):
        answer = upload(seat_of(world.owner), {**TYPED, 'license': 'MIT', 'step': step}, content,
                        language) if content else \
            upload(seat_of(world.owner), {**TYPED, 'license': 'MIT', 'step': step}, None, language)
        page = form_page(answer, 422)
        assert [f['id'] for f in page.all('p', class_='fault')] == ['fault-torrent']
        assert page.value('title') == TYPED['title'] and not page.value('kept')


def multipart_body(csrf, torrent, boundary='XX', newline=b'\r\n', change=lambda body: body):
    parts = b''
    for name, value in {'csrf': csrf, 'step': 'publish', **TYPED, 'license': 'MIT', 'title': 'Oddly sent'}.items():
        parts += b'--' + boundary.encode() + newline + f'Content-Disposition: form-data; name="{name}"'.encode() + \
            newline * 2 + value.encode() + newline
    parts += b'--' + boundary.encode() + newline + \
        b'content-disposition:form-data;NAME="torrent"; filename="C:\\fakepath\\w\xc3\xb6rk \\"1\\".torrent"' + \
        newline + \
        b'Content-Type: application/octet-stream' + newline * 2 + torrent + newline + \
        b'--' + boundary.encode() + b'--' + newline
    return change(parts)


@pytest.mark.parametrize('name, change, kind, status', [
    ('as browsers do', lambda b: b, 'multipart/form-data; boundary=XX', 303),
    ('preamble and epilogue', lambda b: b'before\r\n' + b + b'after', 'multipart/form-data; boundary=XX', 303),
    ('quoted boundary', lambda b: b, 'Multipart/Form-Data; charset=utf-8; boundary="XX"', 303),
    ('cut short', lambda b: b[:-40], 'multipart/form-data; boundary=XX', 400),
    ('no boundary', lambda b: b, 'multipart/form-data', 400),
    ('wrong boundary', lambda b: b, 'multipart/form-data; boundary=YY', 403),
    ('boundary too long', lambda b: b, 'multipart/form-data; boundary=' + 'x' * 200, 400),
    ('no name', lambda b: b.replace(b'name="title"', b'nam="title"'), 'multipart/form-data; boundary=XX', 400),
    ('undeclared field', lambda b: b.replace(b'name="author"', b'name="autor"'), 'multipart/form-data; boundary=XX',
     422),
    ('twice', lambda b: b.replace(b'name="author"', b'name="title"'), 'multipart/form-data; boundary=XX', 422),
    ('not UTF-8', lambda b: b.replace(b'Oddly', b'Odd\xff\xfe'), 'multipart/form-data; boundary=XX', 422),
    ('url-encoded without file', lambda b: b'title=x', 'application/x-www-form-urlencoded', 403),
    ('JSON', lambda b: b'{}', 'application/json', 415)], ids=lambda v: v if isinstance(v, str) and '/' not in v else '')
def test_multipart_oddities(world, name, change, kind, status):
    browser = seat_of(world.owner)
    torrent = make_torrent(world.server.works)
    body = multipart_body(browser.csrf('/en/upload'), torrent.content, change=change)
    answer = browser.post('/en/upload', data=body, headers={'Content-Type': kind}, allow_redirects=False)
    assert answer.status_code == status, (name, Page(answer.text).text[:600])
    assert world.server.list(q=torrent.hash)['total'] == (1 if status == 303 else 0)


def test_edit_changes_the_words_and_only_the_words(world):
    torrent = make_torrent(world.server.works)
    work = world.owner.publish(torrent, 'Before the edit')
    browser, page = seat_of(world.owner), path_of(work)
    form = form_page(browser.get(page + '/edit'), 200)
    assert form.value('title') == 'Before the edit' and form.value('license') == 'CC0-1.0'
    words = {**WORDS, 'title': 'After the edit', 'license': 'MIT'}
    bad = form_page(browser.post_form(page + '/edit', {**words, 'license': 'none', 'author': 'Somebody'}), 422)
    assert bad.value('title') == 'After the edit' and bad.value('author') == 'Somebody'
    answer = browser.post_form(page + '/edit', words)
    assert answer.status_code == 200 and 'after-the-edit' in answer.url
    changed = world.server.torrent(work['id'])
    assert (changed['title'], changed['license'], changed['infohash_v1']) == ('After the edit', 'MIT',
                                                                              work['infohash_v1'])
    assert [event['what'] for event in changed['history']] == ['published', 'edited']
    assert world.server.list(q='"After the edit"')['total'] == 1
    assert world.server.list(q='"Before the edit"')['total'] == 0
    old = world.server.get(page, allow_redirects=False)
    assert old.status_code in (301, 308) and old.headers['Location'] == path_of(changed)
    # A moderator may too, another member may not.
    assert seat_of(world.moderator).post_form(path_of(changed) + '/edit',
                                              {**words, 'tags': 'moderated'}).status_code == 200
    assert world.server.torrent(work['id'])['tags'] == ['moderated']


def test_what_is_withdrawn_is_gone(world):
    work = world.owner.publish(make_torrent(world.server.works), 'To be withdrawn')
    browser, page = seat_of(world.owner), path_of(work)
    answer = browser.post_form(page + '/withdraw', {'note': 'Not <b>mine</b> after all'}, allow_redirects=False)
    assert answer.status_code == 303
    check_gone(world, work, 410, 'withdrawn')
    assert 'Not <b>mine</b> after all' in check_page(world.server.get(page), 'en').text
    again = browser.post_form(page + '/withdraw', {'note': ''}, '/en/settings')
    assert again.status_code in (409, 410)


def check_gone(world, work, status, state):
    for language in LANGUAGES:
        answer = world.server.get(path_of(work, language))
        assert answer.status_code == status, language
        page = check_page(answer, language)
        assert not [a for a in page.all('a') if a.get('href', '').startswith('magnet:')]
    assert world.server.get(work['torrent_url']).status_code == status
    assert world.server.list(q=work['infohash_v1'])['total'] == 0
    api = world.server.torrent(work['id'])
    assert api['state'] == state and api['magnet'] is None and api['torrent_url'] is None and api['file_list'] == []
    assert f"/torrent/{work['id']}/" not in world.server.get('/en/search', params={'q': f'"{work["title"]}"'}).text


@pytest.mark.parametrize('reason, status', [('rights', 451), ('illegal', 451), ('malware', 410), ('fake', 410),
                                            ('owner', 410), ('other', 410)])
def test_what_is_removed_is_gone_with_its_reason(world, reason, status):
    torrent = make_torrent(world.server.works)
    work = world.owner.publish(torrent, f'Removal for {reason}')
    page = path_of(work)
    moderator = seat_of(world.moderator)
    bad = moderator.post_form(page + '/remove', {'reason': reason, 'note': ''})
    assert form_page(bad, 422).all('p', class_='fault')
    assert world.server.get(page).status_code == 200
    answer = moderator.post_form(page + '/remove', {'reason': reason, 'note': f'Because of {reason}.'},
                                 allow_redirects=False)
    assert answer.status_code == 303
    check_gone(world, work, status, 'removed')
    found = world.server.torrent(work['id'])
    assert found['state_reason'] == reason and found['state_note'] == f'Because of {reason}.'
    # It cannot come back.
    again = world.other.upload(torrent)
    assert again.status_code == 409 and again.json()['errors'][0]['code'] == 'infohash_removed'


def test_new_members_wait_for_a_moderator_where_the_operator_wants_it(make_server):
    server = make_server({'uploads.review_new_members': 'yes'})
    moderator, member = server.add_user('modesta', 'moderator'), server.sign_up('newbie')
    browser, seat = member.browser(), moderator.browser()
    answer = upload(browser, {**TYPED, 'title': 'It waits', 'license': 'MIT', 'step': 'publish'}, server.make_torrent())
    page = form_page(answer, 200)
    address = urlsplit(answer.url).path
    assert server.get(address).status_code == 404 and 'It waits' not in server.get('/en/').text
    assert 'It waits' in form_page(seat.get('/en/moderation'), 200).text
    publish = [f['action'] for f in Page(seat.get(address).text).all('form') if f['action'].endswith('/publish')]
    assert publish == [address + '/publish'] and not [f for f in page.all('form') if f['action'].endswith('/publish')]
    assert seat.post_form(publish[0], {}, address).status_code == 200
    assert server.get(address).status_code == 200 and 'It waits' in server.get('/en/').text
    assert 'It waits' not in Page(seat.get('/en/moderation').text).text.split('Moderation')[-1]
    assert upload(seat, {**TYPED, 'title': 'A moderator never waits', 'license': 'MIT', 'step': 'publish'},
                  server.make_torrent()).status_code == 200
    assert server.list(q='never')['total'] == 1
