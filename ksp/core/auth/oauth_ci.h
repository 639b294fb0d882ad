#ifndef SIGNUM_CORE_AUTH_OAUTH_CI_H
#define SIGNUM_CORE_AUTH_OAUTH_CI_H

#include "core/auth/oauth.h"

/*
 * The identity that a CI system gives to a job: a token that is nowhere stored (OpenID Connect ID
 * tokens of GitHub Actions, Forgejo, GitLab; token files of Azure and Kubernetes).
 */

/*
 * Gets the job's token into `token_out`; when it ends is read from its claim exp, which nobody
 * verifies here. `auto` takes the first system whose variables are set. SIGN_IN_REQUIRED, with what
 * was looked for in the cause, if there is none; or what the CI system's address says.
 */
enum signum_status signum_oauth_ci_token(const struct signum_auth_env *env,
                                         const struct signum_budget *budget,
                                         struct signum_token *token_out,
                                         struct signum_buf *cause) SIGNUM_MUST_USE;

/*
 * Appends what makes the job's identity, before any token of it is had: two jobs on one machine
 * never share a token.
 */
void signum_oauth_ci_put_identity(const struct signum_auth_env *env, struct signum_buf *out);

#endif
