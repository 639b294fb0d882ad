#include "negative.h"

#include <string.h>
#include <wchar.h>

#include "../integration/ksp.h"

/* "NCryptCreateClaim function": mingw-w64 lacks it. */
#ifndef NCRYPTBUFFER_CLAIM_KEYATTESTATION_NONCE
#define NCRYPTBUFFER_CLAIM_KEYATTESTATION_NONCE 49
#endif

LPCWSTR
text_of(struct call *c, WCHAR character, size_t cch)
{
    wmemset(c->text, character, cch);
    c->text[cch] = 0;
    return c->text;
}

LPCWSTR
text_copy(struct call *c, LPCWSTR text)
{
    wcsncpy(c->text, text, TEXT_CCH - 1);
    c->text[TEXT_CCH - 1] = 0;
    return c->text;
}

void
each_bit(struct call *c, DWORD *where, DWORD bits)
{
    c->bits_in = where;
    c->bits = bits;
}

void
narrow(struct call *c, DWORD len, DWORD need)
{
    c->cbOutput = len;
    c->need = need;
}

void
use_key(struct call *c, struct world *w, enum world_key key)
{
    c->hKey = w->keys[key];
    c->need = test_keys[key].signature_len;
    c->cbOutput = c->need;
    if (test_keys[key].field_len != 0)
        ecdsa(c, 32);
}

void
pkcs1(struct call *c, LPCWSTR hash, DWORD digest_len)
{
    c->pkcs1.pszAlgId = hash;
    c->pPaddingInfo = &c->pkcs1;
    c->dwFlags = BCRYPT_PAD_PKCS1;
    c->cbInput = digest_len;
}

void
pss(struct call *c, LPCWSTR hash, DWORD digest_len, DWORD salt_len)
{
    c->pss.pszAlgId = hash;
    c->pss.cbSalt = salt_len;
    c->pPaddingInfo = &c->pss;
    c->dwFlags = BCRYPT_PAD_PSS;
    c->cbInput = digest_len;
}

void
ecdsa(struct call *c, DWORD digest_len)
{
    c->pPaddingInfo = NULL;
    c->dwFlags = 0;
    c->cbInput = digest_len;
}

void
property(struct call *c, LPCWSTR name, DWORD need)
{
    c->pszProperty = name;
    c->need = need;
    c->cbOutput = need == 0 ? BUFFER_LEN : need - 1;
}

void
set_number(struct call *c, LPCWSTR name, DWORD value)
{
    c->pszProperty = name;
    memcpy(c->data, &value, sizeof value);
    c->pbInput = c->data;
    c->cbInput = sizeof value;
}

void
set_text(struct call *c, LPCWSTR name, LPCWSTR text)
{
    c->pszProperty = name;
    c->cbInput = (DWORD)((wcslen(text) + 1) * sizeof *text);
    memcpy(c->data, text, c->cbInput);
    c->pbInput = c->data;
}

void
use_draft(struct call *c, struct world *w, LPCWSTR algorithm)
{
    if (c->fresh_key != 0)
        ksp->FreeKey(c->fresh_under, c->fresh_key);
    c->fresh_key = 0;
    c->fresh_under = w->provider;
    ksp->CreatePersistedKey(w->provider, &c->fresh_key, algorithm, L"new-key", 0, 0);
    c->hKey = c->fresh_key;
}

void
set_certificate_of(struct call *c, struct world *w, enum world_key key)
{
    c->pszProperty = NCRYPT_CERTIFICATE_PROPERTY;
    ksp->GetKeyProperty(w->provider, w->keys[key], NCRYPT_CERTIFICATE_PROPERTY, c->data,
                        sizeof c->data, &c->cbInput, 0);
    c->pbInput = c->data;
}

void
use_nonce(struct call *c)
{
    c->nonce.BufferType = NCRYPTBUFFER_CLAIM_KEYATTESTATION_NONCE;
    c->nonce.cbBuffer = 16;
    c->nonce.pvBuffer = c->data;
    c->parameters.ulVersion = NCRYPTBUFFER_VERSION;
    c->parameters.cBuffers = 1;
    c->parameters.pBuffers = &c->nonce;
    c->pParameterList = &c->parameters;
}

/* The handle keeps the answer for the good call, which then costs no request of its own. */
void
narrow_claim(struct call *c)
{
    ksp->CreateClaim(c->hProvider, c->hKey, 0, c->dwClaimType, NULL, NULL, 0, &c->need, 0);
    c->cbOutput = c->need - 1;
}
