"""Torrents bent in every way we could think of, always the same ones for the same seed."""
import random

INTEGERS = [-1, 0, 1, 2, 3, 255, 16383, 16384, 16385, 32768, 65536, 2**20, 2**29, 2**30 - 1, 2**30, 2**31 - 1, 2**31,
            2**32, 2**32 + 2, 2**44, 2**47, 2**48 - 1, 2**48, 2**62, 2**63 - 1, -(2**63), 2**63, 2**64, 10**19, 10**25]
STRINGS = [b"", b".", b"..", b"/", b"a/b", b"\\", b"\x00", b"\xff\xfe", "\u202egnp.exe".encode(), b"x" * 300,
           b"\x1b[2J", b"CON", b"." * 3, b" ", bytes(20), bytes(32), b"_____padding_file_0", b"p", b"l", b"x", b"lp"]
KEYS = [b"info", b"files", b"file tree", b"length", b"name", b"name.utf-8", b"path", b"path.utf-8", b"piece length",
        b"pieces", b"pieces root", b"piece layers", b"meta version", b"private", b"attr", b"symlink path", b"",
        b"source", b"announce", b"announce-list", b"url-list",
        b"creation date", b"magnet-uri", b"nodes", b"similar", b"zz"]


class Dict(list):
    """A dictionary as (key, value) pairs, so that order and doubles can be wrong."""


class Raw(bytes):
    """Bytes written as they are."""


def read(data, at=0):
    head = data[at:at + 1]
    if head == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if head in b"ld":
        values, at = [], at + 1
        while data[at:at + 1] != b"e":
            value, at = read(data, at)
            values.append(value)
        if head == b"d":
            values = Dict([values[n], values[n + 1]] for n in range(0, len(values), 2))
        return values, at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end], end


def write(value):
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, Dict):
        return b"d" + b"".join(write(key) + write(item) for key, item in value) + b"e"
    return b"l" + b"".join(write(item) for item in value) + b"e"


def places(value, found):
    """Every (container, place of a value in it)."""
    if isinstance(value, Dict):
        for pair in value:
            found.append((pair, 1, value))
            places(pair[1], found)
    elif isinstance(value, list):
        for n, item in enumerate(value):
            found.append((value, n, value))
            places(item, found)
    return found


def bend_integer(rng, old):
    return rng.choice([rng.choice(INTEGERS), rng.choice(INTEGERS), old + rng.choice([-1, 1, 2, 16384]), old * 2, -old,
                       Raw(b"i-0e"), Raw(b"i0%de" % abs(old)), Raw(b"ie"), Raw(b"i+1e"), Raw(b"i 1e"), Raw(b"i1.5e"),
                       b"%d" % old, [old]])


def bend_string(rng, old):
    cut = rng.randrange(len(old) + 1)
    return rng.choice([rng.choice(STRINGS), old[:cut], old + old[:cut], old + b"\x00", bytes(len(old)), old[::-1],
                       Raw(b"0%d:%s" % (len(old), old)), Raw(b"%d:%s" % (len(old) + 1, old)),
                       Raw(b"-1:"), Raw(b"99999999999999999999:"), len(old), [old], Dict([[b"", old]])])


def bend_list(rng, old):
    new = list(old)
    what = rng.randrange(6)
    if what == 0:
        return []
    if what == 1 and new:
        new.pop(rng.randrange(len(new)))
    elif what == 2 and new:
        new.insert(rng.randrange(len(new)), rng.choice(new))
    elif what == 3:
        rng.shuffle(new)
    elif what == 4:
        new.append(rng.choice([b"x", 7, [], Dict(), [[]]]))
    else:
        return rng.choice([b"", 1, Dict([[b"a", new]]), [new]])
    return new


def bend_dict(rng, old):
    new = Dict([list(pair) for pair in old])
    what = rng.randrange(9)
    if what == 0 and new:
        new.pop(rng.randrange(len(new)))
    elif what == 1 and new:
        new.insert(rng.randrange(len(new)), list(rng.choice(new)))
    elif what == 2:
        rng.shuffle(new)
    elif what in (3, 4):
        new.append([rng.choice(KEYS), rng.choice([1, b"x", [], Dict(), [b"a"]])])
        if what == 3:
            new.sort(key=lambda pair: pair[0] if isinstance(pair[0], bytes) else b"")
    elif what == 5 and new:
        rng.choice(new)[0] = rng.choice(KEYS)
    elif what == 6 and new:
        pair = rng.choice(new)
        pair[0] = rng.choice([pair[0][:-1], pair[0] + b"\x00", Raw(b"i1e"), b"../" + pair[0]])
    elif what == 7:
        return rng.choice([b"", 0, [], Dict(), list(new)])
    elif new:
        rng.choice(new)[1] = rng.choice([Dict(), [], b"", 0, Raw(b"")])
    return new


def bend_structure(rng, tree):
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        found = places(tree, [])
        if not found:
            return tree
        holder, place, _ = rng.choice(found)
        value = holder[place]
        if isinstance(value, Raw):
            continue
        if isinstance(value, int):
            holder[place] = bend_integer(rng, value)
        elif isinstance(value, bytes):
            holder[place] = bend_string(rng, value)
        elif isinstance(value, Dict):
            holder[place] = bend_dict(rng, value)
        else:
            holder[place] = bend_list(rng, value)
    return tree


def bend_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 8])):
        at = rng.randrange(len(data) or 1)
        what = rng.randrange(7)
        if what == 0:
            data[at:at + 1] = bytes([rng.randrange(256)])
        elif what == 1:
            data[at:at + 1] = bytes([rng.choice(b"0123456789ilde:-")])
        elif what == 2:
            data[at:at] = bytes([rng.choice(b"0123456789ilde:-\x00")])
        elif what == 3:
            del data[at:at + rng.choice([1, 1, 2, 16])]
        elif what == 4:
            piece = data[at:at + rng.randrange(1, 40)]
            data[at:at] = piece
        elif what == 5:
            return bytes(data[:at])
        else:
            data += rng.choice([b"e", b"\n", b" ", b"0:", bytes(3), b"d4:infodee", bytes(data)])
    return bytes(data)


def mutants(seeds, count, number):
    rng = random.Random(number)
    for _ in range(count):
        data = rng.choice(seeds)
        if rng.random() < 0.35:
            yield bend_bytes(rng, data)
        elif rng.random() < 0.9:
            yield write(bend_structure(rng, read(data)[0]))
        else:
            yield bend_bytes(rng, write(bend_structure(rng, read(data)[0])))
