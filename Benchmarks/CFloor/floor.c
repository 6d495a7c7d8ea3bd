#include "floor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

enum { BATCH = 1000, DIGITS = 13 };

typedef struct {
    int64_t due;
    rd_kafka_message_t *message;
} entry_t;

typedef struct {
    entry_t *entries;
    size_t count, capacity;
} heap_t;

static void push(heap_t *heap, entry_t entry)
{
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity ? heap->capacity * 2 : 1024;
        heap->entries = realloc(heap->entries, heap->capacity * sizeof(entry_t));
        if (!heap->entries) abort();
    }
    size_t index = heap->count++;
    while (index > 0 && heap->entries[(index - 1) / 2].due > entry.due) {
        heap->entries[index] = heap->entries[(index - 1) / 2];
        index = (index - 1) / 2;
    }
    heap->entries[index] = entry;
}

static entry_t pop(heap_t *heap)
{
    entry_t top = heap->entries[0], last = heap->entries[--heap->count];
    size_t index = 0, child;
    while ((child = 2 * index + 1) < heap->count) {
        if (child + 1 < heap->count && heap->entries[child + 1].due < heap->entries[child].due) child++;
        if (heap->entries[child].due >= last.due) break;
        heap->entries[index] = heap->entries[child];
        index = child;
    }
    heap->entries[index] = last;
    return top;
}

static int64_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t due_time(const rd_kafka_message_t *message)
{
    int64_t time = 0;
    for (size_t index = 0; index < DIGITS && index < message->len; index++) {
        time = time * 10 + (((const char *)message->payload)[index] - '0');
    }
    return time;
}

static rd_kafka_t *make_client(rd_kafka_type_t type, const char *const properties[][2])
{
    char error[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t index = 0; properties[index][0]; index++) {
        if (rd_kafka_conf_set(conf, properties[index][0], properties[index][1], error, sizeof error)) {
            fprintf(stderr, "%s\n", error);
            exit(1);
        }
    }
    rd_kafka_t *client = rd_kafka_new(type, conf, error, sizeof error);
    if (!client) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
    return client;
}

/// Produces what is due, as much as the producer's queue takes.
static void fire(heap_t *heap, rd_kafka_t *producer, rd_kafka_topic_t *delivery)
{
    while (heap->count > 0 && heap->entries[0].due <= wall_clock()) {
        rd_kafka_message_t *message = heap->entries[0].message;
        if (rd_kafka_produce(delivery, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, message->payload, message->len,
                             message->key, message->key_len, NULL)) {
            return;
        }
        pop(heap);
        rd_kafka_message_destroy(message);
    }
}

int floor_run(const char *brokers, const char *intake, int intake_partitions, const char *delivery_name,
              int fetch_wait_ms)
{
    char fetch_wait[16];
    snprintf(fetch_wait, sizeof fetch_wait, "%d", fetch_wait_ms);
    // As the pod's clients are, where it matters.
    const char *const reading[][2] = {
        {"bootstrap.servers", brokers}, {"fetch.wait.max.ms", fetch_wait}, {"queued.min.messages", "100000"},
        {"queued.max.messages.kbytes", "65536"}, {"fetch.max.bytes", "16777216"}, {"fetch.error.backoff.ms", "100"},
        {NULL, NULL}};
    const char *const producing[][2] = {
        {"bootstrap.servers", brokers}, {"enable.idempotence", "true"}, {"acks", "all"}, {"linger.ms", "0"},
        {"partitioner", "murmur2_random"}, {"queue.buffering.max.messages", "100000"},
        {"queue.buffering.max.kbytes", "262144"}, {NULL, NULL}};

    rd_kafka_t *consumer = make_client(RD_KAFKA_CONSUMER, reading);
    rd_kafka_t *producer = make_client(RD_KAFKA_PRODUCER, producing);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, intake, NULL);
    rd_kafka_topic_t *delivery = rd_kafka_topic_new(producer, delivery_name, NULL);
    rd_kafka_queue_t *records = rd_kafka_queue_new(consumer), *reports = rd_kafka_queue_get_main(producer);

    int poller = epoll_create1(EPOLL_CLOEXEC), wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(poller, EPOLL_CTL_ADD, wake, &event);
    epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event);
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(records, wake, &one, sizeof one);
    rd_kafka_queue_io_event_enable(reports, wake, &one, sizeof one);
    for (int partition = 0; partition < intake_partitions; partition++) {
        rd_kafka_consume_start_queue(topic, partition, RD_KAFKA_OFFSET_BEGINNING, records);
    }
    puts("ready");
    fflush(stdout);

    heap_t heap = {0};
    static rd_kafka_message_t *batch[BATCH];
    int64_t alarm = 0;
    for (;;) {
        ssize_t count;
        do {
            count = rd_kafka_consume_batch_queue(records, 0, batch, BATCH);
            for (ssize_t index = 0; index < count; index++) {
                if (batch[index]->err) {
                    rd_kafka_message_destroy(batch[index]);
                } else {
                    push(&heap, (entry_t){.due = due_time(batch[index]), .message = batch[index]});
                }
            }
            fire(&heap, producer, delivery);
            // What is due still waits for room, which reports make.
            rd_kafka_poll(producer, heap.count > 0 && heap.entries[0].due <= wall_clock() ? 1 : 0);
        } while (count == BATCH || (heap.count > 0 && heap.entries[0].due <= wall_clock()));
        int64_t next = heap.count > 0 ? heap.entries[0].due : 0;
        // One that is due by now ends the wait at once.
        if (next != alarm && next > 0) {
            struct itimerspec specification = {
                .it_value = {.tv_sec = next / 1000, .tv_nsec = (next % 1000) * 1000000}};
            timerfd_settime(timer, TFD_TIMER_ABSTIME, &specification, NULL);
            alarm = next;
        }
        struct epoll_event events[2];
        if (epoll_wait(poller, events, 2, -1) < 0 && errno != EINTR) return 1;
        uint64_t value;
        if (read(wake, &value, sizeof value) < 0 && errno != EAGAIN) return 1;
        if (read(timer, &value, sizeof value) < 0 && errno != EAGAIN) return 1;
    }
}
