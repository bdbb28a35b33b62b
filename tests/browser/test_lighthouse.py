"""What Lighthouse says of the pages people meet first, on a phone and at a desk. Long: npm fetches it.

Accessibility, best practices and search engines must have 100. Performance is measured time: printed, not judged.
"""
import json
import os
import shutil
import subprocess

import pytest

from registry import install

LIGHTHOUSE_VERSION = '12.8.2'
FLAGS = '--chrome-flags=--headless=new --no-sandbox --disable-background-networking'
JUDGED = ('accessibility', 'best-practices', 'seo')

pytestmark = pytest.mark.skipif(not os.environ.get('ESSAIM_LONG'), reason='long: ./dev test browser --long')


@pytest.fixture(scope='session')
def lighthouse():
    return install('lighthouse', [f'lighthouse@{LIGHTHOUSE_VERSION}']) / 'node_modules' / '.bin' / 'lighthouse'


@pytest.fixture(scope='module')
def addresses(make_module_server):
    server = make_module_server({})
    server.stop()
    server.command('sample')
    server.start()
    work = server.list()['items'][0]['url']
    return {'home': server.url + '/en/', 'accueil': server.url + '/fr/', 'work': work,
            'œuvre': work.replace('/en/', '/fr/'), 'browse': server.url + '/en/browse/books',
            'about': server.url + '/en/about'}


@pytest.mark.parametrize('form', ['phone', 'desk'])
@pytest.mark.parametrize('name', ['home', 'accueil', 'work', 'œuvre', 'browse', 'about'])
def test_lighthouse_has_nothing_to_say(lighthouse, addresses, tmp_path, name, form):
    report = tmp_path / 'report.json'
    form_flags = ['--preset=desktop'] if form == 'desk' else []
    look = [lighthouse, addresses[name], '--quiet', FLAGS, *form_flags, '--output=json', f'--output-path={report}']
    done = subprocess.run(look, env={**os.environ, 'CHROME_PATH': shutil.which('chromium')}, timeout=180,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(report.read_text())
    scores = {key: round(100 * category['score']) for key, category in found['categories'].items()}
    print(f'{name} ({form}): {scores}')
    wanting = {audit['id']: audit['title'] for category in JUDGED
               for reference in found['categories'][category]['auditRefs'] if reference['weight']
               for audit in [found['audits'][reference['id']]] if audit['score'] is not None and audit['score'] < 1}
    assert not wanting and all(scores[key] == 100 for key in JUDGED), (scores, wanting)
