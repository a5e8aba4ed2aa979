/* seam-report [-v]: print the recovery table; -v also what was not healed. */
#include <stdio.h>
#include <string.h>

#include "seam/report.h"

int
main(int argc, char **argv)
{
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    struct buf table;
    buf_init(&table, 1 << 16);
    bool good = seam_report(&table, verbose ? stderr : NULL);
    fwrite(table.ptr, 1, table.len, stdout);
    buf_finish(&table);
    return good ? 0 : 1;
}
