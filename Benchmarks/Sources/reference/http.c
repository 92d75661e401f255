// The reference client: libcurl's multi interface on epoll. It sends a list of requests, so many in flight, and throws
// the answers away.
#include "reference.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/// A line of the list: `METHOD PATH [BODY]`, the body to the end of the line.
struct request {
  const char *method, *path, *body;
};

struct client {
  CURLM *multi;
  int epoll;
  double deadline;  // of libcurl's own timer; below zero for none
  const char *address, *authority, *token;
  int http2;
  struct curl_slist *headers;
  struct request *requests;
  size_t next, end, total, failed;
  double *latencies;  // by order of completion, for all phases
  size_t finished;
  char first_failure[256];
};

static size_t discard(char *data, size_t size, size_t count, void *user) {
  (void)data, (void)user;
  return size * count;
}

static int on_socket(CURL *handle, curl_socket_t socket, int what, void *user, void *known) {
  (void)handle;
  struct client *client = user;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(client->epoll, EPOLL_CTL_DEL, socket, NULL);
    curl_multi_assign(client->multi, socket, NULL);
    return 0;
  }
  struct epoll_event event = {.data.fd = socket};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  if (epoll_ctl(client->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0 && errno == EEXIST)
    epoll_ctl(client->epoll, EPOLL_CTL_MOD, socket, &event);
  curl_multi_assign(client->multi, socket, client);
  return 0;
}

static int on_timer(CURLM *multi, long milliseconds, void *user) {
  (void)multi;
  struct client *client = user;
  client->deadline = milliseconds < 0 ? -1 : now() + milliseconds / 1e3;
  return 0;
}

static CURL *new_handle(struct client *client) {
  CURL *handle = curl_easy_init();
  require(handle != NULL, "libcurl gave no handle", NULL);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, client->headers);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  if (client->authority) curl_easy_setopt(handle, CURLOPT_CAINFO, client->authority);
  if (client->http2) {
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(handle, CURLOPT_PIPEWAIT, 1L);
  } else {
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  }
  return handle;
}

/// Gives a handle the next request, if there is one.
static int start_next(struct client *client, CURL *handle) {
  if (client->next == client->end) return 0;
  struct request *request = &client->requests[client->next++];
  char url[4096];
  snprintf(url, sizeof url, "%s/v1/%s", client->address, request->path);
  curl_easy_setopt(handle, CURLOPT_URL, url);
  if (request->body) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)strlen(request->body));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->body);
  } else {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request->method);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, request);
  require(curl_multi_add_handle(client->multi, handle) == CURLM_OK, "cannot send", request->path);
  return 1;
}

static void note_end(struct client *client, CURLMsg *message) {
  long status = 0;
  curl_off_t microseconds = 0;
  struct request *request = NULL;
  curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(message->easy_handle, CURLINFO_TOTAL_TIME_T, &microseconds);
  curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
  client->latencies[client->finished++] = microseconds / 1e6;
  if (message->data.result == CURLE_OK && status >= 200 && status < 300) return;
  if (client->failed++ == 0)
    snprintf(client->first_failure, sizeof client->first_failure, "%s %s: %s %ld", request->method, request->path,
             curl_easy_strerror(message->data.result), status);
}

/// Sends the requests up to `end`, and returns when all of them are answered.
static void run_phase(struct client *client, CURL **handles, size_t in_flight) {
  size_t active = 0;
  int running = 0;
  for (size_t i = 0; i < in_flight; i++) active += start_next(client, handles[i]);
  while (active > 0) {
    struct epoll_event events[64];
    int wait = client->deadline < 0 ? 1000 : (int)((client->deadline - now()) * 1e3 + 0.999);
    int count = epoll_wait(client->epoll, events, 64, wait < 0 ? 0 : wait);
    for (int i = 0; i < count; i++) {
      uint32_t seen = events[i].events;
      int mask = (seen & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) | (seen & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                 (seen & EPOLLERR ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(client->multi, events[i].data.fd, mask, &running);
    }
    if (client->deadline >= 0 && now() >= client->deadline) {
      client->deadline = -1;
      curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left))) {
      CURL *handle = message->easy_handle;
      note_end(client, message);
      curl_multi_remove_handle(client->multi, handle);
      active = active - 1 + (size_t)start_next(client, handle);
    }
  }
}

/// Cuts the list into requests; a line `--` begins a phase, which waits for the one before.
static size_t parse(char *text, struct request **requests, size_t **ends, size_t *phases) {
  size_t lines = 1;
  for (char *at = text; *at; at++) lines += *at == '\n';
  *requests = allocate(lines * sizeof **requests);
  *ends = allocate((lines + 1) * sizeof **ends);
  size_t total = 0;
  *phases = 0;
  for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
    if (!*line) continue;
    if (strcmp(line, "--") == 0) {
      (*ends)[(*phases)++] = total;
      continue;
    }
    struct request *request = &(*requests)[total++];
    request->method = strsep(&line, " ");
    request->path = strsep(&line, " ");
    require(request->path != NULL, "a line without a path", request->method);
    request->body = line;
  }
  (*ends)[(*phases)++] = total;
  return total;
}

static int ascending(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

/// `http ADDRESS LIST IN-FLIGHT 1|2 [CA-FILE]`, the token in `REFERENCE_TOKEN`.
int http_main(int count, char **arguments) {
  require(count >= 4, "usage: http ADDRESS LIST IN-FLIGHT 1|2 [CA-FILE]", NULL);
  struct client client = {.address = arguments[0], .http2 = arguments[3][0] == '2', .deadline = -1};
  client.authority = count > 4 ? arguments[4] : NULL;
  size_t in_flight = strtoul(arguments[2], NULL, 10), phases, *ends;
  struct bytes list = read_file(arguments[1]);
  client.total = parse(list.data, &client.requests, &ends, &phases);
  client.latencies = allocate(client.total * sizeof *client.latencies);

  char token[512];
  snprintf(token, sizeof token, "X-Vault-Token: %s", getenv("REFERENCE_TOKEN") ? getenv("REFERENCE_TOKEN") : "");
  client.headers = curl_slist_append(curl_slist_append(NULL, token), "X-Vault-Request: true");

  struct span begin = span_begin();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  client.epoll = epoll_create1(EPOLL_CLOEXEC);
  client.multi = curl_multi_init();
  curl_multi_setopt(client.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(client.multi, CURLMOPT_SOCKETDATA, &client);
  curl_multi_setopt(client.multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(client.multi, CURLMOPT_TIMERDATA, &client);
  curl_multi_setopt(client.multi, CURLMOPT_MAXCONNECTS, (long)in_flight);
  curl_multi_setopt(client.multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)in_flight);
  CURL **handles = allocate(in_flight * sizeof *handles);
  for (size_t i = 0; i < in_flight; i++) handles[i] = new_handle(&client);
  for (size_t phase = 0; phase < phases; phase++) {
    client.end = ends[phase];
    run_phase(&client, handles, in_flight);
  }
  printf("{");
  span_print(begin);

  qsort(client.latencies, client.finished, sizeof *client.latencies, ascending);
  size_t last = client.finished ? client.finished - 1 : 0;
  printf(", \"requests\": %zu, \"failed\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", client.total, client.failed,
         1e3 * client.latencies[last / 2], 1e3 * client.latencies[last * 99 / 100]);
  if (client.failed) fprintf(stderr, "reference: %zu failed, the first: %s\n", client.failed, client.first_failure);
  return client.failed ? 1 : 0;
}
