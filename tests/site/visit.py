"""What a visitor does: sit down as somebody, send the upload form, look at the answer."""
import re
from urllib.parse import urlsplit

from page import Page, check_page

LANGUAGES = ['en', 'fr']


def path_of(work, language='en'):
    return re.sub('^/en/', f'/{language}/', urlsplit(work['url']).path)


seats = {}


def seat_of(member):
    """A browser where the member is signed in already: an account holds only so many sessions."""
    key = (member.server.url, member.name)
    if key not in seats:
        seats[key] = member.browser()
    return seats[key]


def form_page(answer, status):
    assert answer.status_code == status, (answer.status_code, Page(answer.text).text[:500])
    return check_page(answer, urlsplit(answer.url).path.split('/')[1])


def upload(browser, fields, torrent=None, language='en', **options):
    address = f'/{language}/upload'
    files = {'torrent': ('work.torrent', torrent.content if hasattr(torrent, 'content') else torrent)} if torrent else \
        {'torrent': ('', b'')}
    return browser.post_form(address, fields, files=files, **options)


TYPED = {'title': 'A "title" <b>', 'description': 'Line one\n\n**bold** & <i>', 'category': 'music',
         'tags': 'jazz, Été,live',
         'license': '', 'author': 'Ada <Example>', 'source_url': 'https://example.org/?a=1&b=2', 'language': 'fr'}
