#include "search/view.h"

#include "base/heap.h"

static Gone *gone_hold(Gone *gone) {
    if (gone) atomic_fetch_add_explicit(&gone->holders, 1, memory_order_relaxed);
    return gone;
}

View *view_create(const ViewPart *parts, size_t count) {
    View *view = heap_new(1, sizeof *view + count * sizeof *parts);
    atomic_init(&view->holders, 1);
    view->count = count;
    for (size_t i = 0; i < count; i++) {
        view->parts[i] = (ViewPart){segment_hold(parts[i].segment), gone_hold(parts[i].gone)};
        view->works += view_part_count(&parts[i]);
    }
    return view;
}

View *view_hold(View *view) {
    atomic_fetch_add_explicit(&view->holders, 1, memory_order_relaxed);
    return view;
}

void view_release(View *view) {
    if (!view || atomic_fetch_sub_explicit(&view->holders, 1, memory_order_acq_rel) != 1) return;
    for (size_t i = 0; i < view->count; i++) {
        segment_release(view->parts[i].segment);
        gone_release(view->parts[i].gone);
    }
    heap_free(view);
}

Gone *gone_create(const Gone *from, uint32_t document_count) {
    size_t words = (document_count + (size_t)63) / 64;
    Gone *gone = heap_new(1, sizeof *gone + words * sizeof *gone->bits);
    atomic_init(&gone->holders, 1);
    if (!from) return gone;
    gone->count = from->count;
    memcpy(gone->bits, from->bits, words * sizeof *gone->bits);
    return gone;
}

bool gone_add(Gone *gone, uint32_t document) {
    uint64_t bit = (uint64_t)1 << document % 64;
    if (gone->bits[document / 64] & bit) return false;
    gone->bits[document / 64] |= bit;
    gone->count++;
    return true;
}

void gone_release(Gone *gone) {
    if (!gone || atomic_fetch_sub_explicit(&gone->holders, 1, memory_order_acq_rel) != 1) return;
    heap_free(gone);
}
