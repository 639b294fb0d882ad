// provider.mjs PACKAGES PORT CERT KEY: oidc-provider over TLS on this machine; "ready PORT" when it serves.
//
// What the provider is asked for comes from it: metadata, keys, tokens of the grant client_credentials as JWTs. Beside it
// stand three places for the tests: /test/forge signs what the provider never would, /test/hits counts requests for the
// keys, and metadata of further issuers that share the keys.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';

const [packages, port, cert, key] = process.argv.slice(2);
const { Provider } = await import(path.join(packages, 'node_modules/oidc-provider/lib/index.js'));

function make(kid, alg, type, options) {
  const { privateKey, publicKey } = crypto.generateKeyPairSync(type, options);
  const round = crypto.randomBytes(4).toString('hex');
  return { alg, privateKey, publicKey, jwk: { ...privateKey.export({ format: 'jwk' }), kid: `${kid}-${round}`, alg, use: 'sig' } };
}

const keys = {
  RS256: make('rs', 'RS256', 'rsa', { modulusLength: 2048 }),
  PS256: make('ps', 'PS256', 'rsa', { modulusLength: 2048 }),
  ES256: make('es', 'ES256', 'ec', { namedCurve: 'P-256' }),
  foreign: make('foreign', 'RS256', 'rsa', { modulusLength: 2048 }), // not among those published
};
const base = `https://localhost:${port}`;
const resource = (id) => id.split('#')[0];

const provider = new Provider(base, {
  clients: ['alice', 'auditor-eve'].map((id) => ({
    client_id: id, client_secret: 'a secret of the tests', grant_types: ['client_credentials'], redirect_uris: [],
    response_types: [], id_token_signed_response_alg: 'RS256',
  })),
  jwks: { keys: [keys.RS256, keys.PS256, keys.ES256].map((k) => k.jwk) },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // https://sign.example/ALG/TTL: the tests say with which algorithm and for how long
      getResourceServerInfo: (ctx, id) => {
        const [, , , alg, ttl] = resource(id).split('/');
        return { scope: 'sign', audience: 'https://sign.example', accessTokenTTL: Number(ttl), accessTokenFormat: 'jwt',
          jwt: { sign: { alg } } };
      },
    },
  },
  extraTokenClaims: () => ({ groups: ['red', 'blue'], tier: 3 }),
});

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// {key, alg, header, claims, spoil}: any header over any claims, signed with any of the keys.
function forge(wish) {
  const used = keys[wish.key ?? 'RS256'];
  const alg = wish.alg ?? used.alg;
  const header = { alg, kid: used.jwk.kid, typ: 'at+jwt', ...wish.header };
  for (const name of Object.keys(header)) if (header[name] === null) delete header[name];
  const data = `${encode(header)}.${encode(wish.claims)}`;
  let signature = Buffer.alloc(0);
  if (alg === 'HS256') {
    const secret = used.publicKey.export({ type: 'spki', format: 'pem' });
    signature = crypto.createHmac('sha256', secret).update(data).digest();
  } else if (alg.startsWith('PS')) {
    signature = crypto.sign('sha256', Buffer.from(data), { key: used.privateKey, padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32 });
  } else if (alg !== 'none') {
    signature = crypto.sign('sha256', Buffer.from(data), { key: used.privateKey, dsaEncoding: 'ieee-p1363' });
  }
  return `${data}.${signature.toString('base64url')}`;
}

const metadata = {
  '/ci/.well-known/openid-configuration': { issuer: `${base}/ci`, jwks_uri: `${base}/jwks` },
  '/.well-known/oauth-authorization-server/oauth': { issuer: `${base}/oauth`, jwks_uri: `${base}/jwks` },
  '/liar/.well-known/openid-configuration': { issuer: `${base}/ci`, jwks_uri: `${base}/jwks` },
  '/plain/.well-known/openid-configuration': { issuer: `${base}/plain`, jwks_uri: `http://localhost:${port}/jwks` },
  '/empty/.well-known/openid-configuration': { issuer: `${base}/empty`, jwks_uri: `${base}/empty/jwks` },
  '/empty/jwks': { keys: [] },
  '/huge/.well-known/openid-configuration': { issuer: `${base}/huge`, jwks_uri: `${base}/jwks`, more: 'x'.repeat(70000) },
};
const hits = {};

function answer(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

const handle = provider.callback();
https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }, (request, response) => {
  hits[request.url] = (hits[request.url] ?? 0) + 1;
  if (request.url === '/test/hits') return answer(response, 200, hits);
  if (metadata[request.url]) return answer(response, 200, metadata[request.url]);
  if (request.url !== '/test/forge') return handle(request, response);
  let text = '';
  request.on('data', (piece) => { text += piece; });
  request.on('end', () => answer(response, 200, forge(JSON.parse(text))));
}).listen(Number(port), '127.0.0.1', () => console.log(`ready ${port}`));
