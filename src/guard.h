/* guard.h — who asks and may they: the questions http/ puts to the rest of the program for every
 * route. */
#pragma once
#include "http/server.h"

HttpGuard guard_of_program(void);
