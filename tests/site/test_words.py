"""Hostile words in every field people or torrents fill: shown as words, never as markup."""
import re

import libtorrent
import pytest

from bencoding import bencode
from page import check_page, check_safe
from server import Browser, make_torrent
from visit import LANGUAGES, TYPED, path_of, upload

EVIL = ['"><script>alert(1)</script>', "' onmouseover='alert(1)", '<img src=x onerror=alert(1)>', 'javascript:alert(1)',
        '</textarea><script>alert(1)</script>', '</title><svg onload=alert(1)>', '{{7*7}}${7*7}<%= 7*7 %>',
        '&lt;b&gt;&#x27;']
MARKDOWN = '''<script>alert(1)</script> [x](javascript:alert(1)) [y](data:text/html,<script>alert(1)</script>)
![i](https://elsewhere.example/pixel.png) <img src=x onerror=alert(1)> <javascript:alert(1)>
[z]: javascript:alert(1) "x"
[z] **bold** <a href="javascript:alert(1)" onclick="x">q</a> `</code><script>alert(1)</script>`
[ok](https://example.org/) http://example.org/?<script>
'''


@pytest.mark.parametrize('evil', EVIL)
def test_hostile_words_are_only_words(world, browsers, evil):
    kind = EVIL.index(evil) % 2
    content = make_torrent(world.server.works, ['v1', 'hybrid'][kind], files={'a.txt': 10, 'b.txt': 20})
    decoded = libtorrent.bdecode(content.content)
    if not kind:
        decoded[b'info'][b'name'] = evil.encode()
        decoded[b'info'][b'files'] = [{b'length': 10, b'path': [evil.encode(), evil.encode()]},
                                      {b'length': 20, b'path': [b'b.txt']}]
    decoded[b'comment'] = decoded[b'created by'] = evil.encode()
    decoded[b'announce'] = b'http://x.example/' + evil.encode()
    decoded[b'url-list'] = [b'https://x.example/' + evil.encode(), evil.encode()]
    title = f'Evil {evil}'
    work = world.owner.publish(libtorrent.bencode(decoded), title, author=evil, description=MARKDOWN + evil)
    assert work['title'] == title
    refused = world.owner.upload(content, tags=evil, dry_run=True).json()
    assert {fault['code'] for fault in refused['errors']} >= {'bad_tag'}
    answer = upload(browsers['member'], {**TYPED, 'tags': evil, 'category': evil, 'license': evil, 'step': 'publish'})
    assert check_page(answer, 'en').value('tags') == evil
    for language in LANGUAGES:
        page = check_page(world.server.get(path_of(work, language)), language)
        assert ' '.join(title.split()) in page.text
        assert [a for a in page.all('a') if a.get('href') == 'https://example.org/']
        assert 'elsewhere.example/pixel' not in ''.join(img.get('src', '') for img in page.all('img'))
        for address in ('/', '/search', '/member/olivia', '/browse/books'):
            check_safe(world.server.get(f'/{language}{address}').text, address)
        answer = world.server.get(f'/{language}/search', params={'q': evil})
        page = check_page(answer, language)
        assert page.value('q') == evil
        for field in ('tag', 'uploader', 'category', 'license', 'min_size', 'sort', 'cursor', 'nonsense'):
            answer = world.server.get(f'/{language}/search', params={field: evil})
            assert answer.status_code in (200, 422)
            check_safe(answer.text, field)
    for kind in ('edit', 'withdraw'):
        check_safe(browsers['member'].get(f'{path_of(work)}/{kind}').text, kind)
    check_safe(browsers['moderator'].get(path_of(work) + '/remove').text, 'remove')


def test_a_hostile_browser_name_is_only_words(world):
    browser = Browser(world.server)
    browser.headers['User-Agent'] = 'Firefox/<script>alert(1)</script> Linux"><b>'
    browser.sign_in('otto')
    check_page(browser.get('/en/settings'), 'en')
    for address in ('/en/login?next="><script>', '/en/<script>alert(1)</script>', '/en/member/<script>', '/t/<script>'):
        check_safe(world.server.get(address).text, address)


DANGEROUS = {
    'dots': [b'..', b'..', b'etc', b'passwd'], 'root': [b'/etc/passwd'], 'drive': [b'C:\\windows\\x'],
    'control': [b'a\x07b\x1b[31m', b'c\nd'], 'bidi': ['\u202egpj.exe'.encode(), '\u2066x\u2069'.encode()],
    'nothing': [b'', b'x'], 'not utf-8': [b'\xff\xfe\xc0\x80'], 'dot': [b'.', b'x'], 'long': [b'x' * 255],
}


@pytest.mark.parametrize('name', list(DANGEROUS))
def test_dangerous_names_are_shown_safely(world, name):
    path = DANGEROUS[name]
    content = bencode({b'info': {b'files': [{b'length': 5, b'path': path}, {b'length': 6, b'path': [b'ok.txt']}],
                                 b'name': path[0] + name.encode(), b'piece length': 16384, b'pieces': b'\x09' * 20}})
    answer = world.owner.upload(content, f'Names: {name}')
    if answer.status_code == 422:
        assert answer.json()['errors'][0]['field'] == 'torrent'
        return
    assert answer.status_code == 201, answer.text
    work = world.server.torrent(answer.json()['id'])
    for shown in [work['name'], *(file['path'] for file in work['file_list'])]:
        assert not re.search('[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f]', shown), repr(shown)
        assert not {'.', '..', ''} & set(shown.split('/')), shown
        assert not re.match(r'/|[A-Za-z]:\\', shown), shown
    answer = world.server.get(path_of(work))
    check_page(answer, 'en')
    assert not re.search('[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]', answer.text)
    file = world.server.get(work['torrent_url'])
    disposition = file.headers['Content-Disposition']
    assert not re.search(r'[\r\n]|\.\./|filename="[^"]*/', disposition), disposition


def test_a_torrent_of_many_files_has_a_page_one_can_use(world):
    files = [{b'length': 1, b'path': [b'folder%d' % (n // 1000), b'part%d' % (n // 100), b'file%06d' % n]}
             for n in range(100_000)]
    content = bencode({b'info': {b'files': files, b'name': b'many', b'piece length': 1 << 18, b'pieces': b'\x0a' * 20}})
    work = world.owner.publish(content, 'A hundred thousand files')
    assert work['files'] == 100_000 and len(work['file_list']) == 100_000
    answer = world.server.get(path_of(work), headers={'Accept-Encoding': 'identity'})
    assert answer.status_code == 200 and len(answer.content) < 1_500_000
    seen = set(re.findall(r'file\d{6}', answer.text))
    following = re.search(r'rel="next" href="([^"]+)"', answer.text)
    assert following, 'there is no way to the other files'
    page = world.server.get(following[1])
    assert page.status_code == 200 and not set(re.findall(r'file\d{6}', page.text)) & seen
    assert world.server.get(f"/en/torrent/{work['id']}/files/999999").status_code == 404
