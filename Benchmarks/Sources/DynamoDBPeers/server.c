#define _GNU_SOURCE
#include "peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 1 << 21, MAX_EVENTS = 64 };

static const char answer[] =
    "HTTP/1.1 200 OK\r\nServer: Server\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 23\r\n"
    "Connection: keep-alive\r\nx-amzn-RequestId: 0000000000000000000000000000000000000000000000000000\r\n\r\n"
    "{\"UnprocessedItems\":{}}";

typedef struct {
    int socket;
    size_t used;
    char *buffer;
} client_t;

/// The bytes of the first request in the buffer; 0 while it is not whole.
static size_t request_size(const client_t *client)
{
    const char *end = memmem(client->buffer, client->used, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t size = (size_t)(end - client->buffer) + 4;
    for (const char *line = client->buffer; line < end; line = (const char *)memchr(line, '\n', end - line) + 1) {
        if (strncasecmp(line, "content-length:", 15) == 0) {
            size += strtoul(line + 15, NULL, 10);
            break;
        }
        if (!memchr(line, '\n', end - line)) break;
    }
    return size <= client->used ? size : 0;
}

static void serve(int poller, client_t *client)
{
    ssize_t count = read(client->socket, client->buffer + client->used, BUFFER - client->used);
    if (count <= 0) {
        epoll_ctl(poller, EPOLL_CTL_DEL, client->socket, NULL);
        close(client->socket);
        free(client->buffer);
        free(client);
        return;
    }
    client->used += (size_t)count;
    size_t size;
    while ((size = request_size(client)) > 0) {
        memmove(client->buffer, client->buffer + size, client->used - size);
        client->used -= size;
        if (write(client->socket, answer, sizeof answer - 1) < 0) return;
    }
}

static void *run(void *argument)
{
    int listener = (int)(intptr_t)argument, poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[MAX_EVENTS];
        int count = epoll_wait(poller, events, MAX_EVENTS, -1);
        for (int index = 0; index < count; index++) {
            client_t *client = events[index].data.ptr;
            if (client) {
                serve(poller, client);
                continue;
            }
            int one = 1;
            client = calloc(1, sizeof *client);
            client->buffer = malloc(BUFFER);
            client->socket = accept(listener, NULL, NULL);
            setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            struct epoll_event added = {.events = EPOLLIN, .data.ptr = client};
            epoll_ctl(poller, EPOLL_CTL_ADD, client->socket, &added);
        }
    }
    return NULL;
}

int peers_start_server(void)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pthread_t thread;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 128)
        || getsockname(listener, (struct sockaddr *)&address, &size)
        || pthread_create(&thread, NULL, run, (void *)(intptr_t)listener)) {
        return -1;
    }
    return ntohs(address.sin_port);
}
