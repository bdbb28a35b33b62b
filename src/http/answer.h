/* answer.h — what the server itself adds to or says in answers: validators, compression, security
 * headers, framing, static files, redirects. */
#pragma once
#include "http/exchange.h"

/* ETag, Cache-Control, Vary, compression: once for each answer made, on the thread that made it. */
void answer_finish(Exchange *exchange);
/* 304 where the client has it already (RFC 9110 13). For finished answers. */
void answer_condition(Exchange *exchange);
bool answer_asset(Exchange *exchange); /* false: the path is none */
void answer_options(Response *response, unsigned methods);
void answer_other_slash(Response *response, const Request *request);
/* When even the error page does not fit or cannot be made. */
void answer_plainly(Response *response, int status);
Str answer_reason(int status);
