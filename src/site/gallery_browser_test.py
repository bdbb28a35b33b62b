#!/usr/bin/python3
"""The gallery in a real browser: nothing wider than the window down to 320 px (WCAG 1.4.10), targets of 24 px and
more (2.5.8), and the comforts of app.js. Usage: gallery_browser_test.py VIEW_GALLERY. Prints TAP; skipped where
there is no chromium with its driver."""
import functools
import http.server
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

try:
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("1..0 # SKIP no python3-selenium")
    sys.exit(0)

SMALL_TARGETS = """
const small = [];
for (const node of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')) {
  const box = node.getBoundingClientRect(), style = getComputedStyle(node);
  if (!box.width || box.width <= 1 || style.visibility === 'hidden') continue;
  const inline = style.display === 'inline' && node.closest('p, li, dd, .meta, .copy, td, .head');
  const labelled = node.closest('label');
  if (!inline && !labelled && (box.width < 23.5 || box.height < 23.5))
    small.push(`${node.tagName} ${node.textContent.trim()} ${Math.round(box.width)}x${Math.round(box.height)}`);
}
return small;
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def browser(with_scripts=True):
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.binary_location = shutil.which("chromium")
    if not with_scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    service = webdriver.chrome.service.Service(shutil.which("chromedriver"))
    return webdriver.Chrome(service=service, options=options)


def set_width(driver, width):
    # Windows have a least width: the viewport is set below it.
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})


def widths(driver, site, pages):
    for width in (320, 1280):
        set_width(driver, width)
        for page in pages:
            driver.get(f"{site}/{page}")
            wide = driver.execute_script("return document.documentElement.scrollWidth")
            overflow = driver.execute_script("""return [...document.querySelectorAll('body *')].filter(n => {
                const b = n.getBoundingClientRect();
                return b.right > innerWidth + 1 && b.width > 1 && !n.closest('.comb, .facet, pre, .hidden, .sprite')
            }).map(n => n.tagName + '.' + n.className).slice(0, 3).join(' ')""")
            small = driver.execute_script(SMALL_TARGETS)
            fine = wide <= width and not overflow and not small
            yield f"{page} at {width} px {wide if wide > width else ''} {overflow} {'; '.join(small[:3])}", fine


def comforts(driver, site, folder):
    set_width(driver, 1280)
    driver.get(f"{site}/search.en.html")
    body = driver.find_element(By.TAG_NAME, "body")
    body.send_keys("j")
    first = driver.switch_to.active_element.text
    body.send_keys("j")
    second = driver.switch_to.active_element.text
    yield "j goes down the list", first and second and first != second
    driver.switch_to.active_element.send_keys("k")
    yield "k goes up again", driver.switch_to.active_element.text == first
    driver.switch_to.active_element.send_keys("/")
    yield "/ goes to the search box", driver.switch_to.active_element.get_attribute("id") == "search"
    driver.switch_to.active_element.send_keys("jk/")
    yield "letters typed there stay letters", driver.switch_to.active_element.get_attribute("value") == "jk/"
    driver.get(f"{site}/torrent.en.html")
    shown = [button.is_displayed() for button in driver.find_elements(By.CSS_SELECTOR, "#attribution + button")]
    yield "copy buttons appear where scripts run", shown == [True]
    torrent = folder / "some.torrent"
    torrent.write_bytes(b"d8:announce3:udp4:infod6:lengthi1e4:name19:wild_bees_guide.pdf12:piece lengthi16384eee")
    driver.get(f"{site}/upload.en.html")
    driver.execute_script("document.getElementById('field-title').value = ''")
    driver.find_element(By.ID, "field-torrent").send_keys(str(torrent))
    driver.implicitly_wait(2)
    title = driver.find_element(By.CSS_SELECTOR, "#field-title")
    for _ in range(20):
        if title.get_attribute("value"):
            break
        driver.execute_async_script("setTimeout(arguments[0], 50)")
    yield "a chosen .torrent suggests the title", title.get_attribute("value") == "wild bees guide"
    title.send_keys(Keys.TAB)


def without_scripts(site):
    driver = browser(with_scripts=False)
    try:
        driver.get(f"{site}/torrent.en.html")
        shown = [button.is_displayed() for button in driver.find_elements(By.CSS_SELECTOR, "[data-copy]")]
        yield "copy buttons stay away without scripts", bool(shown) and not any(shown)
    finally:
        driver.quit()


def main():
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        print("1..0 # SKIP no chromium with chromedriver")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.argv[1], folder], check=True)
        site = serve(folder)
        pages = sorted(path.name for path in folder.glob("*.fr.html"))
        driver = browser()
        try:
            results = [*widths(driver, site, pages), *comforts(driver, site, folder), *without_scripts(site)]
        finally:
            driver.quit()
    print(f"1..{len(results)}")
    for number, (words, is_fine) in enumerate(results, 1):
        print(f"{'ok' if is_fine else 'not ok'} {number} {words}")
    return 0 if all(is_fine for _, is_fine in results) else 1


sys.exit(main())
