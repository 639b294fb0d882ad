#include "draft.h"

#include <string.h>

enum signum_status
signum_draft_init(struct signum_draft *draft_out, const char *cng)
{
    size_t count;
    const struct signum_alg *algs = signum_alg_all(&count);

    memset(draft_out, 0, sizeof *draft_out);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(algs[i].cng, cng) == 0) {
            draft_out->alg = &algs[i];
            draft_out->bits = algs[i].bits_default;
            return SIGNUM_OK;
        }
        if (strcmp(algs[i].cng_group, cng) == 0)
            draft_out->has_free_curve = true;
    }
    return draft_out->has_free_curve ? SIGNUM_OK : SIGNUM_NOT_SUPPORTED;
}

static void
choose(struct signum_draft *draft, const struct signum_alg *alg)
{
    draft->alg = alg;
    draft->bits = alg->bits_default;
}

enum signum_status
signum_draft_set_bits(struct signum_draft *draft, uint32_t bits)
{
    size_t count;
    const struct signum_alg *algs = signum_alg_all(&count);

    if (!draft->has_free_curve) {
        if (!signum_alg_has_bits(draft->alg, bits))
            return SIGNUM_NOT_SUPPORTED;
        draft->bits = bits;
        return SIGNUM_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (algs[i].family != SIGNUM_FAMILY_ECDSA || !signum_alg_has_bits(&algs[i], bits))
            continue;
        choose(draft, &algs[i]);
        return SIGNUM_OK;
    }
    return SIGNUM_NOT_SUPPORTED;
}

/* Both are ASCII, whatever the program's locale. */
static bool
is_same_name(const char *a, const char *b)
{
    for (; *a != 0 && *b != 0; a++, b++) {
        char left = *a >= 'A' && *a <= 'Z' ? (char)(*a - 'A' + 'a') : *a;
        char right = *b >= 'A' && *b <= 'Z' ? (char)(*b - 'A' + 'a') : *b;
        if (left != right)
            return false;
    }
    return *a == *b;
}

enum signum_status
signum_draft_set_curve(struct signum_draft *draft, const char *cng_curve)
{
    size_t count;
    const struct signum_alg *algs = signum_alg_all(&count);

    for (size_t i = 0; i < count; i++) {
        if (algs[i].cng_curve == NULL || !is_same_name(algs[i].cng_curve, cng_curve))
            continue;
        if (!draft->has_free_curve && draft->alg != &algs[i])
            return SIGNUM_NOT_SUPPORTED;
        choose(draft, &algs[i]);
        return SIGNUM_OK;
    }
    return SIGNUM_NOT_SUPPORTED;
}
