/* giving_settle.h — goes through the works of a plan: lets go what is gone or safe, and fills the
 * room. For giving.c only. */
#pragma once
#include "community/giving.h"
#include "community/giving_plan.h"

MUST_USE Error giving_settle(Visit *visit, const Giving *giving, const GivingSpace *space);
