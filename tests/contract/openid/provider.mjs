// SPDX-License-Identifier: MIT
// A certified provider of OpenID Connect (the package oidc-provider) on the loopback, as a test needs it: two people,
// two clients, and the plain forms of that package for sign-in and consent, which take any password.
//
//   node provider.mjs REDIRECT
//
// REDIRECT is the address that both clients send people back to. The first line of the output is the issuer. Ends with
// its standard input.

import crypto from 'node:crypto';
import http from 'node:http';

// The first line is the test's; the package has notices for its standard output.
console.info = console.warn;
const { Provider } = await import('../../npm/node_modules/oidc-provider/lib/index.js');

const redirect = process.argv[2];
const people = {
    'person-1': { email: 'alice@example.com', email_verified: true, name: 'Alice' },
    'person-2': { email: 'alice@example.com', email_verified: false, name: 'Mallory' },
};
const key = (type, options, alg) => ({
    ...crypto.generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig',
});
const client = (name, metadata) => ({
    client_id: name, redirect_uris: [redirect], grant_types: ['authorization_code'], response_types: ['code'],
    ...metadata,
});

function configuration() {
    return {
        clients: [
            // The secret has characters that must be encoded before the header is (RFC 6749, section 2.3.1).
            client('office', { client_secret: 's:cr+t/ %41', token_endpoint_auth_method: 'client_secret_basic' }),
            client('public', { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'ES256' }),
        ],
        jwks: { keys: [key('rsa', { modulusLength: 2048 }, 'RS256'), key('ec', { namedCurve: 'P-256' }, 'ES256')] },
        findAccount: (context, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
        // The strict reading of OpenID Connect Core 5.4: the address is told at the UserInfo endpoint only.
        conformIdTokenClaims: true,
        pkce: { required: () => true },
        cookies: { keys: [crypto.randomBytes(32).toString('hex')] },
        features: { devInteractions: { enabled: true } },
        ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    };
}

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    server.on('request', new Provider(issuer, configuration()).callback());
    console.log(issuer);
});
process.stdin.on('end', () => process.exit(0)).resume();
