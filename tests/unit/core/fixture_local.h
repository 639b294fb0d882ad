#ifndef SIGNUM_TEST_FIXTURE_LOCAL_H
#define SIGNUM_TEST_FIXTURE_LOCAL_H

#include "core/config.h"
#include "core/service.h"
#include "fixture_service.h"

/* An open service named "main" whose other end is a fixture_service without keys. */
struct fixture_local {
    struct signum_fake fake;
    struct fixture_service remote;
    struct signum_settings settings; /* one service, with the token "secret-token" */
    struct signum_log log;           /* at the debug level */
    struct signum_service *service;
    struct signum_report report;
};

void fixture_local_init(struct fixture_local *local);
void fixture_local_clear(struct fixture_local *local);

#endif
