#include "api/api.h"
#include "api/json.h"

extern const Str openapi_document; /* src/api/openapi.json, embedded at build */

/* As written, with this site's own address as its server. */
Error api_openapi(Request *request, Response *response) {
    const Visit *visit = request->viewer;
    json_error_t fault;
    json_t *document = json_loadb(openapi_document.at, openapi_document.len, 0, &fault);
    if (!document) return error(BROKEN, "bad_openapi", "The description of the API is broken.");
    json_t *server = json_array_get(json_object_get(document, "servers"), 0);
    json_object_set_new(server, "url", json_of_str(visit->community->settings->site_url));
    json_answer(request, response, 200, document);
    return OK;
}
