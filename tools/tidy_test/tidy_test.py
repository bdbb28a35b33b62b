"""Each rule of tidy has a tree that must fail for it, and one that must not."""
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS))
loader = importlib.machinery.SourceFileLoader('tidy', str(TOOLS / 'tidy'))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader('tidy', loader))
sys.modules['tidy'] = tidy
loader.exec_module(tidy)
import tidy_c  # noqa: E402

GOOD = {
    'src/base/meson.build': "files('str.c', 'str_test.c')\n",
    'src/base/str.h': '/* str.h — text. */\n#pragma once\nint str_len(const char *s);\n',
    'src/base/str.c': '#include "base/str.h"\n\nint str_len(const char *s) { return s ? 1 : 0; }\n',
    'src/base/str_test.c': '#include "base/str.h"\n\nint main(void) { return 0; }\n',
    'src/torrent/meson.build': "files('magnet.c')\n",
    'src/torrent/magnet.c': '#include "base/str.h"\nstatic const int sizes[] = {1, 2};\n'
                            'int magnet_size(int i) { return sizes[i]; }\n',
    'README.md': 'words\n',
}


def function_of(calls):
    return 'int str_long(void) {\n' + ''.join(f'    str_call({i});\n' for i in range(calls)) + '}\n'


LONG_FUNCTION = function_of(70)


def copied_function(name, lines=8):
    steps = ''.join(f'    n += step_{i}(n);\n\n' for i in range(lines))
    return f'int {name}(int n) {{\n{steps}    return 0;\n}}\n'


MACHINE_FOLDER = '/ho' + 'me/somebody/essaim'


def breaches(tmp_path, changes):
    for path, text in {**GOOD, **changes}.items():
        if text is None:
            continue
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding='utf-8')
    return {(b.rule, b.path) for b in tidy.tidy(tmp_path)}


def c(code):
    return {'src/base/str.c': '#include "base/str.h"\n' + code}


def test_a_good_tree_is_clean(tmp_path):
    assert breaches(tmp_path, {}) == set()


@pytest.mark.parametrize('rule, changes', [
    ('layer', {'src/base/str.c': '#include "torrent/magnet.h"\n'}),
    ('layer', {'src/torrent/magnet.c': '#include "store/store.h"\n'}),
    ('layer', {'src/torrent/magnet.c': '#include "routes.h"\n'}),
    ('layer', {'src/plumbing/meson.build': "files('a.c')\n", 'src/plumbing/a.c': '\n'}),
    ('include', {'src/base/str.c': '#include "strings/str.h"\n'}),
    ('function-lines', c(LONG_FUNCTION)),
    ('function-lines', {'tools/long.py': 'def f():\n' + '    f()\n' * 70}),
    ('parameters', c('int str_f(int a, int b, int c, int d, int e, int f) { return a; }\n')),
    ('parameters', c('int str_f(int a,\n          void (*b)(int, int), int c,\n          int d, int e, int f);\n')),
    ('file-lines', c('int x(void);\n' * 601)),
    ('columns', c('/* ' + 'a' * 100 + ' */\n')),
    ('duplicate', {'src/torrent/magnet.c': copied_function('magnet_a') + copied_function('magnet_b')}),
    ('duplicate', {'src/torrent/magnet.c': copied_function('magnet_a'), **c(copied_function('str_a'))}),
    ('space', c('int x(void); \n')),
    ('space', c('int x(void);')),
    ('memory', {'src/torrent/magnet.c': 'void magnet_add(void) {\n    char *p = malloc(3);\n}\n'}),
    ('memory', {'src/torrent/magnet.c': 'void magnet_drop(char *p) { free(p); }\n'}),
    ('name', {'src/base/meson.build': "files('str.c', 'str_test.c', 'str_util.c')\n", 'src/base/str_util.c': '\n'}),
    ('name', {'docs/common/a.md': 'a\n'}),
    ('header', {'src/base/str.h': '#pragma once\n'}),
    ('header', {'src/base/str.h': '/* str.h — text. */\nint x(void);\n'}),
    ('unfinished', c('/* ' + 'TO' + 'DO: later */\n')),
    ('unfinished', {'README.md': 'FIX' + 'ME\n'}),
    ('machine-path', {'README.md': f'see {MACHINE_FOLDER}/x\n'}),
    ('sql', c('const char *f(void) { return "select a from b"; }\n')),
    ('sql', c('const char *f(void) { return "INSERT INTO b values (1)"; }\n')),
    ('state', c('static int calls;\n')),
    ('state', c('int calls[3] = {0};\n')),
    ('state', c('static const char *last;\n')),
    ('state', c('int f(void) {\n    static int calls;\n    return calls++;\n}\n')),
    ('dead', {'src/base/lost.c': 'int x;\n'}),
    ('dead', {'src/base/lost_test.c': 'int main(void) { return 0; }\n'}),
    ('dead', {'src/site/views/lost.html': '{{ view lost(page: Lost) }}\n{{ end }}\n'}),
    ('exception', {'tools/tidy_exceptions.txt': 'columns src/base/str.c not needed\n'}),
    ('exception', {'tools/tidy_exceptions.txt': 'columns src/base/str.c\n'}),
    ('modules', {'src/base/meson.build': ''.join(f"'a{i}.c'" for i in range(33)) + "'str.c' 'str_test.c'\n",
                 **{f'src/base/a{i}.c': '\n' for i in range(33)}}),
    ('python', {'tools/broken.py': 'def f(:\n'}),
])
def test_a_breach_is_found(tmp_path, rule, changes):
    assert rule in {r for r, _ in breaches(tmp_path, changes)}


@pytest.mark.parametrize('changes', [
    c('/* malloc( and "select a from b" in a comment; static int x; */\n'),
    c('int f(void) { return g("} { free("); }\n'),
    c('#define EACH(x) \\\n    do { \\\n    } while (0)\nint f(int a) { return a; }\n'),
    c('static const struct {\n    int a, b;\n} rows[] = {{1, 2}, {3, 4}};\n'),
    c('static const char *const names[] = {"a", "b"};\n'),
    c('typedef struct {\n    int a;\n} Thing;\nenum { A, B };\nstruct Other;\nextern const int table[3];\n'),
    c('int f(int a, void (*call)(int, int, int, int), int b, int c, int d) { return a; }\n'),
    c('__attribute__((format(printf, 1, 2))) int f(const char *a, ...);\n'),
    c('char quote(void) { return \'"\'; }\nchar brace(void) { return \'{\'; }\n'),
    c('char *str_copy(void) { return malloc(3); }\n'),
    {'src/torrent/magnet.c': 'void magnet_free(char *p) { free(p); }\n'},
    {'src/torrent/magnet.c': 'void magnet_drop(Owner *o) { o->free(o); }\n'},
    {'src/torrent/meson.build': "foreach n : ['magnet']\n  test(n, executable(n, n + '_test.c'))\nendforeach\n"
                                "'magnet.c'\n",
     'src/torrent/magnet_test.c': 'int main(void) { return 0; }\n'},
    {'src/base/meson.build': ''.join(f"'str_{i}.c'" for i in range(33)) + "'str.c' 'str_test.c'\n",
     **{f'src/base/str_{i}.c': '\n' for i in range(33)}},
    {'src/torrent/magnet.c': copied_function('magnet_a', 6) + copied_function('magnet_b', 6)},
    {'src/site/views/row.html': '{{ view row(page: Row) }}\n{{ end }}\n',
     'src/site/meson.build': "files('row.c')\n", 'src/site/row.c': 'void f(void) { view_row(1); }\n'},
])
def test_what_is_right_is_left_alone(tmp_path, changes):
    assert breaches(tmp_path, changes) == set()


def test_an_exception_with_a_reason_is_taken(tmp_path):
    exceptions = {'tools/tidy_exceptions.txt': 'function-lines src/base/str.c:str_long a table\n'}
    assert breaches(tmp_path, {**c(LONG_FUNCTION), **exceptions}) == set()


def test_a_function_of_seventy_lines_is_allowed(tmp_path):
    assert breaches(tmp_path, c(function_of(68))) == set()


def test_lines_are_told_rightly():
    text = ('/* a\n b */\n#include "x/y.h"\n\nint f(int a,\n      int b) {\n    return a;\n}\n\n'
            'int g(void) { return 0; }\n')
    found = [(f.name, f.line, f.lines, f.parameters) for f in tidy_c.functions_of(text)]
    assert found == [('f', 5, 3, 2), ('g', 10, 1, 0)]
    assert tidy_c.includes_of(text) == [(3, 'x/y.h')]
