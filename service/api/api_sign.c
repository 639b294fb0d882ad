#include "api/api.h"
#include "signing/signing.h"

static void
sign(void *context)
{
    struct signumd_signing *signing = context;

    if (signumd_signing_check_limits(signing) && signumd_signing_check_key(signing) &&
        signumd_signing_demands(signing) && signumd_signing_approval(signing))
        signumd_signing_sign(signing);
}

void
signumd_api_sign(struct signumd_request *request)
{
    struct signumd_signing signing;

    signumd_signing_init(&signing, request);
    if (signumd_sign_request_read(request, &signing.sign) && signumd_signing_admit(&signing)) {
        signing.name = (struct signumd_idempotency_name){
            request->user.name, signing.key.id, signing.sign.idempotency_key};
        (void)signumd_request_run_once(
            request, &signing.name, signing.sign.body_sha256, sign, &signing);
    }
    signumd_signing_clear(&signing);
}
