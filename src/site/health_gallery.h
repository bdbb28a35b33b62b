/* health_gallery.h — believable pasts for view_gallery: a work's charts, the pictures of the site.
 */
#pragma once
#include "site/views.h"

/* State and symbol from the seeders and the age of a row. */
void health_gallery_row(TorrentRow *row, Seconds now);
TorrentHealthView health_gallery_work(Arena *arena, Seconds now);
Charts health_gallery_life(Arena *arena, Seconds now);
/* All but its layout and links. */
StatisticsPage health_gallery_site(Arena *arena, Seconds now);
