// SPDX-License-Identifier: MIT
// Holds answers of the REST API against its description (OpenAPI 3.1), with validators that others wrote.
//
//   node check.mjs DESCRIPTION [EXCHANGES]
//
// Each exchange is {operation, how, status, headers: [[name, value]], body}. Prints every complaint on a line of its own;
// the exit code is 1 when there is one.

import { readFileSync } from 'node:fs';

const packages = '../../npm/node_modules';
const { Validator } = await import(`${packages}/@seriousme/openapi-schema-validator/index.js`);
const { default: Ajv2020 } = await import(`${packages}/ajv/dist/2020.js`);
const { default: addFormats } = await import(`${packages}/ajv-formats/dist/index.js`);

// What needs more than this test has, and who tries it instead.
const tried_elsewhere = new Map([
    ['session:openid-return 302', 'tests/contract/openid signs in at a real provider'],
]);

const complaints = [];
const complain = (text) => complaints.push(text);
const finish = () => {
    for (const text of complaints) console.log(text);
    process.exit(complaints.length === 0 ? 0 : 1);
};

const [descriptionFile, exchangesFile] = process.argv.slice(2);
const description = JSON.parse(readFileSync(descriptionFile, 'utf8'));
const validity = await new Validator().validate(structuredClone(description));
if (!validity.valid) {
    complain(`the description is not valid: ${JSON.stringify(validity.errors, null, 1).slice(0, 4000)}`);
    finish();
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(description, 'description');
const escaped = (part) => part.replaceAll('~', '~0').replaceAll('/', '~1');
const validators = new Map();
// The schema at a path of the description: errors of a value; none: it fits.
const errorsAt = (path, value) => {
    const place = path.map(escaped).map(encodeURIComponent).join('/');
    if (!validators.has(place)) validators.set(place, ajv.compile({ $ref: `description#/${place}` }));
    const validate = validators.get(place);
    return validate(value) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message}`);
};
// What is at a path, behind references, and the path where it really stands.
const resolved = (path) => {
    const at = path.reduce((node, part) => node?.[part], description);
    if (at?.$ref === undefined) return { node: at, path };
    return resolved(at.$ref.slice(2).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')));
};
// The members that a schema names; null: it may have others that nobody can name.
const membersOf = (path) => {
    const { node, path: place } = resolved(path);
    if (node.allOf) {
        const parts = node.allOf.map((_, i) => membersOf([...place, 'allOf', String(i)]));
        return parts.includes(null) ? null : parts.flat();
    }
    return node.properties === undefined ? null : Object.keys(node.properties);
};

const operations = new Map();
for (const [path, item] of Object.entries(description.paths))
    for (const [method, operation] of Object.entries(item)) {
        if (operations.has(operation.operationId)) complain(`${operation.operationId}: two operations are called so`);
        operations.set(operation.operationId, { operation, place: ['paths', path, method], seen: new Set(), headers: new Set() });
    }

// Examples fit their schemas, and every tag is explained.
const tags = new Set(description.tags.map((tag) => tag.name));
for (const [id, { operation, place }] of operations) {
    for (const tag of operation.tags) if (!tags.has(tag)) complain(`${id}: the tag ${tag} is not explained`);
    const holders = Object.keys(operation.responses).map((status) => [...place, 'responses', status]);
    if (operation.requestBody) holders.push([...place, 'requestBody']);
    for (const holder of holders) {
        const { node, path } = resolved(holder);
        for (const [type, media] of Object.entries(node.content ?? {})) {
            if (holder.at(-1) === '200' && type === 'application/json' && membersOf([...path, 'content', type, 'schema']) === null
                && id !== 'openapi:get')
                complain(`${id}: its answer is not described (src/api/openapi/hand_made_answers.cpp)`);
            if (media.example === undefined) {
                if (type.endsWith('json') && media.schema.properties) complain(`${path.join(' ')}: there is no example`);
                continue;
            }
            for (const error of errorsAt([...path, 'content', type, 'schema'], media.example))
                complain(`${id}, ${holder.at(-1)}, ${type}: the example does not fit: ${error}`);
        }
    }
    for (const [i, parameter] of (operation.parameters ?? []).entries())
        if (parameter.example !== undefined)
            for (const error of errorsAt([...place, 'parameters', String(i), 'schema'], parameter.example))
                complain(`${id}: the example of ${parameter.name} does not fit: ${error}`);
}

if (exchangesFile === undefined) finish();

for (const { operation: id, how, status, headers, body } of JSON.parse(readFileSync(exchangesFile, 'utf8'))) {
    const known = operations.get(id);
    if (known === undefined) {
        complain(`${id}: there is no such operation`);
        continue;
    }
    if (known.operation.responses[status] === undefined) {
        complain(`${id}, ${how}: the status ${status} is not described: ${body.slice(0, 200)}`);
        continue;
    }
    known.seen.add(String(status));
    for (const [name] of headers) known.headers.add(name);
    const where = `${id}, ${how}, ${status}`;
    const { node: response, path } = resolved([...known.place, 'responses', String(status)]);
    const values = (name) => headers.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, v]) => v);
    for (const name of Object.keys(response.headers ?? {})) {
        const { node: header, path: headerPath } = resolved([...path, 'headers', name]);
        if (header.required && values(name).length === 0) complain(`${where}: the header ${name} is missing`);
        for (const value of values(name)) {
            const typed = header.schema.type === 'integer' ? Number(value) : value;
            for (const error of errorsAt([...headerPath, 'schema'], typed))
                complain(`${where}: the header ${name} is ${value}: ${error}`);
        }
    }
    for (const name of ['ETag', 'Location', 'Link', 'Set-Cookie', 'Retry-After', 'Idempotency-Replayed', 'WWW-Authenticate'])
        if (values(name).length > 0 && response.headers?.[name] === undefined)
            complain(`${where}: the header ${name} is not described`);
    const type = values('Content-Type')[0];
    if (response.content === undefined) {
        if (body !== '') complain(`${where}: there is a body, which is not described`);
        continue;
    }
    const described = Object.keys(response.content).find((t) => t === type || t === '*/*');
    if (described === undefined) {
        complain(`${where}: the type ${type} is not described`);
        continue;
    }
    if (!type.endsWith('json')) continue;
    const value = JSON.parse(body);
    const schemaPath = [...path, 'content', described, 'schema'];
    for (const error of errorsAt(schemaPath, value).slice(0, 5)) complain(`${where}: the body ${error}: ${body.slice(0, 300)}`);
    const check = (record, recordPath, place) => {
        const members = membersOf(recordPath);
        if (members === null || record === null || typeof record !== 'object') return;
        for (const name of Object.keys(record))
            if (!members.includes(name)) complain(`${where}: the member ${place}${name} is not described`);
    };
    check(value, schemaPath, '');
    if (Array.isArray(value?.items)) {
        const { path: list } = resolved(schemaPath);
        for (const record of value.items.slice(0, 3)) check(record, [...list, 'properties', 'items', 'items'], 'items/');
    }
}

for (const [id, { operation, seen, headers: named }] of operations) {
    for (const status of Object.keys(operation.responses))
        if (status !== 'default' && !seen.has(status) && !tried_elsewhere.has(`${id} ${status}`))
            complain(`${id}: nothing provokes ${status}`);
    const success = operation.responses['201'] ?? operation.responses['200'];
    if (success?.headers?.['Idempotency-Replayed'] !== undefined && !named.has('Idempotency-Replayed'))
        complain(`${id}: nothing provokes the header Idempotency-Replayed`);
}
if (![...operations.values()].some(({ headers }) => headers.has('Link'))) complain('nothing provokes the header Link');
finish();
