#include "peers.h"

#include <curl/curl.h>
#include <stdlib.h>

static size_t drop(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

size_t peers_post_bare(const char *url, const void *body, size_t size, size_t count, size_t connections)
{
    CURLM *multi = curl_multi_init();
    CURL **handles = calloc(connections, sizeof *handles);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/x-amz-json-1.0");
    headers = curl_slist_append(headers, "X-Amz-Target: DynamoDB_20120810.BatchWriteItem");
    headers = curl_slist_append(headers, "Expect:");
    size_t begun = 0, answered = 0;
    for (size_t index = 0; index < connections && begun < count; index++, begun++) {
        CURL *handle = handles[index] = curl_easy_init();
        curl_easy_setopt(handle, CURLOPT_URL, url);
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)size);
        curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:dynamodb");
        curl_easy_setopt(handle, CURLOPT_USERPWD, "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop);
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_multi_add_handle(multi, handle);
    }
    int running = 1;
    while (running > 0) {
        curl_multi_perform(multi, &running);
        CURLMsg *message;
        int queued;
        while ((message = curl_multi_info_read(multi, &queued))) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL *handle = message->easy_handle;
            long status = 0;
            curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
            if (message->data.result == CURLE_OK && status == 200) answered++;
            curl_multi_remove_handle(multi, handle);
            if (begun < count) {
                begun++;
                curl_multi_add_handle(multi, handle);
                running = 1;
            }
        }
        if (running > 0) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    for (size_t index = 0; index < connections; index++) curl_easy_cleanup(handles[index]);
    curl_slist_free_all(headers);
    curl_multi_cleanup(multi);
    free(handles);
    return answered;
}
