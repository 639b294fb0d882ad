#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/alg.h"
#include "policy/policy.h"

#define DAY_S 86400
#define DAY_MINUTES 1440
#define OFFSET_HOURS_MAX 14
#define FEDERATED_MAX 200 /* bytes of a name ISSUER:SUBJECT */

static const char *const day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static char
fold(char c, bool is_caseless)
{
    return is_caseless && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
signumd_glob_match(const char *pattern, const char *text, bool is_caseless)
{
    const char *star = NULL; /* behind the last one, and what it has to take at least */
    const char *rest = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            rest = text;
        } else if (*pattern != '\0' &&
                   (*pattern == '?' || fold(*pattern, is_caseless) == fold(*text, is_caseless))) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++rest;
        } else {
            return false;
        }
    }
    pattern += strspn(pattern, "*");
    return *pattern == '\0';
}

/* An address as bytes, 4 or 16; IPv4 in IPv6 (RFC 4291 section 2.5.5.2) as IPv4. 0: none. */
static size_t
read_address(const char *text, uint8_t bytes_out[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (inet_pton(AF_INET, text, bytes_out) == 1)
        return 4;
    if (inet_pton(AF_INET6, text, bytes_out) != 1)
        return 0;
    if (memcmp(bytes_out, mapped, sizeof mapped) != 0)
        return 16;
    memmove(bytes_out, bytes_out + sizeof mapped, 4);
    return 4;
}

/* The network's length in bytes (0: it is none) and bits. No dots in IPv6. */
static size_t
read_network(const char *text, uint8_t bytes_out[16], size_t *bits_out)
{
    char address[64];
    const char *slash = strchr(text, '/');

    *bits_out = 0;
    if (slash == NULL || (size_t)(slash - text) >= sizeof address)
        return 0;
    (void)snprintf(address, sizeof address, "%.*s", (int)(slash - text), text);
    bool is_ipv6 = strchr(address, ':') != NULL;
    if (is_ipv6 && strchr(address, '.') != NULL)
        return 0;
    size_t digits = strspn(slash + 1, "0123456789");
    if (digits < 1 || digits > 3 || slash[1 + digits] != '\0' || (digits > 1 && slash[1] == '0'))
        return 0;
    *bits_out = (size_t)strtoul(slash + 1, NULL, 10);
    if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, bytes_out) != 1)
        return 0;
    size_t len = is_ipv6 ? 16 : 4;
    return *bits_out <= 8 * len ? len : 0;
}

bool
signumd_network_has(const char *network, const char *address)
{
    uint8_t base[16] = {0};
    uint8_t bytes[16] = {0};
    size_t bits = 0;
    size_t len = read_network(network, base, &bits);

    if (len == 0 || read_address(address, bytes) != len)
        return false;
    if (memcmp(base, bytes, bits / 8) != 0)
        return false;
    if (bits % 8 == 0)
        return true;
    uint8_t mask = (uint8_t)(0xff << (8 - bits % 8));
    return ((base[bits / 8] ^ bytes[bits / 8]) & mask) == 0;
}

/* Two digits; -1 if they are not. */
static int
read_two(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + (text[1] - '0');
}

bool
signumd_time_read(const char *text, int64_t *seconds_out)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    char again[32] = "";

    *seconds_out = 0;
    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i] != '\0'; i++)
        if (form[i] == 'd' ? (text[i] < '0' || text[i] > '9') : text[i] != form[i])
            return false;
    struct tm parts = {.tm_year = read_two(text) * 100 + read_two(text + 2) - 1900,
                       .tm_mon = read_two(text + 5) - 1,
                       .tm_mday = read_two(text + 8),
                       .tm_hour = read_two(text + 11),
                       .tm_min = read_two(text + 14),
                       .tm_sec = read_two(text + 17)};
    time_t seconds = timegm(&parts);
    /* timegm() makes the 31st of February one of March: only what comes back as it was is a date */
    if (strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0 ||
        strcmp(again, text) != 0)
        return false;
    *seconds_out = (int64_t)seconds;
    return true;
}

/* Minutes of "HH:MM" up to 24:00; -1 if it is not that. */
static int
read_clock(const char *text)
{
    int hour = read_two(text);

    if (hour < 0 || hour > 24 || text[2] != ':')
        return -1;
    int minute = read_two(text + 3);
    if (minute < 0 || minute > 59 || hour * 60 + minute > DAY_MINUTES)
        return -1;
    return hour * 60 + minute;
}

static bool
read_hours(const char *text, int *from_out, int *to_out)
{
    *from_out = -1;
    *to_out = -1;
    if (strlen(text) != strlen("HH:MM-HH:MM") || text[5] != '-')
        return false;
    *from_out = read_clock(text);
    *to_out = read_clock(text + 6);
    return *from_out >= 0 && *to_out >= 0 && *from_out != *to_out && *from_out < DAY_MINUTES;
}

static const char *
check_key(const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-*?";
    size_t len = strlen(text);

    if (len >= 1 && len <= SIGNUMD_NAME_MAX && strspn(text, allowed) == len)
        return NULL;
    return "must be the name of a key, in which * and ? stand for others";
}

/* The name of a user or group: a local one, or ISSUER:SUBJECT, without what globs are made of. */
static bool
is_person(const char *text)
{
    char local[SIGNUMD_NAME_MAX + 1];
    const char *colon = strchr(text, ':');

    if (colon == NULL)
        return signumd_name_is_valid(text);
    if ((size_t)(colon - text) >= sizeof local || strlen(text) > FEDERATED_MAX || colon[1] == '\0')
        return false;
    (void)snprintf(local, sizeof local, "%.*s", (int)(colon - text), text);
    for (const char *c = colon + 1; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || strchr("*?\"\\", *c) != NULL)
            return false;
    return signumd_name_is_valid(local);
}

static const char *
check_user(const char *text)
{
    return strcmp(text, "*") == 0 || is_person(text)
               ? NULL
               : "must be the name of a user, or * for every user";
}

static const char *
check_group(const char *text)
{
    return is_person(text) ? NULL : "must be the name of a group";
}

static const char *
check_key_group(const char *text)
{
    return signumd_name_is_valid(text) ? NULL : "must be the name of a group of keys";
}

static const char *
check_sha256(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64
               ? NULL
               : "must be a SHA-256 hash: 64 digits of 0-9 a-f";
}

static const char *
check_role(const char *text)
{
    enum signumd_role role = SIGNUMD_ROLE_SIGNER;

    return signumd_role_from_name(text, &role) ? NULL : "must be the name of a role";
}

static const char *
check_network(const char *text)
{
    uint8_t bytes[16];
    size_t bits = 0;

    return read_network(text, bytes, &bits) != 0 ? NULL : "must be a network: ADDRESS/BITS";
}

static const char *
check_glob(const char *text)
{
    return text[0] != '\0' ? NULL : "is empty";
}

static const char *
check_day(const char *text)
{
    for (size_t i = 0; i < sizeof day_names / sizeof day_names[0]; i++)
        if (strcmp(day_names[i], text) == 0)
            return NULL;
    return "must be mon, tue, wed, thu, fri, sat or sun";
}

static const char *
check_hours(const char *text)
{
    int from = 0;
    int to = 0;

    return read_hours(text, &from, &to) ? NULL : "must be HH:MM-HH:MM, two different times";
}

/* The fields of "+HH:MM". False if it is not that. */
static bool
read_offset(const char *text, int64_t *seconds_out)
{
    *seconds_out = 0;
    if (strlen(text) != strlen("+HH:MM") || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return false;
    int hours = read_two(text + 1);
    int minutes = read_two(text + 4);
    if (hours < 0 || hours > OFFSET_HOURS_MAX || minutes < 0 || minutes > 59)
        return false;
    *seconds_out = (int64_t)(hours * 60 + minutes) * 60 * (text[0] == '-' ? -1 : 1);
    return true;
}

int64_t
signumd_utc_offset(const char *text)
{
    int64_t seconds = 0;

    (void)read_offset(text, &seconds);
    return seconds;
}

static const char *
check_offset(const char *text)
{
    int64_t seconds = 0;

    return read_offset(text, &seconds) ? NULL : "must be an offset to UTC like +01:00";
}

static const char *
check_time(const char *text)
{
    int64_t seconds = 0;

    return signumd_time_read(text, &seconds) ? NULL : "must be a time like 2026-01-31T12:00:00Z";
}

static const char *
check_hash(const char *text)
{
    return signum_hash_by_wire(text) != NULL ? NULL : "is not a hash that is offered here";
}

static const char *
check_scheme(const char *text)
{
    return signum_scheme_by_wire(text) != NULL ? NULL : "is not a scheme that is offered here";
}

static bool
is_same(const char *text, const char *fact)
{
    return fact != NULL && strcmp(text, fact) == 0;
}

static bool
is_like(const char *text, const char *fact)
{
    return fact != NULL && signumd_glob_match(text, fact, true);
}

static bool
match_key(const char *text, const struct signumd_facts *facts)
{
    return signumd_glob_match(text, facts->key, false);
}

static bool
match_user(const char *text, const struct signumd_facts *facts)
{
    return strcmp(text, "*") == 0 || is_same(text, facts->user);
}

static bool
match_role(const char *text, const struct signumd_facts *facts)
{
    enum signumd_role role = SIGNUMD_ROLE_SIGNER;

    return signumd_role_from_name(text, &role) && (facts->roles & SIGNUMD_ROLE_BIT(role)) != 0;
}

static bool
is_one_of(const char *text, const struct signumd_texts *facts)
{
    return facts != NULL && signumd_texts_has(facts, text);
}

static bool
match_user_group(const char *text, const struct signumd_facts *facts)
{
    return is_one_of(text, facts->groups);
}

static bool
match_key_group(const char *text, const struct signumd_facts *facts)
{
    return is_one_of(text, facts->key_groups);
}

static bool
match_sha256(const char *text, const struct signumd_facts *facts)
{
    return facts->process_sha256 != NULL && strcasecmp(text, facts->process_sha256) == 0;
}

static bool
match_command_line(const char *text, const struct signumd_facts *facts)
{
    return is_like(text, facts->command_line);
}

static bool
match_always(const char *text, const struct signumd_facts *facts)
{
    (void)text;
    (void)facts;
    return true;
}

static bool
match_network(const char *text, const struct signumd_facts *facts)
{
    return facts->address != NULL && signumd_network_has(text, facts->address);
}

static bool
match_process(const char *text, const struct signumd_facts *facts)
{
    return is_like(text, facts->process);
}

static bool
match_machine(const char *text, const struct signumd_facts *facts)
{
    return is_like(text, facts->machine);
}

static bool
match_account(const char *text, const struct signumd_facts *facts)
{
    return is_like(text, facts->account);
}

/* 1970-01-01 was a Thursday. Times before are of no use here. */
static bool
match_day(const char *text, const struct signumd_facts *facts)
{
    return facts->time >= 0 && strcmp(text, day_names[(facts->time / DAY_S + 4) % 7]) == 0;
}

/* Hours that end before they begin go past midnight. */
static bool
match_hours(const char *text, const struct signumd_facts *facts)
{
    int from = 0;
    int to = 0;

    if (facts->time < 0 || !read_hours(text, &from, &to))
        return false;
    int now = (int)(facts->time % DAY_S / 60);
    return from < to ? now >= from && now < to : now >= from || now < to;
}

static bool
match_not_before(const char *text, const struct signumd_facts *facts)
{
    int64_t limit = 0;

    return signumd_time_read(text, &limit) && facts->time >= limit;
}

static bool
match_not_after(const char *text, const struct signumd_facts *facts)
{
    int64_t limit = 0;

    return signumd_time_read(text, &limit) && facts->time <= limit;
}

static bool
match_hash(const char *text, const struct signumd_facts *facts)
{
    return is_same(text, facts->hash);
}

static bool
match_scheme(const char *text, const struct signumd_facts *facts)
{
    return is_same(text, facts->scheme);
}

/* In the order of the document. */
static const struct signumd_part_info infos[SIGNUMD_PART_COUNT] = {
    {"what", "keys", "what.keys", false, false, check_key, match_key},
    {"what", "groups", "what.groups", false, false, check_key_group, match_key_group},
    {"who", "users", "who.users", false, false, check_user, match_user},
    {"who", "roles", "who.roles", false, false, check_role, match_role},
    {"who", "groups", "who.groups", false, false, check_group, match_user_group},
    {"where", "networks", "where.networks", false, false, check_network, match_network},
    {"where", "process", "where.process", false, true, check_glob, match_process},
    {"where", "process_sha256", "where.process_sha256", false, true, check_sha256, match_sha256},
    {"where", "command_line", "where.command_line", false, true, check_glob, match_command_line},
    {"where", "machine", "where.machine", false, true, check_glob, match_machine},
    {"where", "user", "where.user", false, true, check_glob, match_account},
    {"when", "days", "when.days", false, false, check_day, match_day},
    {"when", "hours", "when.hours", true, false, check_hours, match_hours},
    {"when", "utc_offset", "when.utc_offset", true, false, check_offset, match_always},
    {"when", "not_before", "when.not_before", true, false, check_time, match_not_before},
    {"when", "not_after", "when.not_after", true, false, check_time, match_not_after},
    {"conditions", "hashes", "conditions.hashes", false, true, check_hash, match_hash},
    {"conditions", "schemes", "conditions.schemes", false, true, check_scheme, match_scheme},
};

const struct signumd_part_info *
signumd_part_info(enum signumd_policy_part part)
{
    return &infos[part];
}
