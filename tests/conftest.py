"""The fixtures of every suite that needs the whole program; tests/server.py says how to use them."""
import os
from contextlib import contextmanager

import pytest

import server as the_server
from server import Server, make_folder, remove_folder


def pytest_addoption(parser):
    parser.addoption('--long', action='store_true', help='the patient versions of the tests')


def pytest_configure(config):
    if config.getoption('--long'):
        os.environ['ESSAIM_LONG'] = '1'
        the_server.LONG = True  # read before this option was


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for server in getattr(item, 'funcargs', {}).values():
            if isinstance(server, Server):
                report.sections.append((f'log of the server in {server.folder}', server.log()[-6000:]))


@contextmanager
def servers():
    """Makes servers; at the end looks after them all."""
    made = []

    def make(settings=None, start=True, **options):
        server = Server(make_folder(), settings or {}, **options)
        made.append(server)
        return server.start() if start else server
    try:
        yield make
    finally:
        faults = []
        for server in made:
            try:
                if server.process:
                    server.check_health()
                    server.close()
            except AssertionError as fault:
                faults.append(str(fault))
            finally:
                if server.process and server.process.poll() is None:
                    server.process.kill()
                    server.process.wait()
                remove_folder(server.folder)
        assert not faults, '\n'.join(faults)


@pytest.fixture
def make_server():
    with servers() as make:
        yield make


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture(scope='module')
def module_server():
    with servers() as make:
        yield make()


@pytest.fixture
def site(module_server):
    """The server of this file; it must have survived each of its tests."""
    yield module_server
    module_server.check_health()


@pytest.fixture(scope='module')
def make_module_server():
    with servers() as make:
        yield make


@pytest.fixture(scope='session')
def make_session_server():
    with servers() as make:
        yield make
