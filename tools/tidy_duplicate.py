"""tidy_duplicate: code that stands in two places, found line by line.

Blank lines, comments, lines of braces and includes do not count; white space does not matter. Names do: two loops
over different things that look alike are no duplicate, a copied function is one.
"""
from tidy_c import without_comments

SAME_LINES_MIN = 8  # fewer are idiom
WORDLESS = set('{}();, ')


def counted_lines(text):
    """(line number, the line without white space) of each line that says something."""
    for number, line in enumerate(without_comments(text, keep_strings=True).split('\n'), 1):
        tight = ''.join(line.split())
        if tight and not WORDLESS.issuperset(tight) and not tight.startswith('#include'):
            yield number, tight


def duplicates_of(files):
    """files: {path: text}. Yields (path, line, other path, other line, lines) of each stretch, once."""
    rows = {path: list(counted_lines(text)) for path, text in sorted(files.items())}
    seen = {}  # of SAME_LINES_MIN lines -> where they stood first
    for path, lines in rows.items():
        at = 0
        while at + SAME_LINES_MIN <= len(lines):
            window = tuple(line for _, line in lines[at:at + SAME_LINES_MIN])
            first = seen.setdefault(window, (path, at))
            if first[0] == path and first[1] > at - SAME_LINES_MIN:
                at += 1
                continue
            other, start = first
            length = SAME_LINES_MIN
            while (at + length < len(lines) and start + length < len(rows[other])
                   and lines[at + length][1] == rows[other][start + length][1]):
                length += 1
            yield path, lines[at][0], other, rows[other][start][0], length
            at += length
