"""Bencode as it is given, well-made or not."""


def bencode(value):
    """Dictionaries in the order given: libtorrent's would sort them."""
    if isinstance(value, bytes):
        return b'%d:%s' % (len(value), value)
    if isinstance(value, int):
        return b'i%de' % value
    if isinstance(value, list):
        return b'l' + b''.join(map(bencode, value)) + b'e'
    return b'd' + b''.join(bencode(k) + bencode(v) for k, v in value.items()) + b'e'
