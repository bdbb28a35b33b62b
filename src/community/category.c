#include "community/category.h"

/* A parent, then its children. */
const Category categories[] = {
    {1, 0, "linux", "Linux and BSD",
     "Installation images and live systems of free operating systems", 4020},
    {13, 1, "linux-desktop", "Desktop systems", "Systems for people: installers and live images",
     4020},
    {14, 1, "linux-server", "Servers and clouds",
     "Systems for servers, clouds, containers and virtual machines", 4020},
    {15, 1, "linux-board", "Boards and phones", "Images for small boards, routers and phones",
     4040},
    {16, 1, "bsd", "BSD and others", "BSD and other free systems that are not Linux", 4020},
    {2, 0, "software", "Software", "Free programs, for any system", 4000},
    {17, 2, "software-linux", "Programs for Linux", "Packages, AppImages and mirrors of packages",
     4000},
    {18, 2, "software-windows", "Programs for Windows", "Installers and portable programs", 4000},
    {19, 2, "software-mac", "Programs for macOS", "Applications and installers for macOS", 4030},
    {20, 2, "software-android", "Programs for Android", "Free apps, and archives of them", 4070},
    {21, 2, "software-ios", "Programs for iOS", "Free apps for iOS", 4060},
    {22, 2, "source-code", "Source code", "Archives of source code, repositories, tool chains",
     4000},
    {3, 0, "games", "Games", "Games that may be shared, and free game assets", 4050},
    {23, 3, "open-games", "Playable games", "Free games, ready to play", 4050},
    {24, 3, "game-assets", "Game assets", "Pictures, sounds and levels to make games of", 4050},
    {4, 0, "data", "Data", "Data sets, models, archives of research", 8010},
    {25, 4, "datasets", "Data sets", "Measurements, statistics, collected texts and pictures",
     8010},
    {26, 4, "models", "Models", "Weights of trained models", 8010},
    {27, 4, "archives", "Archives", "Archived sites, papers and public records", 8010},
    {5, 0, "books", "Books", "Books, comics, magazines, sheet music", 7000},
    {28, 5, "ebooks", "E-books", "Books to read on a screen", 7020},
    {29, 5, "comics", "Comics", "Comics and graphic novels", 7030},
    {30, 5, "magazines", "Magazines", "Magazines, newspapers, zines", 7010},
    {31, 5, "technical-books", "Technical books", "Manuals, standards, textbooks of a trade", 7040},
    {32, 5, "sheet-music", "Sheet music", "Scores, parts and song books", 7050},
    {6, 0, "audiobooks", "Audiobooks", "Books read aloud", 3030},
    {7, 0, "music", "Music", "Songs, albums, concerts, sounds", 3000},
    {33, 7, "music-lossless", "Music, lossless", "FLAC and other formats that keep everything",
     3040},
    {34, 7, "music-lossy", "Music, compressed", "MP3, Ogg, Opus and the like", 3010},
    {35, 7, "concerts", "Concert videos", "Concerts and music to watch", 3020},
    {36, 7, "sounds", "Sounds and samples", "Field recordings, effects, samples to make music of",
     3050},
    {8, 0, "podcasts", "Podcasts and radio", "Spoken word that is not a book", 3050},
    {9, 0, "video", "Video", "Films, documentaries, animation, talks", 2000},
    {37, 9, "films-uhd", "Films, 4K and above", "Films in 2160 lines or more", 2045},
    {38, 9, "films-hd", "Films, high definition", "Films in 720 to 1080 lines", 2040},
    {39, 9, "films-sd", "Films, standard definition", "Films in fewer lines", 2030},
    {40, 9, "films-other", "Short and other films", "Short films, clips, stock footage", 2020},
    {41, 9, "documentaries", "Documentaries", "Films about what is so", 5080},
    {42, 9, "series", "Series", "What comes in episodes", 5000},
    {43, 9, "animation", "Animation", "Animated films and series", 5070},
    {44, 9, "talks", "Talks", "Conferences, debates, interviews", 5050},
    {10, 0, "courses", "Courses", "Lectures, lessons, teaching material", 5050},
    {11, 0, "maps", "Maps", "Maps, geographic data, aerial photographs", 8010},
    {12, 0, "other", "Other", "Fonts, pictures, 3D models and what fits no other shelf", 8000},
    {45, 12, "pictures", "Pictures", "Photographs, drawings, scans", 8010},
    {46, 12, "fonts", "Fonts", "Free typefaces", 8010},
    {47, 12, "models-3d", "3D models", "Things to print, build or render", 8010},
    {0, 0, NULL, NULL, NULL, 0},
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

const Category *category_parent(const Category *category) {
    return category->parent ? category_by_number(category->parent) : NULL;
}

bool category_is_in(const Category *category, const Category *wanted) {
    return category == wanted || category->parent == wanted->number;
}

unsigned category_custom(const Category *category) { return CATEGORY_CUSTOM + category->number; }

void category_add_up(uint64_t *counts, size_t count) {
    for (const Category *category = categories; category->code; category++)
        if (category->parent && category->number < count && category->parent < count)
            counts[category->parent] += counts[category->number];
}
