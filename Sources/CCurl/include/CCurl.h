#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>

// Swift cannot call variadic functions; one function for each kind of argument that libcurl takes.

CURLcode ccurl_easy_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_easy_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_easy_set_text(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_easy_set_pointer(CURL *easy, CURLoption option, void *value);
/// Sets `CURLOPT_WRITEFUNCTION` or `CURLOPT_HEADERFUNCTION`, which share this signature.
CURLcode ccurl_easy_set_sink(CURL *easy, CURLoption option, size_t (*sink)(char *, size_t, size_t, void *));
/// Sets `CURLOPT_OPENSOCKETFUNCTION`.
CURLcode ccurl_easy_set_open_socket(CURL *easy, curl_opensocket_callback callback);

CURLcode ccurl_easy_get_pointer(CURL *easy, CURLINFO info, char **value);

CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);

#endif
