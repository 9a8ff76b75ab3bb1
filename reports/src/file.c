/* The one place of this room that touches files. */
#include "harness/arena.h"
#include "reports/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* mkstemp makes files for their owner alone; a report is as open as any other file of the user. */
static void open_as_umask(int fd)
{
    mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(fd, 0666 & ~mask);
}

static int render_and_close(FILE *out, const struct renderer *renderer, const struct report *report)
{
    errno = 0;
    bool good = renderer->write(out, report) && fflush(out) == 0 && !ferror(out);
    int why = good ? 0 : errno ? errno : EIO;
    if (fclose(out) != 0 && why == 0) { why = errno; }
    return why;
}

static int write_beside(const char *temporary, const char *file, int fd, const struct renderer *renderer,
                        const struct report *report)
{
    open_as_umask(fd);
    FILE *out = fdopen(fd, "w");
    if (!out) {
        int why = errno;
        close(fd);
        return why;
    }
    int why = render_and_close(out, renderer, report);
    if (why == 0 && rename(temporary, file) != 0) { why = errno; }
    return why;
}

/* A pipe or a device is written to as it stands: renaming would put a file in its place. */
static int write_straight(const char *file, const struct renderer *renderer, const struct report *report)
{
    FILE *out = fopen(file, "w");
    return out ? render_and_close(out, renderer, report) : errno;
}

static int write_whole(const char *file, const struct renderer *renderer, const struct report *report)
{
    struct arena arena = {0};
    char *real = realpath(file, NULL); /* a link is followed, not replaced */
    char *temporary = arena_printf(&arena, "%s.XXXXXX", real ? real : file);
    int fd = mkstemp(temporary);
    int why = fd < 0 ? errno : write_beside(temporary, real ? real : file, fd, renderer, report);
    if (fd >= 0 && why != 0) { unlink(temporary); }
    free(real);
    arena_free(&arena);
    return why;
}

const char *report_write(const struct renderer *renderer, const char *file, const struct report *report)
{
    struct stat status;
    if (!strcmp(file, "-")) {
        errno = 0;
        bool good = renderer->write(stdout, report) && fflush(stdout) == 0;
        return good ? NULL : strerror(errno ? errno : EIO);
    }
    bool special = stat(file, &status) == 0 && !S_ISREG(status.st_mode);
    int why = special ? write_straight(file, renderer, report) : write_whole(file, renderer, report);
    return why == 0 ? NULL : strerror(why);
}
