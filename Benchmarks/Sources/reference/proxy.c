// A delay between client and server: every byte comes out half a round trip after it went in, in both directions. One
// thread, one queue: the delay is the same for all, so what comes first is due first.
#define _GNU_SOURCE
#include "reference.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { CHUNK = 65536 };

/// Bytes on their way; none for the end of a stream.
struct chunk {
  struct chunk *next_due, *next_ready;
  struct end *target;
  double due;
  size_t size, written;
  char data[];
};

/// One of the two sockets of a connection.
struct end {
  int socket;
  int is_read, is_written, is_closed, waits;
  struct end *peer;
  struct chunk *first, *last;  // due, and not yet written
};

struct proxy {
  int epoll, timer;
  double delay;
  struct chunk *first, *last;
  struct sockaddr_in server;
};

static void watch(struct proxy *proxy, int operation, struct end *end) {
  struct epoll_event event = {.data.ptr = end, .events = EPOLLIN | (end->waits ? (uint32_t)EPOLLOUT : 0)};
  epoll_ctl(proxy->epoll, operation, end->socket, &event);
}

/// Its memory stays, because events and bytes may still be under way to it; a benchmark makes few of them.
static void close_end(struct end *end) {
  if (!end->is_closed) close(end->socket);
  end->is_closed = 1;
}

static void write_ready(struct proxy *proxy, struct end *end) {
  while (end->first && !end->is_closed) {
    struct chunk *chunk = end->first;
    if (chunk->size == 0) {
      shutdown(end->socket, SHUT_WR);
      end->is_written = 1;
    } else {
      ssize_t count = send(end->socket, chunk->data + chunk->written, chunk->size - chunk->written, MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) break;
      if (count < 0) {
        close_end(end);
        break;
      }
      chunk->written += (size_t)count;
      if (chunk->written < chunk->size) continue;
    }
    end->first = chunk->next_ready;
    free(chunk);
  }
  if (end->is_read && end->is_written) close_end(end);
  int waits = end->first != NULL;
  if (waits == end->waits || end->is_closed) return;
  end->waits = waits;
  watch(proxy, EPOLL_CTL_MOD, end);
}

static void deliver_due(struct proxy *proxy) {
  double time = now();
  while (proxy->first && proxy->first->due <= time) {
    struct chunk *chunk = proxy->first;
    struct end *end = chunk->target;
    proxy->first = chunk->next_due;
    chunk->next_ready = NULL;
    if (end->first) end->last->next_ready = chunk;
    else end->first = chunk;
    end->last = chunk;
    if (!end->waits) write_ready(proxy, end);
  }
  if (!proxy->first) return;
  double wait = proxy->first->due - time;
  struct itimerspec setting = {.it_value = {(time_t)wait, (long)((wait - (time_t)wait) * 1e9) + 1}};
  timerfd_settime(proxy->timer, 0, &setting, NULL);
}

static void queue_chunk(struct proxy *proxy, struct end *target, const char *data, size_t size) {
  struct chunk *chunk = allocate(sizeof *chunk + size);
  memcpy(chunk->data, data, size);
  chunk->size = size;
  chunk->target = target;
  chunk->due = now() + proxy->delay;
  if (proxy->first) proxy->last->next_due = chunk;
  else proxy->first = chunk;
  proxy->last = chunk;
}

static void read_all(struct proxy *proxy, struct end *end) {
  static char buffer[CHUNK];
  while (!end->is_closed) {
    ssize_t count = recv(end->socket, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EAGAIN) return;
    queue_chunk(proxy, end->peer, buffer, count > 0 ? (size_t)count : 0);
    if (count > 0) continue;
    epoll_ctl(proxy->epoll, EPOLL_CTL_DEL, end->socket, NULL);
    end->is_read = 1;
    if (end->is_written) close_end(end);
    return;
  }
}

static struct end *new_end(int socket) {
  struct end *end = allocate(sizeof *end);
  int on = 1;
  end->socket = socket;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(socket, F_SETFL, O_NONBLOCK);
  return end;
}

static void accept_all(struct proxy *proxy, int listener) {
  for (int accepted; (accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
    int upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(connect(upstream, (struct sockaddr *)&proxy->server, sizeof proxy->server) == 0, "no server", NULL);
    struct end *client = new_end(accepted), *server = new_end(upstream);
    client->peer = server;
    server->peer = client;
    watch(proxy, EPOLL_CTL_ADD, client);
    watch(proxy, EPOLL_CTL_ADD, server);
  }
}

static int listen_somewhere(int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  require(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 1024) == 0 &&
              getsockname(listener, (struct sockaddr *)&address, &size) == 0,
          "cannot listen", strerror(errno));
  *port = ntohs(address.sin_port);
  return listener;
}

/// `proxy SERVER-PORT MILLISECONDS`: prints its port, and runs until it is ended.
int proxy_main(int count, char **arguments) {
  require(count == 2, "usage: proxy SERVER-PORT MILLISECONDS", NULL);
  struct proxy proxy = {.epoll = epoll_create1(0), .timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)};
  proxy.delay = strtod(arguments[1], NULL) / 2e3;
  proxy.server = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  proxy.server.sin_port = htons((uint16_t)strtoul(arguments[0], NULL, 10));
  int port, listener = listen_somewhere(&port);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(proxy.epoll, EPOLL_CTL_ADD, listener, (event.data.ptr = &listener, &event));
  epoll_ctl(proxy.epoll, EPOLL_CTL_ADD, proxy.timer, (event.data.ptr = &proxy.timer, &event));
  printf("%d\n", port);
  fflush(stdout);
  for (;;) {
    struct epoll_event events[256];
    int found = epoll_wait(proxy.epoll, events, 256, -1);
    for (int i = 0; i < found; i++) {
      uint64_t expirations;
      if (events[i].data.ptr == &listener) {
        accept_all(&proxy, listener);
      } else if (events[i].data.ptr == &proxy.timer) {
        while (read(proxy.timer, &expirations, sizeof expirations) > 0) {}
      } else {
        struct end *end = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) write_ready(&proxy, end);
        if (events[i].events & ~(uint32_t)EPOLLOUT) read_all(&proxy, end);
      }
    }
    deliver_due(&proxy);
  }
}
