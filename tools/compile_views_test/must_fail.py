#!/usr/bin/env python3
"""Every fail/NAME.html must be refused: by compile_views with the words it names, or, where it says
"C:", by gcc and by clang at the line of the view."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOL = ROOT / "tools/compile_views"


def compile_view(view, folder):
    return subprocess.run([sys.executable, TOOL, "--source", folder / "v.c", "--header", folder / "v.h",
                           "--header-name", "v.h", "--include", "golden.h", view],
                          capture_output=True, text=True)


def compile_c(compiler, folder):
    return subprocess.run([compiler, "-std=gnu17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
                           '-DASSET_MARK_SVG="/assets/mark.0.svg"', f"-I{ROOT / 'src'}", f"-I{HERE}", f"-I{folder}",
                           folder / "v.c"], capture_output=True, text=True)


def fault_of(view, compilers):
    """What is wrong with this test, or None."""
    wanted = re.match(r"\{\{# fails: (.*?) \}\}\n", view.read_text()).group(1).strip()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made = compile_view(view, folder)
        if wanted != "C:":
            if made.returncode == 0:
                return "was taken"
            if wanted not in made.stderr or f"{view}:2: " not in made.stderr:
                return f"was refused with other words: {made.stderr.strip()}"
            return None
        if made.returncode != 0:
            return f"never reached the C compiler: {made.stderr.strip()}"
        for compiler in compilers:
            built = compile_c(compiler, folder)
            if built.returncode == 0:
                return f"was taken by {compiler}"
            if f"{view.name}:2" not in built.stderr:
                return f"{compiler} does not name the line: {built.stderr.strip()}"
    return None


def good_view_passes(compilers):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        assert compile_view(HERE / "golden.html", folder).returncode == 0
        return all(compile_c(compiler, folder).returncode == 0 for compiler in compilers)


def main():
    compilers = [name for name in ("gcc", "clang-14", "clang") if shutil.which(name)][:2]
    views = sorted((HERE / "fail").glob("*.html"))
    print(f"1..{len(views) + 1}")
    bad = 0
    if not good_view_passes(compilers):
        bad += 1
        print("not", end=" ")
    print(f"ok 1 golden.html is taken by {' and '.join(compilers)}")
    for number, view in enumerate(views, 2):
        fault = fault_of(view, compilers)
        bad += fault is not None
        print(f"{'not ok' if fault else 'ok'} {number} {view.stem}" + (f" # {fault!r}" if fault else ""))
    return 1 if bad else 0


sys.exit(main())
