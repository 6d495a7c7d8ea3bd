#ifndef CLOCKWORK_CLINUX_H
#define CLOCKWORK_CLINUX_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

/* Names the calling thread, at most 15 bytes; for debuggers and `top -H`. */
static inline void clinux_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

#endif
