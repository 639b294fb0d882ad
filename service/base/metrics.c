#include "base/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MAX 3
#define LABEL_SIZE 72
#define SERIES_MAX 512 /* of one metric */
#define BUCKETS_MAX 12
#define OTHER "other"

struct metric {
    const char *name;
    const char *help;
    const char *labels[LABELS_MAX];
    const double *bounds; /* NULL for a counter; ended by 0 */
};

static const double seconds[] = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 0};
static const double sizes[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 0};

static const struct metric metrics[SIGNUMD_METRIC_COUNT] = {
    [SIGNUMD_METRIC_REQUESTS] = {"signumd_http_requests_total", "Requests that were answered.",
        {"route", "method", "status"}, NULL},
    [SIGNUMD_METRIC_REQUEST_SECONDS] = {"signumd_http_request_duration_seconds",
        "Time from the head of a request to the end of its answer.", {"route"}, seconds},
    [SIGNUMD_METRIC_SIGNATURES] = {"signumd_signatures_total",
        "Requests for a signature by how they ended.", {"key", "algorithm", "outcome"}, NULL},
    [SIGNUMD_METRIC_DECISIONS] = {"signumd_policy_decisions_total",
        "What policies have decided about requests for a signature.", {"decision"}, NULL},
    [SIGNUMD_METRIC_REFUSALS] = {"signumd_refusals_total",
        "Requests whose credentials were bad, or that came too often.", {"cause"}, NULL},
    [SIGNUMD_METRIC_HSM_CALLS] = {"signumd_hsm_operations_total",
        "Operations on the HSM by how they ended.", {"outcome"}, NULL},
    [SIGNUMD_METRIC_HSM_SECONDS] = {"signumd_hsm_operation_duration_seconds",
        "Time of an operation on the HSM.", {NULL}, seconds},
    [SIGNUMD_METRIC_HSM_CONNECTS] = {"signumd_hsm_connects_total",
        "Attempts to connect to the HSM and log in.", {"outcome"}, NULL},
    [SIGNUMD_METRIC_COMMIT_SECONDS] = {"signumd_db_commit_duration_seconds",
        "Time until a transaction was durable.", {NULL}, seconds},
    [SIGNUMD_METRIC_GROUP_SIZE] = {"signumd_db_group_size",
        "Signatures that became durable in one transaction.", {NULL}, sizes},
    [SIGNUMD_METRIC_RELOADS] = {"signumd_reloads_total", "Reloads of settings and certificates.",
        {"outcome"}, NULL},
};

struct series {
    struct series *next;
    char labels[LABELS_MAX][LABEL_SIZE];
    double sum;
    uint64_t count;
    uint64_t buckets[BUCKETS_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct series *all[SIGNUMD_METRIC_COUNT];
static size_t series_counts[SIGNUMD_METRIC_COUNT];

static struct series *
search(enum signumd_metric metric, const char *const labels[LABELS_MAX])
{
    for (struct series *series = all[metric]; series != NULL; series = series->next) {
        bool is_it = true;
        for (size_t i = 0; i < LABELS_MAX && is_it; i++)
            is_it = strcmp(series->labels[i], labels[i]) == 0;
        if (is_it)
            return series;
    }
    return NULL;
}

/* With the lock held. NULL when memory is short: then something is not counted. */
static struct series *
find(enum signumd_metric metric, const char *a, const char *b, const char *c)
{
    const char *labels[LABELS_MAX] = {a, b, c};

    for (size_t i = 0; i < LABELS_MAX; i++)
        if (labels[i] == NULL || strlen(labels[i]) >= LABEL_SIZE)
            labels[i] = labels[i] == NULL ? "" : OTHER;
    struct series *series = search(metric, labels);
    if (series != NULL)
        return series;
    if (series_counts[metric] >= SERIES_MAX) {
        /* the first label is the one that can have many values */
        labels[0] = OTHER;
        series = search(metric, labels);
        if (series != NULL)
            return series;
    }
    series = calloc(1, sizeof *series);
    if (series == NULL)
        return NULL;
    for (size_t i = 0; i < LABELS_MAX; i++)
        (void)snprintf(series->labels[i], LABEL_SIZE, "%s", labels[i]);
    series->next = all[metric];
    all[metric] = series;
    series_counts[metric]++;
    return series;
}

void
signumd_metrics_count(enum signumd_metric metric, const char *a, const char *b, const char *c)
{
    (void)pthread_mutex_lock(&lock);
    struct series *series = find(metric, a, b, c);
    if (series != NULL)
        series->count++;
    (void)pthread_mutex_unlock(&lock);
}

void
signumd_metrics_observe(enum signumd_metric metric, const char *a, double value)
{
    const double *bounds = metrics[metric].bounds;

    (void)pthread_mutex_lock(&lock);
    struct series *series = find(metric, a, NULL, NULL);
    if (series != NULL) {
        series->count++;
        series->sum += value;
        for (size_t i = 0; bounds[i] > 0; i++)
            if (value <= bounds[i])
                series->buckets[i]++;
    }
    (void)pthread_mutex_unlock(&lock);
}

/* Backslash, quotation mark and line break are escaped in label values. */
static void
put_label(struct signum_buf *out, const char *name, const char *value, bool is_first)
{
    signum_buf_printf(out, "%s%s=\"", is_first ? "" : ",", name);
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            signum_buf_put_byte(out, '\\');
        if (*value == '\n')
            signum_buf_put_text(out, "\\n");
        else
            signum_buf_put_byte(out, (uint8_t)*value);
    }
    signum_buf_put_byte(out, '"');
}

static void
put_labels(struct signum_buf *out, const struct metric *metric, const struct series *series,
    const char *bound)
{
    bool is_first = true;

    if (metric->labels[0] == NULL && bound == NULL)
        return;
    signum_buf_put_byte(out, '{');
    for (size_t i = 0; i < LABELS_MAX && metric->labels[i] != NULL; i++) {
        put_label(out, metric->labels[i], series->labels[i], is_first);
        is_first = false;
    }
    if (bound != NULL)
        put_label(out, "le", bound, is_first);
    signum_buf_put_byte(out, '}');
}

static void
put_histogram(struct signum_buf *out, const struct metric *metric, const struct series *series)
{
    char bound[32];

    for (size_t i = 0; metric->bounds[i] > 0; i++) {
        (void)snprintf(bound, sizeof bound, "%g", metric->bounds[i]);
        signum_buf_printf(out, "%s_bucket", metric->name);
        put_labels(out, metric, series, bound);
        signum_buf_printf(out, " %llu\n", (unsigned long long)series->buckets[i]);
    }
    signum_buf_printf(out, "%s_bucket", metric->name);
    put_labels(out, metric, series, "+Inf");
    signum_buf_printf(out, " %llu\n%s_sum", (unsigned long long)series->count, metric->name);
    put_labels(out, metric, series, NULL);
    signum_buf_printf(out, " %.6f\n%s_count", series->sum, metric->name);
    put_labels(out, metric, series, NULL);
    signum_buf_printf(out, " %llu\n", (unsigned long long)series->count);
}

static void
put_counter(struct signum_buf *out, const struct metric *metric, const struct series *series)
{
    signum_buf_put_text(out, metric->name);
    put_labels(out, metric, series, NULL);
    signum_buf_printf(out, " %llu\n", (unsigned long long)series->count);
}

void
signumd_metrics_begin(struct signum_buf *out, const char *name, const char *type, const char *help)
{
    signum_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void
signumd_metrics_put(struct signum_buf *out, const char *name, const char *label,
    const char *label_value, double value)
{
    signum_buf_put_text(out, name);
    if (label != NULL) {
        signum_buf_put_byte(out, '{');
        put_label(out, label, label_value, true);
        signum_buf_put_byte(out, '}');
    }
    signum_buf_printf(out, " %.15g\n", value);
}

void
signumd_metrics_write(struct signum_buf *out)
{
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SIGNUMD_METRIC_COUNT; i++) {
        const struct metric *metric = &metrics[i];
        signumd_metrics_begin(
            out, metric->name, metric->bounds == NULL ? "counter" : "histogram", metric->help);
        for (const struct series *series = all[i]; series != NULL; series = series->next) {
            if (metric->bounds == NULL)
                put_counter(out, metric, series);
            else
                put_histogram(out, metric, series);
        }
    }
    (void)pthread_mutex_unlock(&lock);
}

void
signumd_metrics_clear(void)
{
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SIGNUMD_METRIC_COUNT; i++) {
        while (all[i] != NULL) {
            struct series *next = all[i]->next;
            free(all[i]);
            all[i] = next;
        }
        series_counts[i] = 0;
    }
    (void)pthread_mutex_unlock(&lock);
}
