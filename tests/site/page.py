"""Reads a page as a browser and a validator would."""
import re
import subprocess
from html.parser import HTMLParser
from urllib.parse import urlsplit

# What tidy 5.6 (of 2017) says of HTML that is newer than itself, or of choices made on purpose.
TIDY_KNOWS_NOT = re.compile(
    r'proprietary attribute|trimming empty|missing </?|is not approved by W3C|not recognized|inserting implicit'
    r'|isn\'t allowed in <(a|label|button|summary|li|p)> elements|attribute name .*(hidden|inputmode|enterkeyhint)'
    r'|unescaped & |nested emphasis|<summary>|lacks "summary"|lacks value|discarding unexpected <(/?)bdi>')


class Page(HTMLParser):
    """The elements of a page in order, each (name, attributes), and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words, self.title, self.inside = [], [], '', []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        self.words.append(data)
        if self.inside and self.inside[-1] == 'title':
            self.title += data

    @property
    def text(self):
        return ' '.join(' '.join(self.words).split())

    def all(self, tag, **attributes):
        wanted = {name.rstrip('_'): value for name, value in attributes.items()}
        return [found for name, found in self.elements
                if name == tag and all(found.get(key) == value for key, value in wanted.items())]

    def value(self, name):
        """What stands in a field of the page."""
        for found in self.all('input', name=name):
            if found.get('type') not in ('radio', 'checkbox') or 'checked' in found:
                return found.get('value', '')
        return ''


def tidy_faults(html):
    done = subprocess.run(['tidy', '-q', '-e', '-utf8', '--doctype', 'html5'], input=html.encode(),
                          capture_output=True, check=False)
    lines = done.stderr.decode(errors='replace').splitlines()
    return [line for line in lines if 'Error' in line or ('Warning' in line and not TIDY_KNOWS_NOT.search(line))]


def check_safe(html, what=''):
    """Nothing inline, nothing loaded from elsewhere, nothing that runs but our one script."""
    page = Page(html)
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith('on'), f'{what}: <{tag} {name}={value}>'
            assert name != 'style', f'{what}: <{tag} style={value}>'
            if name in ('href', 'src', 'action', 'formaction', 'data', 'poster', 'srcdoc', 'xlink:href'):
                assert not re.match(r'\s*(javascript|data|vbscript):', value or '',
                                    re.I), f'{what}: <{tag} {name}={value}>'
        assert tag not in ('style', 'iframe', 'object', 'embed', 'base'), f'{what}: <{tag}>'
        if tag == 'script':
            assert re.fullmatch(r'/assets/[\w.-]+\.js', attributes.get('src', '')), f'{what}: a script {attributes}'
        if tag in ('img', 'source', 'video', 'audio', 'use', 'image', 'input') or (
                tag == 'link' and attributes.get('rel') in ('stylesheet', 'icon', 'preload', 'manifest',
                                                            'modulepreload')):
            for name in ('src', 'href', 'srcset'):
                value = attributes.get(name) or ''
                assert not urlsplit(value).netloc, f'{what}: loads {value}'
    assert not re.search(r'<script[^>]*>[^<]', html), f'{what}: an inline script'
    return page


def check_page(answer, language):
    """A whole page: valid, safe, in its language, with its headers. Returns it."""
    html = answer.text
    what = answer.url
    assert answer.headers['Content-Type'] == 'text/html; charset=utf-8', what
    page = check_safe(html, what)
    assert page.all('html')[0].get('lang') == language, what
    assert page.title.strip(), what
    assert len(page.all('h1')) == 1, f'{what}: {len(page.all("h1"))} headings'
    policy = answer.headers['Content-Security-Policy']
    assert "default-src 'none'" in policy and 'unsafe' not in policy and '*' not in policy
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy and "form-action 'self'" in policy
    assert answer.headers['X-Content-Type-Options'] == 'nosniff'
    assert answer.headers['Referrer-Policy'] == 'same-origin'
    assert 'Server' not in answer.headers and answer.headers['X-Request-Id']
    faults = tidy_faults(html)
    assert not faults, f'{what}:\n' + '\n'.join(faults)
    return page
