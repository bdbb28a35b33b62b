"""A real Chromium, told apart from the network, and the words with which the tests use it."""
import re
import shutil
import tempfile
from contextlib import contextmanager

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from server import PASSWORD, ROOT, wait_for

FLAGS = ('--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking '
         '--disable-component-update --disable-sync --disable-dev-shm-usage --disable-extensions '
         '--window-size=1280,900').split()
PHONE, DESK = 390, 1280
SCREENSHOTS = ROOT / 'build' / 'screenshots'


class Browser:
    """One window. Addresses without a host are the server's."""

    def __init__(self, server, javascript=True, language='en'):
        self.server = server
        self.folder = tempfile.mkdtemp(prefix='essaim-chromium-')
        options = ChromeOptions()
        options.binary_location = shutil.which('chromium')
        for flag in [*FLAGS, f'--user-data-dir={self.folder}']:
            options.add_argument(flag)
        choices = {'intl.accept_languages': language, 'credentials_enable_service': False,
                   'profile.password_manager_leak_detection': False}
        if not javascript:
            choices['profile.managed_default_content_settings.javascript'] = 2
        options.add_experimental_option('prefs', choices)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
        self.driver = Chrome(service=Service(shutil.which('chromedriver')), options=options)
        self.width = DESK
        self.driver.set_page_load_timeout(60)
        self.driver.set_script_timeout(60)

    def close(self):
        try:
            self.driver.quit()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- where it is

    def open(self, address):
        self.driver.get(address if '://' in address else self.server.url + address)
        return self

    @property
    def path(self):
        return self.driver.current_url.removeprefix(self.server.url)

    @property
    def html(self):
        return self.driver.page_source

    def text(self, selector='main'):
        return self.find(selector).text

    # -- what is on the page

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector):
        return wait_for(lambda: self.all(selector), f'{selector} on {self.path}', 30)[0]

    def has(self, selector):
        return bool(self.all(selector))

    def link(self, words):
        return wait_for(lambda: self.driver.find_elements(By.PARTIAL_LINK_TEXT, words), f'a link "{words}"', 30)[0]

    def button(self, words, inside=''):
        def find():
            return [b for b in self.all(f'{inside} button') if words in b.text and b.is_displayed()]
        return wait_for(find, f'a button "{words}"', 30)[0]

    def field(self, name):
        return self.find(f'main [name="{name}"]')

    def value(self, name):
        return self.field(name).get_property('value')

    def fault(self, name):
        """What stands beside a field, and that the field says so to those who cannot see."""
        field, fault = self.find(f'#field-{name}'), self.find(f'#fault-{name}')
        assert f'fault-{name}' in field.get_attribute('aria-describedby').split()
        return fault.text

    # -- what one does

    def go(self, element):
        """Clicks what leads to another page, and waits until that is there."""
        old = self.find('html')
        element.click()
        self.wait_for_other_page(old)
        return self

    def wait_for_other_page(self, old):
        def gone():
            try:
                old.is_enabled()
                return False
            except (StaleElementReferenceException, WebDriverException):
                return True
        wait_for(gone, 'another page', 30, 0.05)
        wait_for(lambda: self.all('footer'), 'the whole page', 30, 0.05)

    def fill(self, **fields):
        for name, value in fields.items():
            field = self.field(name)
            if field.tag_name == 'select':
                field.find_element(By.CSS_SELECTOR, f'option[value="{value}"]').click()
            else:
                field.clear()
                field.send_keys(value)
        return self

    def choose_licence(self, licence):
        radio = self.find(f'input[name="license"][value="{licence}"]')
        if not radio.is_displayed():
            radio.find_element(By.XPATH, './ancestor::details/summary').click()
        radio.click()

    def press(self, *keys):
        """Keys to whatever has the focus."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)
        return self

    def press_to_leave(self, key):
        old = self.find('html')
        self.press(key)
        self.wait_for_other_page(old)
        return self

    def tab_to(self, selector, at_most=60):
        """Walks with the Tab key until the element has the focus."""
        for _ in range(at_most):
            if self.driver.switch_to.active_element in self.all(selector):
                return self
            self.press(Keys.TAB)
        raise AssertionError(f'{selector} is not reached with Tab on {self.path}')

    def sign_in(self, name, password=PASSWORD):
        self.open('/en/login').fill(name=name, password=password)
        self.go(self.button('Sign in', 'main'))
        assert self.has(f'header a[href="/en/member/{name}"]')
        return self

    # -- how it looks

    def set_width(self, width, height=844):
        self.width = width
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
            'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': False})

    def set_theme(self, theme):
        """What the machine prefers: light or dark; and nothing that moves, so that one look is enough."""
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {
            'features': [{'name': 'prefers-color-scheme', 'value': theme},
                         {'name': 'prefers-reduced-motion', 'value': 'reduce'}]})

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        height = self.driver.execute_cdp_cmd('Page.getLayoutMetrics', {})['cssContentSize']['height']
        self.set_width(self.width, min(int(height), 6000))
        self.driver.save_screenshot(str(SCREENSHOTS / f'{re.sub("[^a-z0-9-]+", "-", name.lower())}.png'))

    def overflow(self):
        """How far the page can be scrolled sideways, and by what."""
        return self.driver.execute_script('''
            const page = document.documentElement, width = page.clientWidth;
            if (page.scrollWidth <= width) return null;
            return [page.scrollWidth - width, ...[...document.querySelectorAll('body *')]
                .filter(e => e.getBoundingClientRect().right > width + 1).slice(0, 5)
                .map(e => e.outerHTML.slice(0, 120))];''')

    # -- what it complains of

    def complaints(self, expected_status=()):
        """The console's words since the last look, without the answers a test asked for."""
        told = []
        for entry in self.driver.get_log('browser'):
            status = re.search(r'the server responded with a status of (\d+)', entry['message'])
            if status and int(status[1]) in expected_status:
                continue
            told.append(f"{entry['level']} {entry['source']}: {entry['message']}")
        return told


@contextmanager
def open_browser(server, **options):
    browser = Browser(server, **options)
    try:
        yield browser
    finally:
        browser.close()
