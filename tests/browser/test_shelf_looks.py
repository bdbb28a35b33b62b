"""The pages of tags, collections and the tree of categories as people get them: see test_looks.py."""
import pytest

from chrome import DESK, open_browser
from test_looks import axe, look_at  # noqa: F401 - axe is a fixture

LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerk' * 2


class Shelf:
    """A collection with notes, one empty, a tag with synonyms, works on shelves of both levels."""

    def __init__(self, server):
        self.server = server
        self.owner, self.reader = server.add_user('olivia', 'trusted'), server.sign_up('rita')
        words = {'category': 'films-hd', 'tags': 'robots, sci-fi, unbroken-word-of-forty-bytes-as-long-as'}
        titles = ['Metropolis (1927), restored', 'كتاب مفتوح للجميع', LONG[:200], 'Soon gone']
        works = [self.owner.publish(server.make_torrent('v1', size=20_000 + i), title, **words)
                 for i, title in enumerate(titles)]
        self.slug = self.collect('Films of machines, put together in long evenings', 'What *machines* dream of.')
        for work, note in zip(works, ('Where all began', '', LONG, 'A pity')):
            self.put(self.slug, work, note)
        self.empty = self.collect('An empty collection ' + LONG[:100], '')
        other = self.collect('Small', '', 'unlisted')
        self.put(other, works[0], '')
        self.tell('POST', '/tags/sci-fi', {'description': 'Of what **may** come.'})
        for word in ('science-fiction', 'scifi'):
            self.tell('POST', f'/tags/{word}/merge', {'into': 'sci-fi'})
        self.reader.api('POST', f'/collections/{self.slug}/follow', json={'follow': '1'})
        path = works[3]['url'].removeprefix(server.url)
        self.owner.browser().post_form(path + '/withdraw', {'note': 'Not mine'}, page=path + '/withdraw')
        self.work = works[0]['url'].removeprefix(server.url + '/en')

    def tell(self, method, address, fields):
        answer = self.owner.api(method, address, json=fields)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def collect(self, title, description, visibility='public'):
        return self.tell('POST', '/collections', {'title': title, 'description': description,
                                                  'visibility': visibility})['slug']

    def put(self, slug, work, note):
        self.tell('POST', f'/collections/{slug}/works', {'torrent': work['id'], 'note': note})


@pytest.fixture(scope='module')
def shelf(make_module_server):
    return Shelf(make_module_server())


@pytest.fixture(scope='module')
def browsers(shelf):
    with open_browser(shelf.server) as nobody, open_browser(shelf.server) as owner, \
            open_browser(shelf.server) as reader:
        owner.sign_in(shelf.owner.name)
        reader.sign_in(shelf.reader.name)
        yield {'nobody': nobody, 'owner': owner, 'reader': reader}


@pytest.mark.parametrize('language', ['en', 'fr'])
@pytest.mark.parametrize('who, name, address', [
    ('nobody', 'tags', '/tags'), ('nobody', 'tag', '/tag/sci-fi'), ('owner', 'tag-edit', '/tag/sci-fi/edit'),
    ('nobody', 'shelf', '/browse/films-hd'), ('nobody', 'collections', '/collections'),
    ('owner', 'collections-own', '/collections'), ('nobody', 'collection', '/collection/{slug}'),
    ('reader', 'collection-followed', '/collection/{slug}'), ('owner', 'collection-empty', '/collection/{empty}'),
    ('owner', 'collection-edit', '/collection/{slug}/edit'), ('owner', 'collection-new', '/collections/new'),
    ('reader', 'followed', '/followed'), ('owner', 'work-collect', '{work}')])
def test_page(shelf, browsers, axe, who, name, address, language):  # noqa: F811
    browser = browsers[who]
    browser.complaints()
    browser.set_width(DESK)
    browser.open(f'/{language}' + address.format(slug=shelf.slug, empty=shelf.empty, work=shelf.work))
    assert browser.has('main h1') and len(browser.all('h1')) == 1
    faults = look_at(browser, f'{name}-{language}', axe, ())
    shelf.server.check_health()
    assert not faults, '\n'.join(faults)
