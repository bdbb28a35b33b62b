/* routes.h — every address of the program, in one table (routes.c). Read by the dispatcher, `essaim
 * routes`, docs/generated/routes.md, OpenAPI and the permission tests. */
#pragma once
#include "http/route.h"

extern const Route routes[]; /* ends with a row without address */
