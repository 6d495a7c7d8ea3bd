#ifndef CLOCKWORK_PEERS_H
#define CLOCKWORK_PEERS_H

#include <stddef.h>
#include <stdint.h>

/// Starts a thread that answers every HTTP request on 127.0.0.1 at once with 200 and `{"UnprocessedItems":{}}`, as
/// DynamoDB answers a batch that it has written. Connections are kept. It runs as long as the process.
///
/// - Returns: its port; -1 when the system refuses something.
int peers_start_server(void);

/// Posts `body` `count` times to `url` on `connections` connections, each request signed (AWS Signature 4), from one
/// thread with one libcurl multi handle and nothing besides.
///
/// - Returns: how many were answered with 200.
size_t peers_post_bare(const char *url, const void *body, size_t size, size_t count, size_t connections);

#endif
