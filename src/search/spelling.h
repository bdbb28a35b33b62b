/* spelling.h — words that may have been meant, from the words the index has.
 * A word is near when a letter or two are wrong, missing, too many or swapped. Looks at a bounded
 * number of words; nothing is ever searched for in place of what was typed. */
#pragma once
#include "base/arena.h"

/* How many letters to change, add, drop or swap with their neighbour to come from one to the other;
 * max + 1 when it is more than max. Letters are code points. */
unsigned spelling_distance(Str a, Str b, unsigned max);
