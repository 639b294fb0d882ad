#ifndef SIGNUMD_POLICY_H
#define SIGNUMD_POLICY_H

#include "base/json.h"
#include "base/texts.h"
#include "identity/users.h"

/*
 * Who may sign with what, from where and when. A policy is a JSON document (docs/policy.md); the
 * decision is one pure function of the facts of a request and the policies. Where policies are
 * kept is the business of policies.h.
 */

#define SIGNUMD_PRIORITY_MAX 9999
#define SIGNUMD_PRIORITY_DEFAULT 100
#define SIGNUMD_DESCRIPTION_MAX 1024
#define SIGNUMD_APPROVALS_MAX 8 /* groups that have to approve */
#define SIGNUMD_APPROVAL_NEED_MAX 64
#define SIGNUMD_LIMITS_MAX 4 /* of one policy */
#define SIGNUMD_LIMIT_COUNT_MAX 1000000000
#define SIGNUMD_USES_MAX 16 /* limits that one signature counts for */
#define SIGNUMD_USE_SUBJECT_MAX 200
#define SIGNUMD_POLICY_CLAIMS_MAX 16
#define SIGNUMD_CLAIM_NAME_MAX 128
#define SIGNUMD_POLICY_ITEMS_MAX 64
#define SIGNUMD_POLICY_ITEM_MAX 512 /* bytes of one text */

/* The parts of a policy. Each holds texts, any of which may fit; an empty part fits always. */
enum signumd_policy_part {
    SIGNUMD_PART_KEYS, /* these two are alternatives: one of them must fit */
    SIGNUMD_PART_KEY_GROUPS,
    SIGNUMD_PART_USERS, /* so are these three */
    SIGNUMD_PART_ROLES,
    SIGNUMD_PART_USER_GROUPS,
    SIGNUMD_PART_NETWORKS,
    SIGNUMD_PART_PROCESS,
    SIGNUMD_PART_PROCESS_SHA256,
    SIGNUMD_PART_COMMAND_LINE,
    SIGNUMD_PART_MACHINE,
    SIGNUMD_PART_ACCOUNT,
    SIGNUMD_PART_DAYS,
    SIGNUMD_PART_HOURS,
    SIGNUMD_PART_UTC_OFFSET, /* asks for nothing: the two above are meant by this clock */
    SIGNUMD_PART_NOT_BEFORE,
    SIGNUMD_PART_NOT_AFTER,
    SIGNUMD_PART_HASHES,
    SIGNUMD_PART_SCHEMES,
    SIGNUMD_PART_COUNT
};

/* Who has to approve a signature: `need` different members of the group. */
struct signumd_approval_need {
    int64_t need;
    char group[SIGNUMD_NAME_MAX + 1];
};

/* What an allow asks for besides, before there is a signature. All zero: nothing. */
struct signumd_obligations {
    bool needs_reason;
    bool needs_pin;
    struct signumd_approval_need approvals[SIGNUMD_APPROVALS_MAX]; /* by group, each once */
    size_t approval_count;
};

/* How often an allow allows something: so many signatures in each span of time. */
enum signumd_limit_per { SIGNUMD_PER_MINUTE, SIGNUMD_PER_HOUR, SIGNUMD_PER_DAY, SIGNUMD_PER_TOTAL };
/* What is counted by itself: each user, each key, or the policy as a whole. */
enum signumd_limit_by { SIGNUMD_BY_USER, SIGNUMD_BY_KEY, SIGNUMD_BY_POLICY };

struct signumd_limit {
    int64_t count;
    enum signumd_limit_per per;
    enum signumd_limit_by by;
};

/* What a claim of the user's token has to be: one of the texts, in which * and ? have a meaning. */
struct signumd_claim {
    char *name;
    struct signumd_texts values;
};

struct signumd_policy {
    char name[SIGNUMD_NAME_MAX + 1];
    char *description; /* NULL if there is none */
    bool is_allow;
    int64_t priority; /* 0 is the highest */
    int64_t version;  /* of the stored document; 0 if it is not stored */
    struct signumd_texts parts[SIGNUMD_PART_COUNT];
    struct signumd_claim *claims; /* all of them have to fit */
    size_t claim_count;
    struct signumd_obligations obligations; /* none in a deny */
    struct signumd_limit limits[SIGNUMD_LIMITS_MAX]; /* none in a deny */
    size_t limit_count;
};

/* What is known about a request. NULL: not told; a part that asks for it does not fit then. */
struct signumd_facts {
    const char *user;
    unsigned roles;                     /* set of SIGNUMD_ROLE_BIT() */
    const struct signumd_texts *groups; /* of the user */
    const char *claims;                 /* of the user's token, verified: JSON object */
    const char *key;
    const struct signumd_texts *key_groups;
    const char *address; /* of the peer, verified */
    const char *process; /* these five only the client says */
    const char *process_sha256;
    const char *command_line;
    const char *machine;
    const char *account;
    const char *hash;
    const char *scheme;
    int64_t time; /* seconds since 1970 */
    /*
     * No signature is asked for yet, only the key is looked at: what belongs to a signature
     * (hash, scheme and what the client says) is then no obstacle to an allow, and no deny
     * that asks for it fits.
     */
    bool is_reading;
};

enum signumd_verdict {
    SIGNUMD_VERDICT_NO_MATCH,
    SIGNUMD_VERDICT_OUTRANKED, /* it fits, and another decided */
    SIGNUMD_VERDICT_DECIDES
};

/* About one policy: what became of it, and the part that does not fit ("where.networks"). */
struct signumd_policy_verdict {
    enum signumd_verdict verdict;
    const char *part; /* static; NULL if all fit */
};

/* A limit that a signature counts for. */
struct signumd_use {
    char policy[SIGNUMD_NAME_MAX + 1];
    struct signumd_limit limit;
    char subject[SIGNUMD_USE_SUBJECT_MAX + 1]; /* user or key; empty for the whole policy */
};

struct signumd_decision {
    bool is_allowed;
    char rule[SIGNUMD_NAME_MAX + 1]; /* name of the policy that decided; empty if none did */
    const char *reason;              /* static */
    /* The union of those of all allows that decided; none if it is not allowed. */
    struct signumd_obligations obligations;
    /* The limits of all allows that decided: each of them counts the signature. */
    struct signumd_use uses[SIGNUMD_USES_MAX];
    size_t use_count;
    /* It would be allowed but for uses[0], which begins anew in so many seconds (0: never). */
    bool is_used_up;
    int64_t retry_after;
};

/* A policy, and how much of each of its limits is used by those whom the facts are about. */
struct signumd_candidate {
    const struct signumd_policy *policy;
    int64_t used[SIGNUMD_LIMITS_MAX];
};

/*
 * Of the policies that fit, those with the smallest priority number decide; among them one deny
 * outweighs all allows. What no policy allows is denied. If allows decide, what each of them asks
 * for has to be given: `obligations` is the strictest of all of them together, and a request is
 * denied for which more groups had to approve than there is room for. The order of the policies is
 * of no importance: of several that decide alike, the first by name is named. `verdicts_out` has
 * room for `count`, or is NULL.
 */
struct signumd_decision signumd_policy_decide(const struct signumd_facts *facts,
                                              const struct signumd_policy *policies, size_t count,
                                              struct signumd_policy_verdict *verdicts_out);

/*
 * The same with limits: an allow of which one is used up does not fit ("limits"). If none fits but
 * for limits, the first by priority and name of those is the `rule` of the denial.
 */
struct signumd_decision signumd_policy_judge(const struct signumd_facts *facts,
                                             const struct signumd_candidate *candidates,
                                             size_t count,
                                             struct signumd_policy_verdict *verdicts_out);

/* Has it limits, and does it fit but for them? */
bool signumd_policy_needs_uses(const struct signumd_policy *policy,
                               const struct signumd_facts *facts);

/* "no match", "outranked" or "decides". */
const char *signumd_verdict_name(enum signumd_verdict verdict);

/*
 * Makes `all` ask for what `more` asks for too: of two numbers for one group, the larger. False,
 * with `all` as it was, if there are more groups than there is room for.
 */
bool signumd_obligations_join(struct signumd_obligations *all,
                              const struct signumd_obligations *more) SIGNUM_MUST_USE;

/* Is nothing asked for? */
bool signumd_obligations_are_none(const struct signumd_obligations *obligations);

/*
 * Reads {reason, pin, approvals: [{need, group}]} from the member "obligations" of the reader's
 * object, if there is one; a fault is the reader's, with its path. `obligations_out` is then none.
 */
void signumd_obligations_read(struct signumd_json_reader *reader,
                              struct signumd_obligations *obligations_out);

/* Writes them as the member "obligations": {reason, pin, approvals}, those that are asked for. */
void signumd_obligations_write(struct signumd_json_writer *writer,
                               const struct signumd_obligations *obligations);

/*
 * Reads the member "limits" of the reader's object, if there is one: [{count, per, by}]. A fault
 * is the reader's.
 */
void signumd_limits_read(struct signumd_json_reader *reader, struct signumd_policy *policy);

/* Writes them as the member "limits"; nothing if there are none. */
void signumd_limits_write(struct signumd_json_writer *writer, const struct signumd_policy *policy);

/* "minute", "hour", "day" or "total"; "user", "key" or "policy". */
const char *signumd_limit_per_name(enum signumd_limit_per per);
const char *signumd_limit_by_name(enum signumd_limit_by by);

/* When the span of time began that this time is in. Spans are those of UTC; "total" is one. */
int64_t signumd_limit_start(const struct signumd_limit *limit, int64_t time);

/* When it ends; 0 for never. */
int64_t signumd_limit_end(const struct signumd_limit *limit, int64_t time);

/* Who or what the limit counts the request for; "" for the policy as a whole. */
const char *signumd_limit_subject(const struct signumd_limit *limit,
                                  const struct signumd_facts *facts);

/*
 * Reads the member "claims" of the reader's object, if there is one; a fault is the reader's.
 * The claims are freed with the policy.
 */
void signumd_claims_read(struct signumd_json_reader *reader, struct signumd_policy *policy);

/* Writes them as the member "claims"; nothing if there are none. */
void signumd_claims_write(struct signumd_json_writer *writer, const struct signumd_policy *policy);

/* Do all claims of the policy fit those of the token? `claims` is NULL if there are none. */
bool signumd_claims_fit(const struct signumd_policy *policy, const struct cJSON *claims);
void signumd_claims_clear(struct signumd_policy *policy);

/* One part: where it stands in the document, and what it is about. */
struct signumd_part_info {
    const char *group;  /* "where" */
    const char *member; /* "networks" */
    const char *path;   /* "where.networks" */
    bool is_single;     /* one text, not an array of them */
    bool is_of_signing; /* unknown while a key is only looked at */
    /* What is wrong with a text (static), or NULL. */
    const char *(*check)(const char *text);
    bool (*match)(const char *text, const struct signumd_facts *facts);
};

const struct signumd_part_info *signumd_part_info(enum signumd_policy_part part);

/* "*" is any run of characters, "?" any one; all others are themselves. */
bool signumd_glob_match(const char *pattern, const char *text, bool is_caseless);

/* Is the address (IPv4, IPv6, or IPv4 in IPv6) in the network ADDRESS/BITS? */
bool signumd_network_has(const char *network, const char *address);

/* Seconds that a clock with this offset ("+01:00") is before UTC; 0 if it is none. */
int64_t signumd_utc_offset(const char *text);

/* Seconds since 1970 of "2026-01-31T12:00:00Z". False if it is not such a time. */
bool signumd_time_read(const char *text, int64_t *seconds_out);

void signumd_policy_init(struct signumd_policy *policy);
void signumd_policy_clear(struct signumd_policy *policy);

/*
 * Reads a document. SIGNUM_INVALID_ARGUMENT: `fault_out` says where ("what.keys[2]") and what;
 * its member `field` is empty if it is not a JSON object at all.
 */
enum signum_status signumd_policy_read(struct signum_bytes text, struct signumd_policy *policy_out,
                                       struct signumd_json_reader *fault_out) SIGNUM_MUST_USE;

/* Appends the document: members in a fixed order, no white space. Failure is the buffer's. */
void signumd_policy_write(const struct signumd_policy *policy, struct signum_buf *out);

#endif
