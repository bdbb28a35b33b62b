/* machine_routes.h — addresses that only programs read: announce, scrape, health.
 * They join layers that do not know each other (http/ and tracker/), so they stand beside routes.c.
 */
#pragma once
#include "http/route.h"

Error announce_route(Request *request, Response *response);
void announce_express(void *site, ExpressAsk *asks, size_t count);
Error scrape_route(Request *request, Response *response);
Error live_route(Request *request, Response *response);
Error ready_route(Request *request, Response *response);
