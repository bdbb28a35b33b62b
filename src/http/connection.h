/* connection.h — one TCP connection: reads requests in order, sends answers in order.
 * Idle it holds this struct and its socket, nothing else. Belongs to one loop for life. */
#pragma once
#include "http/deadline.h"
#include "http/exchange.h"

typedef enum {
    CONNECTION_PROXY, /* waits for the balancer to say whose it is */
    CONNECTION_HEAD,  /* waits for a request, or is in the middle of a head */
    CONNECTION_BODY,
    CONNECTION_ELSEWHERE, /* its exchange is with a worker */
    CONNECTION_WRITING,
    CONNECTION_FLUSHING,  /* short answers wait for a slow reader */
    CONNECTION_WEBSOCKET, /* its handshake is answered: `socket` does the rest */
    CONNECTION_LINGERING, /* answered, and says so, but still swallows what the client sends */
    CONNECTION_CLOSED,    /* waits for its exchange to come back */
} ConnectionState;

typedef struct Connection {
    Deadline deadline;                  /* first: a deadline is cast back to its connection */
    struct Connection *next, *previous; /* all of the loop */
    struct Connection *next_again;      /* has more to read than its turn allowed */
    struct Loop *loop;
    Exchange *exchange;
    struct WebSocket *socket;
    char *unsent; /* short answers, while flushing */
    uint32_t unsent_len, unsent_at;
    char *kept; /* bytes read but not yet consumed */
    uint32_t kept_len;
    int fd;
    uint64_t sent;             /* bytes handed to the kernel, ever */
    uint64_t progress;         /* bytes moved since the deadline was armed */
    Milliseconds body_ends_at; /* absolute */
    ConnectionState state : 8;
    HeadScan scan;
    bool readable, writable, hung_up, is_again;
    bool bursts;         /* many requests come at once: they are a batch by themselves */
    bool closes;         /* once the short answers are sent */
    bool secure;         /* the client came to the balancer by TLS */
    uint8_t blank_lines; /* CRLFs before a request line, as RFC 9112 2.2 asks to bear */
    uint8_t listener;    /* number of the address it came to */
    IpAddress peer;      /* the client, where a balancer tells */
} Connection;

void connection_open(struct Loop *loop, int fd, size_t listener, IpAddress peer);
/* Goes as far as it can without blocking. The connection may be gone afterwards. */
void connection_run(Connection *connection);
/* Reads, and has an announce answered with others; false: connection_run is the way. */
bool connection_join_batch(Connection *connection);
void connection_answer_batch(struct Loop *loop); /* sends what was joined */
void connection_expire(Connection *connection);  /* its deadline has passed */
void connection_take_back(Exchange *exchange);   /* answered elsewhere */
void connection_close(Connection *connection);
void connection_give_away(Connection *connection); /* an idle one: its socket goes on elsewhere */
void connection_run_again(Connection *connection); /* in the loop's next turn */
/* Says that no more will be sent, and swallows what still comes. */
void connection_linger(Connection *connection);
/* Nothing of a request has arrived, nothing is being answered. */
bool connection_is_idle(const Connection *connection);
