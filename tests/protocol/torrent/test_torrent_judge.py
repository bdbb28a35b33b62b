"""essaim and python3-libtorrent read the same torrents the same way: sound ones, 60,000 bent ones, those in the wild.

Where the two disagree, differences.txt must say why. A disagreement it does not name fails, and so does a line of it
that no torrent here needs any more.
"""
import collections

import pytest

from registry import files_of
from torrent_mutation import mutants, read, write
from test_torrent_create import PIECE, make_ours
from torrent_tools import check_explained, difference, explanations, judgement, verdicts

MUTANTS = 60000
SEED = 20261123
OPTIONS = {"trackers": ["udp://a.example:6969/announce", "https://b.example/announce"], "comment": "words",
           "web_seeds": ["https://c.example/x/"], "date": 1790000000, "created_by": "essaim"}


def make_seeds():
    """Sound torrents of every shape."""
    one, folder = [("song", 3 * PIECE + 5, 0)], [("w/a/b", 40000, 2), ("w/a/c", 0, 0), ("w/d", 5, 0), ("w/é", 99999, 4)]
    for kind in ("v1", "v2", "hybrid"):
        yield make_ours(kind, "song", one, PIECE, OPTIONS, False)
        yield make_ours(kind, "w", folder, PIECE, OPTIONS, True)
        yield make_ours(kind, "w", folder[:1], 16384, {"private": True, "source": "s"}, True)
        yield make_ours(kind, "tiny", [("tiny", 7, 0)], PIECE, {}, False)


def old_seeds():
    """Things only other programs write: symlinks, *.utf-8 keys, keys out of order, files of one name."""
    files = b"ld4:attr1:x6:lengthi5e4:pathl1:aee" + b"d4:attr1:p6:lengthi11e4:pathl4:.pad2:11ee" \
        b"d4:attr1:l6:lengthi0e4:pathl1:le12:symlink pathl1:aeed6:lengthi7e4:pathl1:be10:path.utf-8l3:b\xc3\xa9eee"
    hashes = b"6:pieces20:" + bytes(20)
    yield b"d4:infod5:files" + files + b"4:name1:n10:name.utf-82:\xc3\xa912:piece lengthi32e" + hashes + b"ee"
    yield b"d4:infod" + hashes + b"12:piece lengthi9000e4:name1:n6:lengthi77eee"
    yield b"d8:url-listl9:http://a/e4:infod6:lengthi1e4:name1:n12:piece lengthi1e" + hashes + b"7:privatei1eee"
    twins = 33 * b"d6:lengthi1e4:pathl1:aee"
    yield b"d4:infod5:filesl" + twins + b"e4:name1:n12:piece lengthi64e" + hashes + b"ee"


@pytest.fixture(scope="module")
def seeds():
    return list(make_seeds()) + list(old_seeds())


def test_sound_torrents_are_taken_by_both(seeds):
    for torrent, ours in zip(seeds, verdicts(seeds)):
        theirs = judgement(torrent)
        assert theirs[0] == "ok", torrent[:200]
        assert ours[:3] == theirs[:3]
        assert write(read(torrent)[0]) == torrent


def test_bent_torrents_meet_the_same_verdict(seeds):
    torrents = list(mutants(seeds, MUTANTS, SEED))
    found = collections.defaultdict(list)
    accepted = 0
    for torrent, ours in zip(torrents, verdicts(torrents)):
        theirs = judgement(torrent)
        accepted += ours[0] == theirs[0] == "ok"
        name = difference(ours, theirs)
        if name:
            found[name].append(torrent)
    assert accepted > MUTANTS / 10, "mutants that nobody accepts prove little"
    check_explained(found, explanations("differences.txt"))


def test_real_torrents_meet_the_same_verdict():
    fixtures = files_of("webtorrent-fixtures", ".torrent")
    assert len(fixtures) >= 9
    paths, torrents = sorted(fixtures), [fixtures[path] for path in sorted(fixtures)]
    for path, torrent, ours in zip(paths, torrents, verdicts(torrents)):
        theirs = judgement(torrent)
        assert difference(ours, theirs) is None, (path, ours, theirs)
        assert theirs[0] != "ok" or ours[3] > 0
