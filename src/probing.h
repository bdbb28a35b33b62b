/* probing.h — asking others, while the operator has it switched on: foreign trackers about the
 * works whose files name them, web seeds for a piece, seeders whether their port is open. A few
 * threads with budgets by the hour; none at all, and no socket, while everything is off, which is
 * the default. What is learnt is written through community/claim_turn.h. */
#pragma once
#include "program.h"

/* NULL in ret_probing when nothing is switched on. */
MUST_USE Error probing_start(Program *program, Probing **ret_probing);
void probing_stop(Probing *probing); /* within a second or so; NULL is fine */

/* A member's own port, for the settings page: Community's PortTest. */
bool probing_may_test_port(void *program);
PortState probing_test_port(void *program, Endpoint at);
