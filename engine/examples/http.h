/* HTTP/1.0 with the engine: enough to serve files and to fetch one. One request a connection. */
#ifndef EXAMPLE_HTTP_H
#define EXAMPLE_HTTP_H

#include "node.h"

/* Serve the files of `folder`, no folder within, on `port` until a signal comes. @return the exit status. */
int http_serve(const struct node_options *options, const char *folder, uint16_t port);

/* Fetch `url`, http://ADDRESS[:PORT]/NAME, into `file`. @return the exit status. */
int http_fetch(const struct node_options *options, const char *url, const char *file);

/* Where the body begins: after the first empty line. @return 0: the head is not complete. */
size_t http_head_len(const uint8_t *octets, size_t len);

#endif
