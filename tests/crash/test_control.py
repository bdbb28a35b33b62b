"""The control socket: callers who say nothing, stop half-way or send no command line of ours hold up neither the
others nor the end of the server."""
import socket
import struct
import time


def call(server, payload=None):
    """A caller of the control socket who has said `payload`, or nothing yet."""
    caller = socket.socket(socket.AF_UNIX)
    caller.settimeout(30)
    caller.connect(str(server.data / 'control.sock'))
    if payload is not None:
        caller.sendall(b'A' + struct.pack('>I', len(payload)) + payload)
    return caller


def answer(caller):
    """All it is told, until it is let go."""
    told = b''
    while part := caller.recv(65536):
        told += part
    return told


def test_a_silent_caller_keeps_nobody_out(server):
    with call(server), call(server, b'user\0add\0eve\0--email\0e@example.org\0--password-stdin\0'):
        started = time.monotonic()
        server.command('user', 'list', seconds=30)
        assert time.monotonic() - started < 8


def test_a_silent_caller_does_not_keep_the_server_from_ending(server):
    """The second one was asked for standard input, and says nothing any more."""
    with call(server), call(server, b'user\0add\0eve\0--email\0e@example.org\0--password-stdin\0') as asked:
        assert asked.recv(1) == b'R'
        started = time.monotonic()
        server.stop(seconds=20)
        assert time.monotonic() - started < 8
    server.start()


def test_what_is_no_command_for_a_server_is_refused(server):
    for words in (b'', b'--help\0', b'serve\0', b'version\0', b'user\0add\0--help\0', b'nothing\0'):
        with call(server, words) as caller:
            told = answer(caller)
            assert told.endswith(b'Q' + struct.pack('>I', 1) + b'\x02'), (words, told)
    server.check_health()


def test_a_frame_too_long_ends_the_call_alone(server):
    with call(server) as caller:
        caller.sendall(b'A' + struct.pack('>I', 0xffffffff))
        assert answer(caller) == b''
    server.command('user', 'list')


def test_a_file_too_large_is_refused_and_the_import_goes_on(server):
    server.sign_up('ada')
    with open(server.works / 'huge.torrent', 'wb') as huge:
        huge.truncate(300 << 20)
    made = server.make_torrent()
    (server.works / 'small.torrent').write_bytes(made.content)
    done = server.run('import', str(server.works), '--as', 'ada')
    assert done.returncode == 1 and 'huge.torrent' in done.stdout, done
    assert '1 waiting for a moderator' in done.stdout and '1 refused' in done.stdout, done
    server.check_health()
