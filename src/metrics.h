/* metrics.h — /metrics: what the operator's monitoring asks every few seconds. Names follow
 * Prometheus: base units, _total, few labels, none that names a person, a work or an address.
 * Answered to the networks of metrics.allowed only. */
#pragma once
#include "http/route.h"

Error metrics_route(Request *request, Response *response);
