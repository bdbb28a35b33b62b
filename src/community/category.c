#include "community/category.h"

const Category categories[] = {
    {1, "linux", "Linux and BSD", "Installation images and live systems of free operating systems",
     4020},
    {2, "software", "Software", "Free programs, for any system", 4000},
    {3, "games", "Games", "Games that may be shared, and free game assets", 4050},
    {4, "data", "Data", "Data sets, models, archives of research", 8010},
    {5, "books", "Books", "Books, comics, magazines, sheet music", 7020},
    {6, "audiobooks", "Audiobooks", "Books read aloud", 3030},
    {7, "music", "Music", "Songs, albums, concerts, sounds", 3000},
    {8, "podcasts", "Podcasts and radio", "Spoken word that is not a book", 3050},
    {9, "video", "Video", "Films, documentaries, animation, talks", 2000},
    {10, "courses", "Courses", "Lectures, lessons, teaching material", 5050},
    {11, "maps", "Maps", "Maps, geographic data, aerial photographs", 8010},
    {12, "other", "Other", "Fonts, pictures, 3D models and what fits no other shelf", 8000},
    {0, NULL, NULL, NULL, 0},
};

const Category *category_find(Str code) {
    for (const Category *category = categories; category->code; category++)
        if (str_equal(code, str_from_c(category->code))) return category;
    return NULL;
}

const Category *category_by_number(unsigned number) {
    for (const Category *category = categories; category->code; category++)
        if (category->number == number) return category;
    return NULL;
}
