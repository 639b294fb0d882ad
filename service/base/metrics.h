#ifndef SIGNUMD_METRICS_H
#define SIGNUMD_METRICS_H

#include "core/buf.h"

/*
 * What the service counts about itself since its start, in the text format of Prometheus (version
 * 0.0.4). One table in metrics.c has all names. Labels come from here only in bounded number: what
 * would be one label value too many is counted as "other". Any thread may call; nothing fails.
 */
enum signumd_metric {
    SIGNUMD_METRIC_REQUESTS,        /* route, method, status */
    SIGNUMD_METRIC_REQUEST_SECONDS, /* route */
    SIGNUMD_METRIC_SIGNATURES,      /* key, algorithm, outcome */
    SIGNUMD_METRIC_DECISIONS,       /* decision */
    SIGNUMD_METRIC_REFUSALS,        /* cause: credentials, rate */
    SIGNUMD_METRIC_HSM_CALLS,       /* outcome */
    SIGNUMD_METRIC_HSM_SECONDS,     /* no label */
    SIGNUMD_METRIC_HSM_CONNECTS,    /* outcome */
    SIGNUMD_METRIC_COMMIT_SECONDS,  /* no label */
    SIGNUMD_METRIC_GROUP_SIZE,      /* no label */
    SIGNUMD_METRIC_RELOADS,         /* outcome */
    SIGNUMD_METRIC_COUNT
};

/* Counts one. Labels in the order above; those that the metric does not have are NULL. */
void signumd_metrics_count(enum signumd_metric metric, const char *a, const char *b, const char *c);

/* Puts a value into a histogram. */
void signumd_metrics_observe(enum signumd_metric metric, const char *a, double value);

/* Appends all of them. */
void signumd_metrics_write(struct signum_buf *out);

/*
 * For values that are only looked up when somebody asks: begins a metric of the type "gauge" or
 * "counter", and adds one value with at most one label, NULL for none.
 */
void signumd_metrics_begin(
    struct signum_buf *out, const char *name, const char *type, const char *help);
void signumd_metrics_put(struct signum_buf *out, const char *name, const char *label,
    const char *label_value, double value);

/* Appends what Prometheus knows of every process: processor, memory, files, start. */
void signumd_metrics_write_process(struct signum_buf *out);

/* Forgets all; for tests. */
void signumd_metrics_clear(void);

#endif
