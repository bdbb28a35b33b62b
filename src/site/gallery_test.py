#!/usr/bin/env python3
"""Every page of the gallery, in both languages: valid for tidy, nothing inline, each input has a label, each
post form its token, ids once, and a first visit stays light. Usage: gallery_test.py VIEW_GALLERY. Prints TAP."""
import html.parser
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# tidy 5.6 is older than these parts of HTML and ARIA.
UNKNOWN_TO_TIDY = re.compile(r'proprietary attribute "(aria-current|inputmode|autocapitalize|minlength)"')
CSS_BYTES_MAX, JS_BYTES_MAX, HOME_BYTES_MAX = 8 * 1024, 6 * 1024, 30 * 1024


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.faults, self.ids, self.labels, self.inputs = [], [], set(), []
        self.form, self.label_depth, self.refers = None, 0, []
        self.feed(text)
        self.faults += [f"id {name} twice" for name in set(self.ids) if self.ids.count(name) > 1]
        self.faults += [f"{name} has no label" for name in self.inputs if name not in self.labels]
        self.faults += [f"no id {name}" for name in self.refers if name not in self.ids]

    def handle_starttag(self, tag, pairs):
        names = dict(pairs)
        self.check_inline(tag, names)
        if "id" in names:
            self.ids.append(names["id"])
        self.refers += (names.get("aria-describedby") or names.get("aria-labelledby") or "").split()
        if tag == "label":
            self.label_depth += 1
            self.labels.add(names.get("for"))
        if tag == "form":
            self.form = [names.get("method", "get"), False]
        if tag == "input" and names.get("name") == "csrf" and names.get("value") and self.form:
            self.form[1] = True
        shown = names.get("type") != "hidden" and "hidden" not in names
        if tag in ("input", "select", "textarea") and shown and not self.label_depth:
            self.inputs.append(names.get("id", f"an input {names.get('name')}"))
        if tag == "img" and "alt" not in names:
            self.faults.append("img without alt")

    def check_inline(self, tag, names):
        if tag == "style" or tag == "script" and "src" not in names:
            self.faults.append(f"inline <{tag}>")
        for name, value in names.items():
            if name.startswith("on") or name == "style" or (value or "").lower().startswith("javascript:"):
                self.faults.append(f"inline {name}=")

    def handle_endtag(self, tag):
        self.label_depth -= tag == "label"
        if tag == "form" and self.form:
            if self.form == ["post", False]:
                self.faults.append("a post form without token")
            self.form = None


def tidy_faults(path):
    if not shutil.which("tidy"):
        return []
    run = subprocess.run(["tidy", "-q", "-e", "--drop-empty-elements", "no", path], capture_output=True, text=True)
    return [line for line in run.stderr.splitlines() if line and not UNKNOWN_TO_TIDY.search(line)]


def brotli_bytes(path):
    return len(subprocess.run(["brotli", "-q", "11", "-c", path], stdout=subprocess.PIPE, check=True).stdout)


def weights(folder):
    css, js = (brotli_bytes(next(folder.glob(f"assets/*.{kind}"))) for kind in ("css", "js"))
    icon = next(folder.glob("assets/*.svg")).stat().st_size
    home = max(brotli_bytes(path) for path in folder.glob("home.*.html"))
    yield f"style.css is {css} bytes by brotli", css <= CSS_BYTES_MAX
    yield f"app.js is {js} bytes by brotli", js <= JS_BYTES_MAX
    yield f"a first visit is {css + js + icon + home} bytes", css + js + icon + home <= HOME_BYTES_MAX


def results_of(folder):
    for path in sorted(folder.glob("*.html")):
        text = path.read_text(encoding="utf-8")
        faults = Page(text).faults + tidy_faults(path)
        if "{{" in text or "{}" in text:
            faults.append("braces left over")
        yield f"{path.stem} {'; '.join(faults)}", not faults
    yield from weights(folder)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.argv[1], folder], check=True)
        results = list(results_of(folder))
    print(f"1..{len(results)}")
    for number, (words, is_fine) in enumerate(results, 1):
        print(f"{'ok' if is_fine else 'not ok'} {number} {words}")
    return 0 if len(results) > 60 and all(is_fine for _, is_fine in results) else 1


sys.exit(main())
