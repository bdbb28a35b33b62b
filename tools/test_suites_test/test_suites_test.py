"""The counting of ./dev test: what ran nothing, died or took too long has failed, and the last line says so."""
import importlib.machinery
import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent
loader = importlib.machinery.SourceFileLoader('test_suites', str(TOOLS / 'test_suites'))
suites = importlib.util.module_from_spec(importlib.util.spec_from_loader('test_suites', loader))
sys.modules['test_suites'] = suites
loader.exec_module(suites)


@pytest.fixture(autouse=True)
def own_log(tmp_path, monkeypatch):
    monkeypatch.setattr(suites, 'LOG', tmp_path)


def suite_of(run, minutes=1):
    return suites.Suite('sample', 'a sample', minutes, run)


def run_of(tmp_path, text):
    """run_pytest over one file with this text."""
    folder = tmp_path / 'tests'
    folder.mkdir()
    (folder / 'test_sample.py').write_text(text, encoding='utf-8')
    return suites.run_suite(suite_of(lambda suite: suites.run_pytest(suite, [str(folder)])))


def test_a_suite_that_ran_nothing_has_failed():
    result = suites.run_suite(suite_of(lambda suite: suites.Result()))
    assert (result.passed, result.failed, result.faults) == (0, 1, ['sample ran no test'])


def test_a_suite_that_only_skipped_has_failed(tmp_path):
    result = run_of(tmp_path, 'import pytest\ndef test_a():\n    pytest.skip("nothing here")\n')
    assert (result.passed, result.skipped) == (0, 1) and result.failed == 1


def test_a_suite_that_breaks_has_failed():
    result = suites.run_suite(suite_of(lambda suite: 1 / 0))
    assert result.failed == 1 and 'ZeroDivisionError' in result.faults[0]


def test_each_test_is_counted(tmp_path):
    result = run_of(tmp_path, 'import pytest\ndef test_a(): pass\ndef test_b(): assert 0\n'
                              '@pytest.mark.parametrize("n", range(5))\ndef test_c(n): assert n\n')
    assert (result.passed, result.failed, result.skipped) == (5, 2, 0)


def test_a_file_that_does_not_parse_has_failed(tmp_path):
    assert run_of(tmp_path, 'def test_a(:\n').failed >= 1


def test_a_run_that_dies_half_way_has_failed(tmp_path):
    result = run_of(tmp_path, 'import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\ndef test_c(): pass\n')
    assert result.failed >= 1


def test_what_takes_too_long_is_ended_with_its_children(tmp_path):
    mark = tmp_path / 'alive'
    start = time.monotonic()
    fine = suites.call(suite_of(None, minutes=0.02), ['sh', '-c', f'(sleep 3; touch {mark}) & sleep 60'])
    assert not fine and time.monotonic() - start < 30
    time.sleep(3)
    assert not mark.exists()


def test_what_is_left_running_ends_with_its_test(tmp_path):
    mark = tmp_path / 'alive'
    assert suites.call(suite_of(None), ['sh', '-c', f'(sleep 2; touch {mark}) &'])
    time.sleep(3)
    assert not mark.exists()


def test_what_left_the_group_ends_too(tmp_path):
    mark = tmp_path / 'alive'
    assert suites.call(suite_of(None), ['sh', '-c', f'setsid sh -c "sleep 2; touch {mark}" & sleep 0.2'])
    time.sleep(3)
    assert not mark.exists()


FAULTS = {
    'leak': ('address', 'for (int i = 0; i < 100; i++) *(char *volatile *)&at = malloc(100);'),
    'overflow': ('address', 'at = malloc(100); at[100 + (at == NULL)] = 1;'),
    'arithmetic': ('undefined', 'int most = 0x7fffffff; for (int i = 0; i < 2; i++) most += i; return most == 0;'),
    'race': ('thread', 'pthread_create(&thread, NULL, add, NULL); add(NULL); pthread_join(thread, NULL);'),
    '': ('address,undefined', 'free(at);'),
}


@pytest.mark.parametrize('fault', FAULTS)
def test_a_fault_is_heard(tmp_path, fault):
    """With the options every suite gets, what a sanitizer sees ends the program with a failure."""
    kind, code = FAULTS[fault]
    source = tmp_path / 'fault.c'
    source.write_text(f"""#include <pthread.h>
#include <stdlib.h>
static char *at;
static int sum;
static pthread_t thread;
static void *add(void *nothing) {{
    for (int i = 0; i < 100000; i++) sum++;
    return nothing;
}}
int main(void) {{
    (void)add, (void)thread;
    {code}
    return 0;
}}
""", encoding='utf-8')
    subprocess.run(['gcc', '-g', f'-fsanitize={kind}', '-o', tmp_path / 'fault', source], check=True)
    setarch = suites.without_spread_addresses() if kind == 'thread' else []
    assert suites.call(suite_of(None), [*setarch, tmp_path / 'fault']) == (fault == '')


def test_the_last_line_says_it_all(capsys):
    sample = suite_of(None)
    result = suites.Result(passed=3, failed=1, faults=['it: broke'])
    assert not suites.print_summary([sample], {'sample': result}, 1.0)
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == '3 passed, 1 failed' and 'FAILED sample: it: broke' in out


def test_an_unknown_suite_is_refused():
    done = subprocess.run([TOOLS / 'test_suites', 'nosuch'], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and 'no suite nosuch' in done.stderr
