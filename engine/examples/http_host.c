/* A host of the engine on a TUN device that serves files by HTTP, or fetches one: example 2 of docs/embedding.md. */
#include "http.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: example_http_host [OPTION...] serve FOLDER\n"
    "       example_http_host [OPTION...] fetch URL FILE\n"
    "\n"
    "Serves the files of FOLDER, or fetches http://ADDRESS[:PORT]/NAME into FILE, by the engine\n"
    "on a TUN device.\n"
    "\n"
    "  -p, --port N             serve on this port (80)\n" NODE_HELP "\n"
    "Exit status: 0 done, 1 it failed, 2 usage.\n";

size_t http_head_len(const uint8_t *octets, size_t len)
{
    for (size_t end = 4; end <= len; end++) {
        if (memcmp(octets + end - 4, "\r\n\r\n", 4) == 0) { return end; }
    }
    return 0;
}

static int usage(void)
{
    fputs("example_http_host: --help tells how it is used\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        NODE_LONG_OPTIONS, {"port", required_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'}, {0}};
    struct node_options options = {.device = "tcprove0", .seed = 1};
    uint64_t port = 80;
    int option;
    while ((option = getopt_long(argc, argv, NODE_OPTIONS "p:h", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return 0;
        }
        if (option == 'p' ? !parse_number(optarg, 1, 65535, &port) : !node_option(&options, option, optarg)) {
            return usage();
        }
    }
    int left = argc - optind;
    char **words = argv + optind;
    if (left == 2 && strcmp(words[0], "serve") == 0) { return http_serve(&options, words[1], (uint16_t)port); }
    if (left == 3 && strcmp(words[0], "fetch") == 0) { return http_fetch(&options, words[1], words[2]); }
    return usage();
}
