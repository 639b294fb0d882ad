#ifndef SIGNUM_CORE_CATALOGUE_H
#define SIGNUM_CORE_CATALOGUE_H

#include "key.h"
#include "lock.h"

/*
 * What is known of a service's keys, in memory: keys by name, names that do not exist, and the
 * whole list once it was asked for. Time is monotonic milliseconds, given by the caller. All
 * functions may be called from any thread; keys handed out are references of the caller.
 */

#define SIGNUM_CATALOGUE_KEYS_MAX 20000      /* keys kept */
#define SIGNUM_CATALOGUE_ABSENT_MAX 64       /* absent names kept */
#define SIGNUM_CATALOGUE_FRESH_MS 600000     /* a key is taken as it is for ten minutes */
#define SIGNUM_CATALOGUE_ABSENT_MS 3000      /* "no such key" is believed for three seconds:
                                                signtool asks four times in a row */

enum signum_catalogue_state {
    SIGNUM_CATALOGUE_UNKNOWN, /* never seen */
    SIGNUM_CATALOGUE_KNOWN,   /* key_out is set */
    SIGNUM_CATALOGUE_STALE,   /* key_out is set, but it is time to ask again */
    SIGNUM_CATALOGUE_ABSENT,  /* the service said a moment ago that there is none */
};

struct signum_catalogue_entry;

struct signum_catalogue_absent {
    char name[SIGNUM_KEY_NAME_MAX + 1];
    uint64_t until_ms;
    uint64_t change; /* which change it was */
};

struct signum_catalogue {
    struct signum_lock lock;
    struct signum_catalogue_entry *entries; /* sorted by name */
    size_t count;
    size_t capacity;
    uint64_t listed_ms; /* when the whole list was taken */
    bool is_listed;
    struct signum_catalogue_absent absent[SIGNUM_CATALOGUE_ABSENT_MAX];
    size_t absent_next;
    uint64_t changes; /* keys put and taken out, since init */
};

void signum_catalogue_init(struct signum_catalogue *catalogue);
void signum_catalogue_clear(struct signum_catalogue *catalogue);

/* Looks a name up. */
enum signum_catalogue_state signum_catalogue_find(struct signum_catalogue *catalogue,
                                                  const char *name, uint64_t now_ms,
                                                  struct signum_key **key_out);

/* Adds or replaces a key (a new reference is taken), and forgets that its name was absent. */
enum signum_status signum_catalogue_put(struct signum_catalogue *catalogue, struct signum_key *key,
                                        uint64_t now_ms) SIGNUM_MUST_USE;

/* Remembers that there is no such key, and forgets one of that name. */
void signum_catalogue_put_absent(struct signum_catalogue *catalogue, const char *name,
                                 uint64_t now_ms);

/* How often the catalogue has changed: to be asked before the first page of a list is. */
uint64_t signum_catalogue_changes(struct signum_catalogue *catalogue);

/*
 * The whole list: replaces all keys. New references are taken. Fetching a list takes many requests,
 * between which the service and this program go on: a name that stands on two pages is kept once,
 * as the later page has it, and what was put or found absent after `since` (of
 * signum_catalogue_changes()) is newer than the list and stays as it is.
 */
enum signum_status signum_catalogue_replace(struct signum_catalogue *catalogue,
                                            struct signum_key *const *keys, size_t count,
                                            uint64_t since, uint64_t now_ms) SIGNUM_MUST_USE;

/*
 * The whole list in the order of names, if it was taken and is fresh: an array of `count_out`
 * references that the caller frees with signum_key_list_free(). NOT_FOUND if it is not there.
 */
enum signum_status signum_catalogue_list(struct signum_catalogue *catalogue, uint64_t now_ms,
                                         struct signum_key ***keys_out,
                                         size_t *count_out) SIGNUM_MUST_USE;

/* Lets go of each key and frees the array; clears both. */
void signum_key_list_free(struct signum_key ***keys, size_t *count);

#endif
