// provider.mjs PACKAGES PORT CERT KEY CLIENT_KEYS: oidc-provider over TLS on this machine, for ways to sign in; "ready PORT"
// when it serves. CLIENT_KEYS is a JSON file: {"client": {"alg": "PS256", "pem": "public key"}}.
//
// Clients, their authentication, codes, PKCE, devices, rotation of refresh tokens and revocation are the provider's. Beside
// it stand what it does not have: a CI system that gives tokens to jobs (/ci), an exchange of them by RFC 8693 (/exchange),
// an issuer that answers for another one (/liar), /test/forge and /test/hits.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';

const [packages, port, cert, key, clientKeys] = process.argv.slice(2);
const { Provider } = await import(path.join(packages, 'node_modules/oidc-provider/lib/index.js'));

const base = `https://localhost:${port}`;
const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...pair.privateKey.export({ format: 'jwk' }), kid: `rs-${port}`, alg: 'RS256', use: 'sig' };

const basic = {
  client_secret: 'a secret: of the tests+', grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
  token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'RS256',
};
const signing = ([id, { alg, pem }]) => ({
  ...basic, client_id: id, client_secret: undefined, token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: alg,
  jwks: { keys: [{ ...crypto.createPublicKey(pem).export({ format: 'jwk' }), alg, use: 'sig', kid: 'one' }] },
});
const desk = {
  client_id: 'desk', application_type: 'native', token_endpoint_auth_method: 'none', response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  redirect_uris: ['http://127.0.0.1/'], id_token_signed_response_alg: 'RS256',
};

const provider = new Provider(base, {
  clients: [{ ...basic, client_id: 'agent' }, ...Object.entries(JSON.parse(fs.readFileSync(clientKeys))).map(signing), desk],
  jwks: { keys: [jwk] },
  pkce: { required: () => true, methods: ['S256'] },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // https://HOST/TTL/...: the tests say for whom and for how long
      getResourceServerInfo: (ctx, id) => {
        const url = new URL(id);
        return { scope: 'sign', audience: url.origin, accessTokenTTL: Number(url.pathname.split('/')[1]),
          accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
      },
      useGrantedResource: () => false,
    },
  },
});

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (text) => JSON.parse(Buffer.from(text, 'base64url'));

function forge(claims, typ) {
  const now = Math.floor(Date.now() / 1000);
  const data = `${encode({ alg: 'RS256', kid: jwk.kid, typ })}.${encode({ iat: now, exp: now + 600, jti: crypto.randomUUID(),
    ...claims })}`;
  return `${data}.${crypto.sign('sha256', Buffer.from(data), pair.privateKey).toString('base64url')}`;
}

const job = (audience) => ({ iss: `${base}/ci`, aud: audience, sub: 'repo:org/repo', repository: 'org/repo' });

// GitHub's kind of request: the job's own secret, and the audience in the address.
function jobToken(request, url) {
  if (request.headers.authorization !== 'Bearer job-secret') return [401, { message: 'no' }];
  return [200, { count: 1, value: forge(job(url.searchParams.get('audience')), 'JWT') }];
}

const form = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', client_id: 'desk',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token', audience: 'sign', scope: 'sign' };

// RFC 8693 section 2: every field as it must be, and a subject token of the CI system, not used before, that verifies.
const used = new Set();
function exchange(text) {
  const fields = Object.fromEntries(new URLSearchParams(text));
  const wrong = (error, words) => [400, { error, error_description: words }];
  for (const [name, value] of Object.entries(form)) {
    if (fields[name] !== value) return wrong('invalid_request', `${name} is ${fields[name]}`);
  }
  const [head, body, signature] = (fields.subject_token ?? '').split('.');
  if (!crypto.verify('sha256', Buffer.from(`${head}.${body}`), pair.publicKey, Buffer.from(signature ?? '', 'base64url'))) {
    return wrong('invalid_request', 'subject_token is not of the CI system');
  }
  const claims = decode(body);
  if (claims.iss !== `${base}/ci` || claims.exp < Date.now() / 1000) return wrong('invalid_grant', 'subject_token has expired');
  if (used.has(claims.jti)) return wrong('invalid_grant', 'subject_token was used before');
  used.add(claims.jti);
  const access = forge({ iss: base, aud: 'https://sign.example', sub: 'exchanged', client_id: 'desk' }, 'at+jwt');
  return [200, { access_token: access, issued_token_type: form.requested_token_type, token_type: 'Bearer', expires_in: 600 }];
}

const documents = {
  '/exchange/.well-known/openid-configuration': { issuer: `${base}/exchange`, token_endpoint: `${base}/exchange/token` },
  '/ci/.well-known/openid-configuration': { issuer: `${base}/ci`, jwks_uri: `${base}/jwks`,
    token_endpoint: `${base}/ci/token` },
  // another issuer's name in the browser's answer: the client must see that it is not the one it asked
  '/liar/.well-known/openid-configuration': { issuer: `${base}/liar`, token_endpoint: `${base}/token`,
    authorization_endpoint: `${base}/auth`, authorization_response_iss_parameter_supported: true },
};
const hits = {};

function answer(response, [status, body]) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

function withBody(request, done) {
  let text = '';
  request.on('data', (piece) => { text += piece; });
  request.on('end', () => done(text));
}

const handle = provider.callback();
https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }, (request, response) => {
  const url = new URL(request.url, base);
  hits[url.pathname] = (hits[url.pathname] ?? 0) + 1;
  if (url.pathname === '/test/hits') return answer(response, [200, hits]);
  if (url.pathname === '/test/job') return answer(response, jobToken(request, url));
  if (url.pathname === '/test/forge') {
    return withBody(request, (text) => answer(response, [200, forge({ ...job('sign'), ...JSON.parse(text) }, 'JWT')]));
  }
  if (url.pathname === '/exchange/token') return withBody(request, (text) => answer(response, exchange(text)));
  if (documents[url.pathname]) return answer(response, [200, documents[url.pathname]]);
  return handle(request, response);
}).listen(Number(port), '127.0.0.1', () => console.log(`ready ${port}`));
