/* catalogue_lines [works [first]]: the made-up catalogue as JSON lines on standard output, for
 * `essaim import --format jsonl`. */
#include <stdio.h>
#include <stdlib.h>

#include "catalogue.h"

int main(int argc, char **argv) {
    uint64_t works = 10000, first = 0;
    if ((argc > 1 && !str_to_u64(str_from_c(argv[1]), &works)) ||
        (argc > 2 && !str_to_u64(str_from_c(argv[2]), &first)) || argc > 3)
        return 2;
    static CatalogueWork work;
    static char line[CATALOGUE_LINE_BYTES];
    Catalogue catalogue = catalogue_create(CATALOGUE_SEED, works);
    bool written = true;
    for (uint64_t i = first; i < works && written; i++) {
        catalogue_work(&catalogue, i, &work);
        size_t len = catalogue_line(&work, line);
        written = fwrite(line, 1, len, stdout) == len;
    }
    written = fflush(stdout) == 0 && written;
    catalogue_free(&catalogue);
    return written ? 0 : 1;
}
