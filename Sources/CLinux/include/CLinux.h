#ifndef CLOCKWORK_CLINUX_H
#define CLOCKWORK_CLINUX_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#endif
