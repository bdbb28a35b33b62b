"""Who may do what: one row for each route of `essaim routes`, read by test_permissions.py.

The columns are the answers to nobody, a member, another member (who does not own the work), a moderator and an
administrator. A form is sent with a fault on purpose, so that whoever is let in is answered 422 and changes nothing;
where there is nothing to get wrong the answer is that of the deed itself.

LOGIN: 303 to the sign-in page.  HERE: 303 to a page of this site.
"""
LOGIN, HERE = 'to sign-in', 'to a page'

PAGES = {
    'GET /': [HERE] * 5,
    'GET /{language}/': [200] * 5,
    'GET /{language}/about': [200] * 5,
    'GET /{language}/licences': [200] * 5,
    'GET /{language}/statistics': [200] * 5,
    'GET /{language}/browse/{category}': [200] * 5,
    'GET /{language}/search': [200] * 5,
    'GET /{language}/torrent/{id}/{slug}': [200] * 5,
    'GET /{language}/torrent/{id}/life': [200] * 5,
    'GET /{language}/torrent/{id}/files/{page}': [200] * 5,
    'GET /{language}/series': [200] * 5,
    'GET /{language}/series/{slug}': [404] * 5,  # test_series.py has some
    'GET /{language}/series/{slug}.rss': [404] * 5,
    'GET /{language}/series/{slug}.atom': [404] * 5,
    'GET /{language}/series/new': [LOGIN, 200, 200, 200, 200],
    'POST /{language}/series/new': [401, 422, 422, 422, 422],
    'GET /{language}/series/{slug}/edit': [LOGIN, 404, 404, 404, 404],
    'POST /{language}/series/{slug}/edit': [401, 404, 404, 404, 404],
    'POST /{language}/series/{slug}/editions': [401, 404, 404, 404, 404],
    'POST /{language}/series/{slug}/editions/remove': [401, 404, 404, 404, 404],
    'POST /{language}/series/{slug}/remove': [401, 404, 404, 404, 404],
    'GET /s/{slug}/latest': [404] * 5,
    'GET /s/{slug}/latest.torrent': [404] * 5,
    'GET /{language}/member/{name}': [200] * 5,
    'GET /t/{infohash}': [HERE] * 5,
    'GET /{language}/.rss': [200] * 5,
    'GET /{language}/.atom': [200] * 5,
    'GET /{language}/browse/{category}.rss': [200] * 5,
    'GET /{language}/browse/{category}.atom': [200] * 5,
    'GET /{language}/search.rss': [200] * 5,
    'GET /{language}/search.atom': [200] * 5,
    'GET /{language}/member/{name}.rss': [200] * 5,
    'GET /{language}/member/{name}.atom': [200] * 5,
    'GET /opensearch.xml': [200] * 5,
    'GET /{language}/register': [200] * 5,
    'POST /{language}/register': [422] * 5,
    'GET /{language}/login': [200] * 5,
    'POST /{language}/login': [422] * 5,
    'POST /{language}/logout': [401, HERE, HERE, HERE, HERE],
    'GET /{language}/setup/{code}': [404] * 5,  # there are accounts
    'POST /{language}/setup/{code}': [404] * 5,
    'GET /{language}/settings': [200] * 5,
    'POST /{language}/preferences': [422] * 5,
    'POST /{language}/settings/password': [401, 422, 422, 422, 422],
    'POST /{language}/settings/tokens': [401, 422, 422, 422, 422],
    'POST /{language}/settings/tokens/remove': [401, 404, 404, 404, 404],
    'POST /{language}/settings/sessions/remove': [401, 404, 404, 404, 404],
    'POST /{language}/settings/announce-key': [401, HERE, HERE, HERE, HERE],
    'POST /{language}/settings/announce-key/named': [401, 422, 422, 422, 422],
    'POST /{language}/settings/port': [401, 404, 404, 404, 404],
    'POST /{language}/settings/announce-key/remove': [401, HERE, HERE, HERE, HERE],
    'GET /{language}/upload': [LOGIN, 200, 200, 200, 200],
    'POST /{language}/upload': [401, 422, 422, 422, 422],
    'GET /{language}/torrent/{id}/{slug}/edit': [LOGIN, 200, 403, 200, 200],
    'POST /{language}/torrent/{id}/{slug}/edit': [401, 422, 403, 422, 422],
    'GET /{language}/torrent/{id}/{slug}/withdraw': [LOGIN, 200, 403, 200, 200],
    'POST /{language}/torrent/{id}/{slug}/withdraw': [401, 422, 403, 422, 422],
    'GET /{language}/moderation': [LOGIN, 403, 403, 200, 200],
    'POST /{language}/torrent/{id}/{slug}/publish': [401, 403, 403, 409, 409],  # it is published
    'GET /{language}/torrent/{id}/{slug}/remove': [LOGIN, 403, 403, 200, 200],
    'POST /{language}/torrent/{id}/{slug}/remove': [401, 403, 403, 422, 422],
    'GET /opensearch.xml': [200] * 5,
    'GET /announce': [200] * 5,
    'GET /announce/{key}': [200] * 5,
    'GET /scrape': [200] * 5,
    'GET /{...}/announce': [200] * 5,
    'GET /{...}/announce.php': [200] * 5,
    'GET /{...}/scrape': [200] * 5,
    'GET /{...}/scrape.php': [200] * 5,
    'GET /livez': [200] * 5,
    'GET /readyz': [200] * 5,
    'GET /metrics': [200] * 5,
}

# The columns are the answers to a token with the one scope read, upload, moderate, admin; to no token; to a wrong one.
API = {
    'POST /api/v1/accounts': [403, 403, 403, 403, 422, 401],  # by token only with both read and admin
    'POST /api/v1/tokens': [401, 403, 403, 403, 401, 401],
    'GET /api/v1/torrents': [200, 403, 403, 403, 200, 401],
    'POST /api/v1/torrents': [403, 422, 403, 403, 401, 401],
    'GET /api/v1/torrents/{id}': [200, 403, 403, 403, 200, 401],
    'GET /api/v1/categories': [200, 403, 403, 403, 200, 401],
    'GET /api/v1/series': [200, 403, 403, 403, 200, 401],
    'POST /api/v1/series': [403, 422, 403, 403, 401, 401],
    'GET /api/v1/series/{slug}': [404, 403, 403, 403, 404, 401],
    'POST /api/v1/series/{slug}/editions': [403, 404, 403, 403, 401, 401],
    'GET /api/v1/stats': [200, 403, 403, 403, 200, 401],
    'GET /api/v1/openapi.json': [200, 403, 403, 403, 200, 401],
}

# What is sent. Each has a fault that only the handler itself finds.
FORMS = {
    'POST /{language}/register': {'name': '', 'email': '', 'password': ''},
    'POST /{language}/login': {'name': 'nobody-at-all', 'password': 'wrong password'},
    'POST /{language}/logout': {},
    'POST /{language}/setup/{code}': {},
    'POST /{language}/preferences': {'theme': 'purple'},
    'POST /{language}/settings/password': {'old_password': 'wrong', 'new_password': 'another long password'},
    'POST /{language}/settings/tokens': {'label': 'a token without scope'},
    'POST /{language}/settings/tokens/remove': {'id': '999999999'},
    'POST /{language}/settings/sessions/remove': {'id': '999999999'},
    'POST /{language}/settings/announce-key': {},
    'POST /{language}/settings/announce-key/named': {'named': 'x' * 9},
    'POST /{language}/settings/port': {'port': '6881'},
    'POST /{language}/settings/announce-key/remove': {},
    'POST /{language}/upload': {'title': 'no torrent with it'},
    'POST /{language}/torrent/{id}/{slug}/edit': {'title': ''},
    'POST /{language}/series/new': {'name': ''},
    'POST /{language}/series/{slug}/edit': {'name': ''},
    'POST /{language}/series/{slug}/editions': {'work': '1'},
    'POST /{language}/series/{slug}/editions/remove': {'id': '1'},
    'POST /{language}/series/{slug}/remove': {},
    'POST /{language}/torrent/{id}/{slug}/withdraw': {'note': 'x' * 2001},
    'POST /{language}/torrent/{id}/{slug}/publish': {},
    'POST /{language}/torrent/{id}/{slug}/remove': {'reason': 'no such reason', 'note': 'because'},
}
JSON = {
    'POST /api/v1/accounts': {'name': '', 'email': '', 'password': ''},
    'POST /api/v1/series': {'name': ''},
    'POST /api/v1/series/{slug}/editions': {'torrent': '1', 'edition': '1'},
    'POST /api/v1/tokens': {'name': 'nobody-at-all', 'password': 'wrong password'},
}
