"""What the tests of pages and API share: one site with people and works, and an eye on every answer of the API."""
from types import SimpleNamespace

import pytest

from api_schema import judge
from server import Browser, Server, make_torrent
from visit import seat_of

plain_request = Server.request


def judged_request(self, method, address, **options):
    """Every answer of the API any test here gets is held against openapi.json."""
    answer = plain_request(self, method, address, **options)
    if not options.get('stream'):
        judge(answer)
    return answer


Server.request = judged_request


@pytest.fixture(scope='session')
def world_server(make_session_server):
    return make_session_server()


def make_collection(owner):
    answer = owner.api('POST', '/collections', json={'title': 'What the owner likes'})
    assert answer.status_code == 201, answer.text
    return answer.json()['slug']


@pytest.fixture(scope='session')
def people(world_server):
    """One of each kind, with a token for all their role may do; `owner` has published `work` and `waiting` waits."""
    admin = world_server.add_user('admina', 'admin')
    moderator = world_server.add_user('modesta', 'moderator')
    owner = world_server.sign_up('olivia')
    other = world_server.sign_up('otto')
    work = owner.publish(make_torrent(world_server.works), 'The work of the owner')
    assert owner.api('POST', '/series', json={'name': 'The work of the owner'}).status_code == 201  # the same slug
    return SimpleNamespace(admin=admin, moderator=moderator, owner=owner, other=other, work=work,
                           collection=make_collection(owner))


@pytest.fixture
def world(world_server, people):
    """The shared site: tests add works of their own and never count on there being none."""
    yield SimpleNamespace(server=world_server, **vars(people))
    world_server.check_health()


@pytest.fixture(scope='session')
def browsers(world_server, people):
    return {'anyone': Browser(world_server), 'member': seat_of(people.owner), 'moderator': seat_of(people.moderator),
            'admin': seat_of(people.admin)}
