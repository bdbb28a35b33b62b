"""RFC 6455 at /announce, byte by byte: the handshake, frames good and bad, both ways to close, and who is cut off.

Every connection here speaks to the tracker, so a message is answered in JSON; that shows it arrived.
"""
import json
import os
import re
import socket
import struct
import time

import pytest

from server import wait_for
from websocket_client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WebSocket, frame, handshake

GOING_AWAY, PROTOCOL, BAD_TEXT, POLICY, TOO_LARGE = 1001, 1002, 1007, 1008, 1009
MESSAGE_BYTES_MAX = 64 * 1024
ASK = json.dumps({'action': 'scrape', 'info_hash': 'x' * 20}).encode()


@pytest.fixture
def web(site):
    with WebSocket(site) as web:
        assert web.status == 101
        yield web


def is_answered(web):
    web.send(TEXT, ASK)
    return web.receive_json()['action'] == 'scrape'


# ---- the handshake (4.2) -------------------------------------------------------------------------

def test_a_handshake_is_answered_without_extensions_or_protocols(site):
    with WebSocket(site, headers={'Sec-WebSocket-Extensions': 'permessage-deflate', 'Sec-WebSocket-Protocol': 'chat',
                                  'Origin': 'https://elsewhere.example'}) as web:
        assert web.status == 101 and web.headers['connection'].lower() == 'upgrade'
        assert 'sec-websocket-extensions' not in web.headers and 'sec-websocket-protocol' not in web.headers
        assert is_answered(web)


@pytest.mark.parametrize('headers', [
    {'Connection': 'keep-alive, upgrade', 'Upgrade': 'WebSocket'}, {'Connection': ['keep-alive', 'Upgrade']},
    {'Upgrade': 'h2c, websocket'}], ids=str)
def test_tokens_stand_in_lists_in_any_case(site, headers):
    with WebSocket(site, headers=headers) as web:
        assert web.status == 101 and is_answered(web)


@pytest.mark.parametrize('headers, status', [
    ({'Sec-WebSocket-Key': None}, 400), ({'Sec-WebSocket-Key': 'short'}, 400),
    ({'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAAAA'}, 400), ({'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAA?=='}, 400),
    ({'Sec-WebSocket-Key': ['AAAAAAAAAAAAAAAAAAAAAA=='] * 2}, 400),
    ({'Connection': 'keep-alive'}, 400), ({'Connection': None}, 400),
    ({'Sec-WebSocket-Version': '8'}, 426), ({'Sec-WebSocket-Version': '13, 8'}, 426),
    ({'Sec-WebSocket-Version': None}, 426)], ids=str)
def test_a_handshake_that_is_not_one_is_refused(site, headers, status):
    with WebSocket(site, headers=headers) as web:
        assert web.status == status
        assert status != 426 or web.headers['sec-websocket-version'] == '13'


@pytest.mark.parametrize('headers', [{'Upgrade': None}, {'Upgrade': 'h2c'}, {'Upgrade': 'websockets'}], ids=str)
def test_without_the_word_it_is_the_http_tracker(site, headers):
    with WebSocket(site, headers=headers) as web:
        assert web.status == 200 and int(web.headers['content-length']) > 0
        assert b'failure reason' in web.read(int(web.headers['content-length']))


@pytest.mark.parametrize('how, status', [({'version': 'HTTP/1.0'}, 200), ({'method': 'HEAD'}, 200),
                                         ({'method': 'POST'}, 405)], ids=['HTTP/1.0', 'HEAD', 'POST'])
def test_only_a_get_of_http_1_1_becomes_a_websocket(site, how, status):
    with socket.create_connection((site.address, site.port), timeout=10) as tcp:
        tcp.sendall(handshake(site, headers={'Content-Length': '0'} if how.get('method') == 'POST' else None, **how)[1])
        answer = tcp.recv(4096)
    assert int(answer.split()[1]) == status


def test_frames_may_come_with_the_handshake(site):
    with socket.create_connection((site.address, site.port), timeout=10) as tcp:
        tcp.sendall(handshake(site)[1] + frame(TEXT, ASK) + frame(PING, b'early'))
        got = b''
        while b'early' not in got or b'"files"' not in got:
            more = tcp.recv(65536)
            assert more
            got += more
    assert got.startswith(b'HTTP/1.1 101 ')


def test_no_other_address_becomes_a_websocket(site):
    for address in ('/scrape', '/livez', '/en/', '/nothing'):
        with WebSocket(site, address) as web:
            assert web.status in (200, 404)


# ---- messages ------------------------------------------------------------------------------------

def test_a_message_comes_in_one_frame_or_many_and_byte_by_byte(web):
    assert is_answered(web)
    for at in range(len(ASK)):
        web.send(TEXT if at == 0 else CONTINUATION, ASK[at:at + 1], fin=False)
    web.send(CONTINUATION, b'', fin=True)
    assert web.receive_json()['action'] == 'scrape'
    for byte in frame(TEXT, ASK):
        web.tcp.sendall(bytes([byte]))
    assert web.receive_json()['action'] == 'scrape'
    web.send(BINARY, ASK)
    assert web.receive_json()['action'] == 'scrape'


def test_many_messages_in_one_packet_are_answered_in_order(web):
    asks = [json.dumps({'action': 'scrape', 'info_hash': f'{n:020d}'}).encode() for n in range(50)]
    web.tcp.sendall(b''.join(frame(TEXT, ask) for ask in asks))
    assert [list(web.receive_json()['files'])[0] for _ in asks] == [f'{n:020d}' for n in range(50)]


def test_control_frames_come_in_the_middle_of_a_message(web):
    web.send(TEXT, ASK[:10], fin=False).send(PING, b'p' * 125).send(PONG, b'unasked').send(CONTINUATION, ASK[10:])
    assert web.receive() == (PONG, b'p' * 125)
    assert web.receive_json()['action'] == 'scrape'


def test_a_ping_is_answered_with_its_bytes(web):
    for payload in (b'', b'\x00\xff', os.urandom(125)):
        assert web.send(PING, payload).receive() == (PONG, payload)


def test_a_message_may_be_as_long_as_the_limit_and_not_longer(site):
    with WebSocket(site) as web:
        web.send(TEXT, ASK + b' ' * (MESSAGE_BYTES_MAX - len(ASK)))
        assert web.receive_json()['action'] == 'scrape'
        web.send(TEXT, b' ' * (MESSAGE_BYTES_MAX + 1))
        assert web.close_code() == TOO_LARGE
    with WebSocket(site) as web:
        web.send(TEXT, b' ' * MESSAGE_BYTES_MAX, fin=False).send(CONTINUATION, b' ')
        assert web.close_code() == TOO_LARGE
    with WebSocket(site) as web:  # the head alone says it, nothing of it is waited for
        web.tcp.sendall(frame(TEXT, b'', length=1 << 40) + b'x')
        assert web.close_code() == TOO_LARGE


BAD_FRAMES = {
    'unmasked': frame(TEXT, ASK, mask=False), 'unmasked ping': frame(PING, b'p', mask=False),
    'reserved bit 1': frame(TEXT, ASK, rsv=4), 'reserved bit 3': frame(PING, b'', rsv=1),
    **{f'opcode {opcode}': frame(opcode, b'x') for opcode in (3, 7, 11, 15)},
    'continuation of nothing': frame(CONTINUATION, ASK),
    'text in a message': frame(TEXT, b'{', fin=False) + frame(TEXT, b'}'),
    'binary in a message': frame(TEXT, b'{', fin=False) + frame(BINARY, b'}'),
    'long ping': frame(PING, b'x' * 126), 'ping in two': frame(PING, b'x', fin=False),
    'close in two': frame(CLOSE, b'', fin=False), 'long close': frame(CLOSE, struct.pack('>H', 1000) + b'x' * 124),
    'length with its top bit': bytes([0x81, 0xff]) + struct.pack('>Q', 1 << 63) + b'mask' + b'x',
    'length written too long': bytes([0x81, 0xfe]) + struct.pack('>H', 5) + b'mask' + b'12345',
    'length written far too long': bytes([0x81, 0xff]) + struct.pack('>Q', 500) + b'mask' + b'12345',
}


@pytest.mark.parametrize('what', BAD_FRAMES)
def test_a_frame_against_the_rules_ends_the_connection(web, what):
    web.tcp.sendall(BAD_FRAMES[what])
    assert web.close_code() == PROTOCOL


@pytest.mark.parametrize('text', [b'\xff', b'\xc0\x80', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xce\xba\xe1\xbd'],
                         ids=['no lead', 'overlong', 'surrogate', 'beyond Unicode', 'cut off'])
def test_text_that_is_not_utf_8_ends_the_connection(site, text):
    with WebSocket(site) as web:
        assert web.send(TEXT, text).close_code() == BAD_TEXT
    with WebSocket(site) as web:
        assert web.send(TEXT, text[:1], fin=False).send(CONTINUATION, text[1:]).close_code() == BAD_TEXT


def test_a_character_may_be_split_between_frames(web):
    word = '{"a":"é"}'.encode()
    cut = word.index('é'.encode()) + 1
    web.send(TEXT, word[:cut], fin=False).send(CONTINUATION, word[cut:])
    assert 'failure reason' in web.receive_json()


# ---- the end (7) ---------------------------------------------------------------------------------

@pytest.mark.parametrize('code', [None, 1000, 1001, 1003, 1011, 3000, 4999])
def test_a_close_is_answered_with_its_code_and_the_connection_ended_by_the_server(web, code):
    web.send(CLOSE, b'' if code is None else struct.pack('>H', code) + 'fini é'.encode())
    assert web.close_code() == code


@pytest.mark.parametrize('payload, wanted', [
    (b'\x03', PROTOCOL),
    *((struct.pack('>H', code), PROTOCOL) for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000)),
    (struct.pack('>H', 1000) + b'\xff', BAD_TEXT)], ids=lambda value: repr(value))
def test_a_close_that_is_not_well_formed_is_told_so(web, payload, wanted):
    assert web.send(CLOSE, payload).close_code() == wanted


def test_nothing_is_read_behind_a_close(web):
    web.tcp.sendall(frame(CLOSE, struct.pack('>H', 1000)) + frame(TEXT, ASK) + frame(PING, b'late'))
    assert web.receive() == (CLOSE, struct.pack('>H', 1000))
    with pytest.raises((EOFError, ConnectionResetError)):
        web.receive()


def test_all_are_told_when_the_server_goes(make_server):
    server = make_server()
    sockets = [WebSocket(server) for _ in range(20)]
    sockets[0].send(TEXT, b'{', fin=False)  # even within a message
    silent = WebSocket(server)  # who never answers does not hold it up
    start = time.monotonic()
    server.process.send_signal(15)
    assert [web.close_code() for web in sockets] == [GOING_AWAY] * 20
    assert silent.receive() == (CLOSE, struct.pack('>H', GOING_AWAY))
    server.process.wait(20)
    assert time.monotonic() - start < 8 and server.process.returncode == 0
    server.start()


# ---- limits --------------------------------------------------------------------------------------

def test_one_socket_more_than_allowed_is_told_to_come_back(make_server):
    server = make_server({'http.websockets_max': '3'})
    sockets = [WebSocket(server) for _ in range(3)]
    with WebSocket(server) as web:
        assert web.status == 503 and int(web.headers['retry-after']) > 0
    assert server.get('/livez').status_code == 200
    sockets.pop().send(CLOSE).close_code()
    wait_for(lambda: WebSocket(server).status == 101, 'a place is free again', 5)


def test_websockets_leave_room_for_requests(make_server):
    server = make_server({'http.connections_max': '16'})
    sockets = [WebSocket(server) for _ in range(12)]
    assert WebSocket(server).status == 503 and server.get('/livez').status_code == 200
    assert all(is_answered(web) for web in sockets)


def test_one_address_may_hold_so_many(make_server):
    server = make_server({'http.websockets_per_address_max': '2', 'proxy.trusted': '127.0.0.1',
                          'limits.enabled': 'yes'})

    def come(address):
        return WebSocket(server, headers={'X-Forwarded-For': address})
    sockets = [come('198.51.100.1'), come('198.51.100.1'), come('2001:db8:1:2::1'), come('2001:db8:1:2::2')]
    assert [web.status for web in sockets] == [101] * 4
    assert come('198.51.100.1').status == 503 and come('2001:db8:1:2:ffff::9').status == 503
    assert come('198.51.100.2').status == 101 and come('2001:db8:1:3::1').status == 101
    sockets[0].tcp.close()
    wait_for(lambda: come('198.51.100.1').status == 101, 'a place is free again', 5)


def test_silence_is_pinged_and_who_does_not_answer_is_gone(make_server):
    server = make_server({'http.websocket_ping_s': '1'})
    with WebSocket(server) as lively, WebSocket(server) as dead:
        start = time.monotonic()
        for _ in range(3):
            opcode, payload = lively.receive()
            assert opcode == PING
            lively.send(PONG, payload)
        assert 2.5 < time.monotonic() - start < 8
        assert dead.receive()[0] == PING
        with pytest.raises((EOFError, ConnectionResetError)):
            dead.receive()


def test_a_message_that_never_ends_is_cut_off_at_its_deadline(make_server):
    server = make_server({'http.websocket_ping_s': '60'})
    with WebSocket(server, timeout=1) as web:
        start = time.monotonic()
        web.send(TEXT, b'{', fin=False)
        code = None
        while code is None and time.monotonic() - start < 20:
            web.send(PING, b'still here').send(CONTINUATION, b' ', fin=False)
            try:
                opcode, payload = web.receive()
                code = struct.unpack('>H', payload)[0] if opcode == CLOSE else None
            except TimeoutError:
                continue
            time.sleep(0.3)
        assert code == POLICY and 9 < time.monotonic() - start < 13


@pytest.mark.parametrize('count, least_s', [(410, 0), (460, 2)])  # the few wait in another place than the many
def test_who_sends_too_fast_is_read_later_and_loses_nothing(make_server, count, least_s):
    server = make_server({'limits.enabled': 'yes'})
    with WebSocket(server, timeout=30) as web:
        start = time.monotonic()
        web.tcp.sendall(b''.join(frame(TEXT, ASK) for _ in range(count)))
        for _ in range(count):
            assert web.receive_json()['action'] == 'scrape'
        assert least_s < time.monotonic() - start < 15, '400 at once, 20 a second behind'


def test_long_messages_count_as_many_frames(make_server):
    server = make_server({'limits.enabled': 'yes'})
    with WebSocket(server, timeout=30) as web:
        start = time.monotonic()
        for _ in range(30):  # each counts as 16
            web.send(TEXT, ASK + b' ' * (60 * 1024))
        for _ in range(30):
            assert web.receive_json()['action'] == 'scrape'
        assert 2 < time.monotonic() - start < 15


def test_who_does_not_read_is_cut_off(make_server):
    server = make_server()
    with WebSocket(server, timeout=30, receive_buffer=4096) as web, WebSocket(server) as other:
        many = json.dumps({'action': 'scrape', 'info_hash': [f'{n:020d}' for n in range(74)]}).encode()
        with pytest.raises(OSError):
            for _ in range(20000):
                web.tcp.sendall(frame(TEXT, many))
        assert is_answered(other)


def test_half_messages_of_many_fill_no_memory(make_server):
    server = make_server()
    with WebSocket(server) as good:
        assert is_answered(good)
        before = resident_kib(server)
        sockets = []
        for _ in range(800):  # 48 MiB, if all were kept
            sockets.append(WebSocket(server))
            try:
                sockets[-1].send(TEXT, b'{' + b' ' * 61_000, fin=False)
            except OSError:
                pass  # cut off already
        grown = resident_kib(server) - before
        assert is_answered(good), 'who says what fits is heard all the same'
        for web in sockets:
            web.tcp.close()
        assert grown < 45_000 or is_sanitized(server), grown


def resident_kib(server):
    status = open(f'/proc/{server.process.pid}/status').read()
    return int(re.search(r'VmRSS:\s+(\d+)', status)[1])


def test_idle_sockets_cost_little(make_server):
    """10,000 with ESSAIM_LONG; each has sent and got a message before it fell silent."""
    count = 10_000 if os.environ.get('ESSAIM_LONG') else 1_000
    server = make_server({'http.connections_max': '30000', 'http.websockets_per_address_max': '0'})
    with WebSocket(server) as first:
        assert is_answered(first)
    before = resident_kib(server)
    sockets = []
    try:
        for _ in range(count):
            sockets.append(WebSocket(server))
            assert is_answered(sockets[-1])
        each = (resident_kib(server) - before) / count
        print(f'{each:.2f} KiB each for {count} sockets')
        assert each < 4 or is_sanitized(server)
        assert is_answered(sockets[count // 2])
    finally:
        for web in sockets:
            web.tcp.close()
    wait_for(lambda: server.get('/livez').status_code == 200, 'it lives')


def is_sanitized(server):
    program = open(f'/proc/{server.process.pid}/exe', 'rb').read()
    return b'__asan_init' in program or b'__tsan_init' in program
