// SPDX-License-Identifier: MIT
// A double of the server of Bitwarden (or Vaultwarden, whose interface is the same) for one account: what the official
// program `bw` asks when it logs in and reads a vault. What it sends is really encrypted, as the security white paper of
// Bitwarden says (PBKDF2, HKDF, AES-256-CBC with HMAC-SHA256), so that the program really decrypts. Not that server
// itself.
//
//   node bitwarden_double.mjs DIRECTORY
//
// DIRECTORY has account.json: {"email", "password", "folders": ["name"], "items": [...]}, items as in sealedItem() below,
// and key.pem and certificate.pem for localhost. The file is read anew by each request, so that a test can change the vault. The first
// line of the output is the port. Ends with its standard input.

import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';

const directory = process.argv[2];
const account = () => JSON.parse(fs.readFileSync(path.join(directory, 'account.json'), 'utf8'));
const { email, password } = account();

const iterations = 600_000;
const userId = '5b1f6d0e-0000-4000-8000-000000000001';
const epoch = '2026-01-01T00:00:00.000Z';

// --- Keys -------------------------------------------------------------------------------------------------------------

/** One block of HKDF-Expand (RFC 5869, section 2.3). */
function expanded(key, purpose) {
    return crypto.createHmac('sha256', key).update(purpose).update(Buffer.of(1)).digest();
}

/** An encrypted text of type 2: "2.nonce|ciphertext|code". */
function sealed(content, { cipherKey, codeKey }) {
    const nonce = crypto.randomBytes(16);
    const cipher = crypto.createCipheriv('aes-256-cbc', cipherKey, nonce);
    const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
    const code = crypto.createHmac('sha256', codeKey).update(nonce).update(ciphertext).digest();
    return '2.' + [nonce, ciphertext, code].map((part) => part.toString('base64')).join('|');
}

const masterKey = crypto.pbkdf2Sync(password, email.toLowerCase(), iterations, 32, 'sha256');
const passwordHash = crypto.pbkdf2Sync(masterKey, password, 1, 32, 'sha256').toString('base64');
const stretched = { cipherKey: expanded(masterKey, 'enc'), codeKey: expanded(masterKey, 'mac') };
const userKey = crypto.randomBytes(64);
const vaultKeys = { cipherKey: userKey.subarray(0, 32), codeKey: userKey.subarray(32) };
const sealedUserKey = sealed(userKey, stretched);
const pair = crypto.generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
});
const sealedPrivateKey = sealed(pair.privateKey, vaultKeys);

const sealedText = (text) => (text === undefined || text === null ? null : sealed(Buffer.from(text), vaultKeys));

// --- What the program is told -----------------------------------------------------------------------------------------

const kdf = { kdfType: 0, iterations, memory: null, parallelism: null };
const unlocking = {
    kdf,
    masterKeyEncryptedUserKey: sealedUserKey,
    masterKeyWrappedUserKey: sealedUserKey,
    salt: email.toLowerCase(),
};
const accountKeys = {
    publicKeyEncryptionKeyPair: {
        wrappedPrivateKey: sealedPrivateKey,
        publicKey: pair.publicKey.toString('base64'),
        signedPublicKey: null,
    },
    signatureKeyPair: null,
    securityState: null,
};

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token whose signature nobody looks at. */
function accessToken() {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
        iss: 'https://localhost/identity', sub: userId, email, email_verified: true, name: 'Jobs', premium: false,
        nbf: now - 5, exp: now + 3600, scope: ['api', 'offline_access'], amr: ['Application'], sstamp: 'stamp',
        device: 'device',
    };
    return [part({ alg: 'none', typ: 'JWT' }), part(claims), 'c2lnbmF0dXJl'].join('.');
}

function tokenAnswer(form) {
    const isRefresh = form.get('grant_type') === 'refresh_token';
    const isRight = form.get('username') === email && form.get('password') === passwordHash;
    if (!isRefresh && !isRight)
        return [400, { error: 'invalid_grant', ErrorModel: { Message: 'Username or password is incorrect.' } }];
    return [200, {
        access_token: accessToken(), expires_in: 3600, token_type: 'Bearer', refresh_token: 'refresh',
        scope: 'api offline_access', Key: sealedUserKey, PrivateKey: sealedPrivateKey, AccountKeys: accountKeys,
        Kdf: 0, KdfIterations: iterations, KdfMemory: null, KdfParallelism: null, ForcePasswordReset: false,
        ResetMasterPassword: false, MasterPasswordPolicy: null,
        UserDecryptionOptions: { HasMasterPassword: true, MasterPasswordUnlock: unlocking },
    }];
}

const profile = () => ({
    object: 'profile', id: userId, name: 'Jobs', email, emailVerified: true, premium: false,
    premiumFromOrganization: false, culture: 'en-US', twoFactorEnabled: false, key: sealedUserKey,
    privateKey: sealedPrivateKey, accountKeys, securityStamp: 'stamp', forcePasswordReset: false,
    usesKeyConnector: false, organizations: [], providers: [], providerOrganizations: [], avatarColor: null,
    creationDate: epoch, verifyDevices: false,
});

const folderId = (index) => `5b1f6d0e-0000-4000-8000-00000000010${index}`;

/** {"name", "folder", "username", "password", "uri", "notes", "fields": [{"name", "value", "type"}], "deleted"} */
function sealedItem(item, index, folders) {
    const login = {
        username: sealedText(item.username), password: sealedText(item.password), totp: null,
        uris: item.uri ? [{ uri: sealedText(item.uri), match: null, uriChecksum: null }] : null,
        passwordRevisionDate: null, autofillOnPageLoad: null, fido2Credentials: null,
    };
    const fields = (item.fields ?? []).map((field) => ({
        name: sealedText(field.name), value: sealedText(field.value), type: field.type, linkedId: null,
    }));
    return {
        object: 'cipherDetails', id: `5b1f6d0e-0000-4000-8000-00000000020${index}`, type: 1, organizationId: null,
        folderId: item.folder === undefined ? null : folderId(folders.indexOf(item.folder)), name: sealedText(item.name),
        notes: sealedText(item.notes), login, fields, favorite: false, edit: true, viewPassword: true,
        organizationUseTotp: false, reprompt: 0, revisionDate: new Date().toISOString(), creationDate: epoch,
        deletedDate: item.deleted ? epoch : null, key: null, collectionIds: [], attachments: null,
        passwordHistory: null, permissions: { delete: true, restore: true }, data: null,
    };
}

function vault() {
    const { folders = [], items = [] } = account();
    return {
        object: 'sync', profile: profile(), collections: [], policies: [], sends: [],
        folders: folders.map((name, i) => ({ object: 'folder', id: folderId(i), name: sealedText(name), revisionDate: epoch })),
        ciphers: items.map((item, i) => sealedItem(item, i, folders)),
        domains: { object: 'domains', equivalentDomains: [], globalEquivalentDomains: [] },
        userDecryption: { masterPasswordUnlock: unlocking },
    };
}

const configuration = {
    object: 'config', version: '2026.6.0', gitHash: 'double', server: null, featureStates: {},
    environment: { vault: null, api: null, identity: null, notifications: null, sso: null },
    settings: { disableUserRegistration: true },
};

// --- The server -------------------------------------------------------------------------------------------------------

/** [status, answer] */
function answerTo(place, body, authorization) {
    if (place.endsWith('/prelogin') || place.endsWith('/prelogin/password'))
        return [200, { kdf: 0, kdfIterations: iterations, kdfMemory: null, kdfParallelism: null, kdfSettings: kdf, salt: email.toLowerCase() }];
    if (place === '/identity/connect/token') return tokenAnswer(new URLSearchParams(body));
    if (place === '/api/config') return [200, configuration];
    if (!authorization.startsWith('Bearer ')) return [401, { message: 'Unauthorized' }];
    if (place === '/api/sync') return [200, vault()];
    if (place === '/api/accounts/profile') return [200, profile()];
    if (place === '/api/accounts/revision-date') return [200, Date.now()];
    return [404, { message: 'Not found' }];
}

const tls = {
    key: fs.readFileSync(path.join(directory, 'key.pem')),
    cert: fs.readFileSync(path.join(directory, 'certificate.pem')),
};
const server = https.createServer(tls, (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
        const place = request.url.split('?')[0];
        const [status, answer] = answerTo(place, Buffer.concat(chunks).toString(), request.headers.authorization ?? '');
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
    });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
