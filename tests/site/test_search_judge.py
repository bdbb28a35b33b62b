"""A catalogue made here, brought in with `essaim import --format jsonl`, and every answer of search compared with a
judge that looks at each work in turn: the same works, the same counts, the same order.

The judge shares nothing with the program: it knows a work by the set of its words and their places."""
import json
import random
import re
import unicodedata
from datetime import datetime, timezone

import pytest

from server import LONG

WORKS = 8_000 if LONG else 2_500
QUESTIONS = 400 if LONG else 150
SYLLABLES = 'ba ce di fo gu ka le mi no pu ra sé ti vo zu œr ñi шо'.split()
CATEGORIES = 'linux software games data books audiobooks music video maps other'.split()
LICENCES = ['CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'CC-BY-NC-4.0', 'GPL-3.0-or-later', 'MIT']
LANGUAGES = ['en', 'fr', 'de', 'ja', '']
EXTENSIONS = ['iso', 'txt', 'flac', 'epub', 'tar.gz']
NOW = 1_760_000_000


def fold(text):
    text = text.casefold().replace('œ', 'oe')
    return ''.join(c for c in unicodedata.normalize('NFKD', text) if not unicodedata.combining(c))


def pieces(text):
    return re.findall(r'[^\W\d_]+|\d+', fold(text))


class Maker:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.words = [''.join(self.chance.choice(SYLLABLES) for _ in range(self.chance.randint(1, 3)))
                      for _ in range(1500)]
        self.weights = [1 / (rank + 5) for rank in range(len(self.words))]

    def draw(self, count):
        return self.chance.choices(self.words, self.weights, k=count)

    def folders(self):
        return '/'.join(self.draw(self.chance.randint(1, 3)))

    def work(self, number):
        chance = self.chance
        files = [{'path': f"{self.folders()}_{chance.randint(1, 40)}.{chance.choice(EXTENSIONS)}",
                  'size_bytes': chance.randint(1, 1 << chance.randint(4, 34))} for _ in range(chance.randint(1, 5))]
        if len({file['path'] for file in files}) < len(files):
            return self.work(number)
        return {
            'infohash_v1': chance.randbytes(20).hex(), 'infohash_v2': None,
            'title': f"{' '.join(self.draw(chance.randint(1, 5)))} {chance.randint(1, 30)}".capitalize(),
            'author': ' '.join(self.draw(2)).title(), 'description': ' '.join(self.draw(chance.randint(3, 25))) + '.',
            'tags': sorted({fold(word) for word in self.draw(chance.randint(0, 3)) if len(word) > 2}),
            'category': chance.choice(CATEGORIES), 'license': chance.choice(LICENCES),
            'language': chance.choice(LANGUAGES), 'source_url': 'https://example.org/', 'uploader': 'ada',
            'published_at': datetime.fromtimestamp(NOW - chance.randint(0, 5 * 365 * 86400), timezone.utc)
            .strftime('%Y-%m-%dT%H:%M:%SZ'),
            'file_list': files, 'seeders': int(chance.paretovariate(0.7)) - 1 if chance.random() < 0.7 else 0,
            'completed': chance.randint(0, 500),
        }


class Judged:
    """One work as the judge knows it."""
    def __init__(self, item):
        self.item = item
        self.size = sum(file['size_bytes'] for file in item['file_list'])
        self.published = datetime.strptime(item['published_at'], '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=timezone.utc)
        self.fields = {'title': [pieces(item['title'])], 'author': [pieces(item['author'])],
                       'description': [pieces(item['description'])],
                       'file': [pieces(file['path']) for file in item['file_list']],
                       'tag': [pieces(tag) for tag in item['tags']]}
        self.all = {word for texts in self.fields.values() for text in texts for word in text}

    def has_row(self, row, field=None):
        texts = self.fields[field] if field else [text for texts in self.fields.values() for text in texts]
        return any(text[at:at + len(row)] == row for text in texts for at in range(len(text)))


@pytest.fixture(scope='module')
def judged(make_module_server):
    server = make_module_server()
    server.sign_up('ada')
    maker = Maker(5775)
    items = [maker.work(number) for number in range(WORKS)]
    path = server.works / 'catalogue.jsonl'
    path.write_text(''.join(json.dumps(item) + '\n' for item in items), encoding='utf-8')
    server.command('import', '--format', 'jsonl', '--publish', str(path), seconds=600)
    server.maker, server.judged = maker, [Judged(item) for item in items]
    assert server.list()['total'] == WORKS
    return server


def walk(server, **ask):
    """All hits of a question, through its cursors."""
    items, cursor = [], {}
    while True:
        page = server.list(**ask, **cursor, limit=100)
        items += page['items']
        if not page['next']:
            return items, page['total']
        cursor = {'cursor': page['next']}


# A question: its text and other fields, and what the judge thinks of a work.
def draw_word(maker):
    return maker.chance.choices(maker.words[:400], maker.weights[:400])[0]


def ask_word(maker):
    word = draw_word(maker)
    return {'q': word}, lambda work: work.has_row(pieces(word))


def ask_words(maker):
    words = [draw_word(maker) for _ in range(maker.chance.randint(2, 3))]
    return {'q': ' '.join(words)}, lambda work: all(work.has_row(pieces(word)) for word in words)


def ask_phrase(maker):
    row = [draw_word(maker), draw_word(maker)]
    return {'q': f'"{" ".join(row)}"'}, lambda work: work.has_row(pieces(' '.join(row)))


def ask_without(maker):
    wanted, unwanted = draw_word(maker), draw_word(maker)
    return ({'q': f'{wanted} -{unwanted}'},
            lambda work: work.has_row(pieces(wanted)) and not work.has_row(pieces(unwanted)))


def ask_either(maker):
    a, b, c = (draw_word(maker) for _ in range(3))
    return ({'q': f'({a} or {b}) {c}'},
            lambda work: (work.has_row(pieces(a)) or work.has_row(pieces(b))) and work.has_row(pieces(c)))


def ask_prefix(maker):
    prefix = draw_word(maker)[:3]
    begin = fold(prefix)
    return {'q': f'{prefix}*'}, lambda work: any(word.startswith(begin) for word in work.all)


def ask_in_field(maker):
    name = maker.chance.choice(['title', 'author', 'file', 'description'])
    word = draw_word(maker)
    field = name if name != 'description' else 'title'
    return {'q': f'{field}:{word}'}, lambda work: work.has_row(pieces(word), field)


def ask_columns(maker):
    chance = maker.chance
    category, size, seeds = chance.choice(CATEGORIES), chance.randint(1, 30), chance.randint(0, 5)
    ask = {'category': category, 'min_size': str(1 << size), 'min_seeders': str(seeds)}
    return ask, lambda work: (work.item['category'] == category and work.size >= 1 << size
                              and work.item['seeders'] >= seeds)


def ask_filters(maker):
    chance = maker.chance
    word, licence, year = draw_word(maker), chance.choice(LICENCES), chance.randint(2020, 2025)
    files, extension = chance.randint(1, 4), chance.choice(['iso', 'txt', 'flac', 'epub'])
    text = f'{word} license:{licence} date:{year} files:>={files} ext:{extension} size:<1GiB'
    return {'q': text}, lambda work: (
        work.has_row(pieces(word)) and work.item['license'] == licence and work.published.year == year
        and len(work.item['file_list']) >= files and work.size < 1 << 30
        and any(file['path'].endswith('.' + extension) for file in work.item['file_list']))


def ask_all(_maker):
    return {}, lambda work: True


ASKS = [ask_word, ask_words, ask_phrase, ask_without, ask_either, ask_prefix, ask_in_field, ask_columns, ask_filters]
SORTS = {'newest': lambda work: work.published.timestamp(), 'seeders': lambda work: work.item['seeders'],
         'size': lambda work: work.size, 'completed': lambda work: work.item['completed']}


def facets_of(works):
    counts = {'category': {}, 'license': {}, 'language': {}}
    for work in works:
        for field, by_value in counts.items():
            if work.item[field]:
                by_value[work.item[field]] = by_value.get(work.item[field], 0) + 1
    return counts


def compare(server, ask, holds, sort):
    expected = [work for work in server.judged if holds(work)]
    items, total = walk(server, **ask, sort=sort)
    assert total == len(expected)
    assert sorted(item['infohash_v1'] for item in items) == sorted(work.item['infohash_v1'] for work in expected)
    if sort in SORTS:
        by_hash = {work.item['infohash_v1']: work for work in expected}
        keys = [SORTS[sort](by_hash[item['infohash_v1']]) for item in items]
        assert keys == sorted(keys, reverse=True)
    return expected


def test_any_question_finds_what_looking_at_each_work_finds(judged):
    for number in range(QUESTIONS):
        ask, holds = ASKS[number % len(ASKS)](judged.maker)
        sort = judged.maker.chance.choice([*SORTS, 'relevance'])
        try:
            compare(judged, ask, holds, sort)
        except AssertionError as fault:
            raise AssertionError(f'question {ask} by {sort}') from fault


@pytest.mark.parametrize('ask_kind', [ask_all, ask_word, ask_either, ask_prefix])
def test_facets_count_what_is_there(judged, ask_kind):
    ask, holds = ask_kind(judged.maker)
    expected = facets_of(work for work in judged.judged if holds(work))
    answer = judged.list(**ask, facets='1', limit=1)
    for field, counts in expected.items():
        assert {facet['value']: facet['count'] for facet in answer['facets'][field]} == counts, (ask, field)


@pytest.mark.parametrize('sort', SORTS)
def test_the_whole_catalogue_is_walked_in_order(judged, sort):
    compare(judged, {}, lambda work: True, sort)
