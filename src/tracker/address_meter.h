/* address_meter.h — how many announces of one address were kept lately, whatever their swarms, so
 * that no single address fills the tracker. An address is one IPv4 address or the /64 of IPv6.
 * Counted in a sketch of fixed size (about a megabyte): two places for each address by a keyed
 * hash, and the lower count is believed, so it is never too low, and too high only for who shares
 * both places with somebody busy. Counts begin anew with each window. No lock; any thread. */
#pragma once
#include "base/address.h"
#include "base/clock.h"

typedef struct AddressMeter AddressMeter;

AddressMeter *address_meter_create(void);
void address_meter_free(AddressMeter *meter);                                   /* NULL is fine */
void address_meter_change(AddressMeter *meter, unsigned max, Seconds window_s); /* 0: no cap */
/* One more from this address: true, and counted, while there are fewer than the cap. */
bool address_meter_take(AddressMeter *meter, IpAddress ip, Seconds now);
