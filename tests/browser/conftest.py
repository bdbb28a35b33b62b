import shutil

import pytest

from chrome import SCREENSHOTS, open_browser


@pytest.fixture(scope='session', autouse=True)
def chromium_is_there():
    if not shutil.which('chromium') or not shutil.which('chromedriver'):
        pytest.skip('chromium or chromium-driver is not installed')


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    browser = getattr(item, 'funcargs', {}).get('browser')
    if report.failed and call.when == 'call' and browser:
        browser.screenshot(f'failed-{item.name}')
        report.sections.append(('the page', f'{browser.path}, see {SCREENSHOTS}\n{browser.text("body")[:3000]}'))


@pytest.fixture
def browser(site):
    with open_browser(site) as browser:
        yield browser
