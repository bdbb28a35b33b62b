"""compile_queries: golden files, and every fail/NAME.sql refused with the line and the words it names.

Look at the difference, then: tools/compile_queries queries --out tools/compile_queries_test/golden \
tools/compile_queries_test/golden/shelf.sql
"""
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOL = ROOT / 'tools' / 'compile_queries'
FAILING = sorted((HERE / 'fail').glob('*.sql'))


def run_tool(*words):
    return subprocess.run([sys.executable, TOOL, *words], capture_output=True, text=True)


def test_the_output_is_the_golden_one(tmp_path):
    result = run_tool('queries', '--out', tmp_path, HERE / 'golden' / 'shelf.sql')
    assert result.returncode == 0, result.stderr
    for name in ('shelf.h', 'shelf.c', 'statement_list.c'):
        assert (tmp_path / name).read_text() == (HERE / 'golden' / name).read_text()


@pytest.mark.parametrize('compiler', ('gcc', 'clang-14'))
def test_the_output_compiles(compiler, tmp_path):
    if not shutil.which(compiler):
        pytest.skip(f'{compiler} is not installed')
    (tmp_path / 'queries').symlink_to(HERE / 'golden')
    for name in ('shelf.c', 'statement_list.c'):
        subprocess.run([compiler, '-std=gnu17', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wshadow', '-Wmissing-prototypes',
                        '-Werror', '-fsyntax-only', f'-I{ROOT / "src"}', f'-I{tmp_path}',
                        HERE / 'golden' / name], check=True)


def test_files_that_stay_the_same_are_not_touched(tmp_path):
    run_tool('queries', '--out', tmp_path, HERE / 'golden' / 'shelf.sql')
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    run_tool('queries', '--out', tmp_path, HERE / 'golden' / 'shelf.sql')
    assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


@pytest.mark.parametrize('path', FAILING, ids=lambda path: path.stem)
def test_a_mistake_is_told_with_its_line(path, tmp_path):
    line, words = re.match(r'-- fails: (\d+): (.*)\n', path.read_text()).groups()
    source = tmp_path / 'shelf.sql'
    shutil.copy(path, source)
    result = run_tool('queries', '--out', tmp_path / 'out', source)
    assert result.returncode == 1
    assert result.stderr.startswith(f'{source}:{line}: ')
    assert words in result.stderr
    assert not (tmp_path / 'out').exists()


def test_one_name_in_two_files_is_refused(tmp_path):
    # shelf_old_clear may stand in shelf.sql and in shelf_old.sql
    for noun in ('shelf', 'shelf_old'):
        (tmp_path / f'{noun}.sql').write_text('-- query shelf_old_clear() -> none\n-- All.\ndelete from shelf;\n')
    result = run_tool('queries', '--out', tmp_path, tmp_path / 'shelf.sql', tmp_path / 'shelf_old.sql')
    assert result.returncode == 1 and 'stands already in another file' in result.stderr


STEP_MISTAKES = [
    ('0001-a.sql', 'create table a (b integer references c deferrable initially deferred);', '1: "deferr"'),
    ('0001-a.sql', '-- fine\ncreate table a (b integer default current_timestamp);', '2: "current_"'),
    ('0001-a.sql', 'pragma journal_mode = delete;', '1: "pragma"'),
    ('0001-a.sql', 'create table a (b integer); commit;', '1: "commit"'),
    ('0002-a.sql', 'create table a (b integer);', '1: steps are numbered without a gap'),
    ('a.sql', 'create table a (b integer);', '1: steps are numbered without a gap'),
]


@pytest.mark.parametrize('name, sql, words', STEP_MISTAKES)
def test_a_wrong_step_of_the_schema_is_refused(name, sql, words, tmp_path):
    (tmp_path / name).write_text(sql)
    result = run_tool('schema', '--out', tmp_path / 'steps.c', tmp_path / name)
    assert result.returncode == 1 and f'{name}:{words}' in result.stderr


def test_steps_keep_what_stands_in_quotes(tmp_path):
    (tmp_path / '0001-a.sql').write_text("insert into a values ('-- \\ \"x\"'); -- gone\n")
    result = run_tool('schema', '--out', tmp_path / 'steps.c', tmp_path / '0001-a.sql')
    assert result.returncode == 0, result.stderr
    assert r"('-- \\ \"x\"')" in (tmp_path / 'steps.c').read_text()
