#include "capture.h"

#include "harness/net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A name of 255 octets is the most a file system takes: beyond this a hash of the whole stands for the rest. */
#define NAME_MAX_KEPT 200u

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(".-=+,", c));
}

/* Between the values of a cell stands a comma; a blank in a file's name is no such place, so that "a b" and "a,b" have
 * captures of their own. */
static const char *encode(struct arena *arena, const char *text, bool is_cell)
{
    char *out = arena_array(arena, strlen(text) + 1, 3);
    size_t used = 0;
    for (; *text; text++) {
        if (*text == '/' || (*text == ' ' && is_cell)) {
            out[used++] = *text == '/' ? '_' : ',';
        } else if (is_plain(*text)) {
            out[used++] = *text;
        } else {
            used += (size_t)snprintf(out + used, 4, "%%%02X", (unsigned)(unsigned char)*text);
        }
    }
    return out;
}

/* FNV-1a */
static unsigned long long hash(const char *text)
{
    unsigned long long sum = 0xcbf29ce484222325u;
    for (; *text; text++) {
        sum = (sum ^ (unsigned char)*text) * 0x100000001b3u;
    }
    return sum;
}

const char *capture_name(struct arena *arena, const struct capture_place *place, const struct run_result *run)
{
    bool has_cell = run->cell && *run->cell;
    const char *stem = encode(arena, run->name, false);
    if (has_cell) { stem = arena_printf(arena, "%s,%s", stem, encode(arena, run->cell, true)); }
    if (strlen(stem) > NAME_MAX_KEPT) {
        stem = arena_printf(arena, "%.*s-%016llx", (int)NAME_MAX_KEPT, stem, hash(stem));
    }
    const char *again = place->repetition > 1 ? arena_printf(arena, ",%u", place->repetition) : "";
    return arena_printf(arena, "%s/%s,ip%u,%s%s.pcap", place->folder, stem, run->version, place->target, again);
}

const char *capture_folder(const char *folder)
{
    struct stat status;
    if (mkdir(folder, 0777) == 0) { return NULL; }
    int why = errno;
    if (why == EEXIST && stat(folder, &status) == 0 && S_ISDIR(status.st_mode)) { return NULL; }
    return strerror(why);
}

const char *capture_run(struct arena *arena, const struct capture_place *place, const struct run_result *run)
{
    char why[128] = "";
    const char *name = capture_name(arena, place, run);
    struct capture *capture = capture_open(name, why, sizeof why);
    if (!capture) { return arena_printf(arena, "%s: %s", name, why); }
    for (size_t i = 0; i < run->trace.count; i++) {
        const struct trace_entry *entry = &run->trace.entry[i];
        if (entry->datagram) { capture_write(capture, entry->at, entry->datagram, entry->datagram_len); }
    }
    return capture_close(capture) ? NULL : arena_printf(arena, "%s: not all could be written", name);
}
