#ifndef SIGNUM_NEGATIVE_NEGATIVE_H
#define SIGNUM_NEGATIVE_NEGATIVE_H

#include "signum/ksp_abi.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The negative suite: each row of cases.def is a good call of one entry with one thing changed.
 * good.c makes the good call, the row changes it, run_row.c makes the call, looks at the result
 * and at every output, and then makes the good call again.
 */

enum entry {
#define ENTRY(name) ENTRY_##name,
#include "entries.def"
#undef ENTRY
    ENTRY_COUNT
};

/* By which way a row makes sense: by any, or only by the DLL's own table, because ncrypt.dll keeps
   the value to itself. */
enum way { WAY_ANY, WAY_TABLE };

enum world_key { RSA2048, RSA3072, RSA4096, P256, P384, P521, WORLD_KEYS };

#define BUFFER_LEN 4096
#define TEXT_CCH 600
#define LARGE_LEN (NCRYPT_MAX_PROPERTY_DATA + 1)

/* What a row finds: made once, before the first row. */
struct world {
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_PROV_HANDLE other_provider;
    NCRYPT_PROV_HANDLE freed_provider;
    NCRYPT_KEY_HANDLE keys[WORLD_KEYS];
    NCRYPT_KEY_HANDLE other_key; /* opened under the other provider */
    NCRYPT_KEY_HANDLE freed_key;
    NCRYPT_KEY_HANDLE bare_key;     /* has no certificate */
    NCRYPT_KEY_HANDLE disabled_key; /* P-256 */
    BYTE *large;             /* LARGE_LEN zero bytes */
    NCryptKeyName *item;     /* of an enumeration that is going on */
    PVOID state;             /* its state */
    PVOID ended_state;       /* of one that came to its end */
    PVOID freed_item;        /* addresses that were FreeBuffer's once */
    PVOID freed_state;
    BYTE signatures[WORLD_KEYS][512]; /* of `digest`; RSA by PKCS#1 with SHA-256 */
};

/* Where outputs go; poisoned before each call. */
struct outputs {
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    NCRYPT_SECRET_HANDLE secret;
    HANDLE event;
    DWORD len;
    DWORD count;
    NCryptAlgorithmName *list;
    NCryptKeyName *item;
    PVOID state; /* in and out */
    BYTE buffer[BUFFER_LEN];
};

/*
 * The arguments of one call, under Microsoft's names; entries that say the same thing by another
 * name share a field (hProv is hProvider, hSubjectKey and hPrivKey are hKey, and so on).
 */
struct call {
    NCRYPT_PROV_HANDLE hProvider;
    NCRYPT_PROV_HANDLE *phProvider;
    LPCWSTR pszProviderName;
    NCRYPT_KEY_HANDLE hKey;
    NCRYPT_KEY_HANDLE *phKey;
    NCRYPT_KEY_HANDLE hOtherKey; /* hExportKey, hImportKey, hPubKey, hAuthorityKey */
    LPCWSTR pszKeyName;
    LPCWSTR pszAlgId;
    LPCWSTR pszProperty;
    LPCWSTR pszBlobType;
    LPCWSTR pszScope;
    LPCWSTR pszOperation; /* and pwszKDF */
    DWORD dwLegacyKeySpec;
    DWORD dwAlgClass;
    DWORD dwClaimType;
    DWORD dwFlags;
    PBYTE pbInput; /* pbHashValue, pbData */
    DWORD cbInput;
    PBYTE pbOutput; /* pbSignature, pbDerivedKey, pbClaimBlob */
    DWORD cbOutput;
    DWORD *pcbResult;
    VOID *pPaddingInfo;
    NCryptBufferDesc *pParameterList;
    DWORD *pdwAlgCount;
    NCryptAlgorithmName **ppAlgList;
    NCryptKeyName **ppKeyName;
    PVOID *ppEnumState;
    PVOID pvInput;
    HANDLE *phEvent;
    NCRYPT_SECRET_HANDLE hSharedSecret;
    NCRYPT_SECRET_HANDLE *phAgreedSecret;

    struct outputs out;
    /* made for this call, and let go of after it */
    NCRYPT_PROV_HANDLE fresh_provider;
    NCRYPT_KEY_HANDLE fresh_key;
    NCRYPT_PROV_HANDLE fresh_under;
    PVOID fresh_buffer;
    /* room for what the arguments point to */
    BCRYPT_PKCS1_PADDING_INFO pkcs1;
    BCRYPT_PSS_PADDING_INFO pss;
    WCHAR text[TEXT_CCH];
    BYTE data[BUFFER_LEN];
    NCryptBufferDesc parameters; /* empty, unless a row says otherwise */
    NCryptBuffer nonce;

    /* what is expected */
    SECURITY_STATUS good_status; /* of the good call */
    unsigned good_requests;      /* that the good call makes */
    unsigned requests;           /* that this row's call makes */
    DWORD need;                  /* what *pcbResult says if the buffer is too small */
    DWORD *bits_in;              /* NULL, or what takes each bit of `bits` in turn */
    DWORD bits;
};

/* What a row says of itself; the same words stand in docs/rejected-values.md. */
struct row {
    enum way way;
    enum entry entry;
    const char *entry_name;
    const char *parameter;
    const char *words;
    SECURITY_STATUS status;
};

/* ---- rows.c ---- */
extern const struct row rows[];
extern const size_t row_count;
/* Does to the good call what the row says. */
void row_apply(size_t index, struct call *c, struct world *w);

/* ---- row_help.c: what rows are written with ---- */
LPCWSTR text_of(struct call *c, WCHAR character, size_t cch); /* that many of it */
LPCWSTR text_copy(struct call *c, LPCWSTR text);
void each_bit(struct call *c, DWORD *where, DWORD bits);
void narrow(struct call *c, DWORD len, DWORD need); /* the output buffer has only `len` bytes */
void use_key(struct call *c, struct world *w, enum world_key key);
/* Signing and verifying: RSA with PKCS#1 or PSS, ECDSA. */
void pkcs1(struct call *c, LPCWSTR hash, DWORD digest_len);
void pss(struct call *c, LPCWSTR hash, DWORD digest_len, DWORD salt_len);
void ecdsa(struct call *c, DWORD digest_len);
void property(struct call *c, LPCWSTR name, DWORD need);
void set_number(struct call *c, LPCWSTR name, DWORD value);
void set_text(struct call *c, LPCWSTR name, LPCWSTR text);
/* A key that CreatePersistedKey has described and nobody has made. */
void use_draft(struct call *c, struct world *w, LPCWSTR algorithm);
void set_certificate_of(struct call *c, struct world *w, enum world_key key);
void use_nonce(struct call *c);
void narrow_claim(struct call *c); /* asks for the size, and gives a byte less */

/* ---- world.c ---- */
bool world_open(struct world *w);
void world_close(struct world *w);

/* ---- good.c ---- */
/* A call of the entry as a caller would make it. Outputs are poisoned. */
void good_prepare(enum entry entry, struct call *c, struct world *w);
/* Makes the call by the function table. */
SECURITY_STATUS good_run(enum entry entry, struct call *c);
/* Lets go of what a call or its preparation made. */
void good_finish(struct call *c, SECURITY_STATUS status);

/* ---- outputs.c ---- */
void outputs_poison(struct outputs *out);
/* NULL if all outputs are as a call that failed with `status` must leave them, or what is not. */
const char *outputs_fault(const struct call *c, SECURITY_STATUS status);

/* ---- run_row.c ---- */
/* One line of result. Adds to the number of requests that were due. */
void row_run(size_t index, struct world *w, unsigned *requests);

/* ---- bugs.c: what has no place in the table ---- */
void bugs_run(void);

#endif
