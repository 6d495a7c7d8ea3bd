#ifndef CLOCKWORK_CKAFKA_SHIM_H
#define CLOCKWORK_CKAFKA_SHIM_H

#include <stdint.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// An address for no bytes: an empty Swift buffer may have none, and librdkafka takes none for null.
static inline const void *_Nonnull ckafka_no_bytes(void)
{
    return "";
}

/// `rd_kafka_producev` is variadic, which Swift cannot call. The value and key are copied; the headers, which may be
/// null, belong to librdkafka when the answer is `RD_KAFKA_RESP_ERR_NO_ERROR` and stay the caller's otherwise.
static inline rd_kafka_resp_err_t ckafka_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
    const void *key, size_t key_size, const void *value, size_t value_size,
    int64_t timestamp, rd_kafka_headers_t *headers, uint64_t token)
{
    return rd_kafka_producev(
        client,
        RD_KAFKA_V_RKT(topic),
        RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key, key_size),
        RD_KAFKA_V_VALUE((void *)value, value_size),
        RD_KAFKA_V_TIMESTAMP(timestamp),
        RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE((void *)(uintptr_t)token),
        RD_KAFKA_V_END);
}

/// The token a message was produced with.
static inline uint64_t ckafka_token(const rd_kafka_message_t *message)
{
    return (uint64_t)(uintptr_t)message->_private;
}

/// The header at `index` with the length of its name, which librdkafka hands out as a C string. Zero after the last.
static inline int ckafka_header(
    const rd_kafka_headers_t *headers, size_t index,
    const char **name, size_t *name_size, const void **value, size_t *value_size)
{
    if (rd_kafka_header_get_all(headers, index, name, value, value_size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return 0;
    }
    *name_size = strlen(*name);
    return 1;
}

/// The variadic `rd_kafka_mock_broker_push_request_error_rtts`, for one error.
static inline rd_kafka_resp_err_t ckafka_mock_broker_fail_next(
    rd_kafka_mock_cluster_t *cluster, int32_t broker, int16_t request, rd_kafka_resp_err_t code)
{
    return rd_kafka_mock_broker_push_request_error_rtts(cluster, broker, request, 1, code, 0);
}

#endif
