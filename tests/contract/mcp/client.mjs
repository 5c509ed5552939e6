// SPDX-License-Identifier: MIT
// The official client of the Model Context Protocol (the package @modelcontextprotocol/sdk) as an assistant would use it:
// it checks every answer against its own schemas. Launches a job and reads what became of it.
//
//   node client.mjs RUN-TEMPLATE stdio PROGRAM [ARGUMENT...]
//   node client.mjs RUN-TEMPLATE http ADDRESS TOKEN
//
// Prints one line of JSON about what it saw, or fails with what was wrong.

import assert from 'node:assert/strict';

const sdk = '../../npm/node_modules/@modelcontextprotocol/sdk/dist/esm';
const { Client } = await import(`${sdk}/client/index.js`);
const { StdioClientTransport } = await import(`${sdk}/client/stdio.js`);
const { StreamableHTTPClientTransport } = await import(`${sdk}/client/streamableHttp.js`);
const { default: Ajv2020 } = await import('../../npm/node_modules/ajv/dist/2020.js');
const { default: addFormats } = await import('../../npm/node_modules/ajv-formats/dist/index.js');

const [runTemplate, kind, where, ...rest] = process.argv.slice(2);
const transport = kind === 'stdio'
    ? new StdioClientTransport({ command: where, args: rest, env: { ...process.env } })
    : new StreamableHTTPClientTransport(new URL(where), {
        requestInit: { headers: { Authorization: `Bearer ${rest[0]}` } },
    });
const client = new Client({ name: 'contract', version: '1.0.0' });
await client.connect(transport);
assert.equal(client.getServerVersion().name, 'multiflexi');
assert.ok(client.getInstructions().includes('run template'));
await client.ping();

// Tools: pages, valid schemas, and answers that keep to theirs (the client checks those).
const tools = [];
for (let cursor; ;) {
    const page = await client.listTools(cursor ? { cursor } : {});
    tools.push(...page.tools);
    if (!(cursor = page.nextCursor)) break;
}
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
addFormats(ajv);
for (const tool of tools) {
    assert.match(tool.name, /^[a-z_]{1,64}$/);
    for (const schema of [tool.inputSchema, tool.outputSchema])
        if (schema) assert.ok(ajv.validateSchema(schema) && ajv.compile(schema), `${tool.name}: ${ajv.errorsText()}`);
}
const withSchema = tools.filter((tool) => tool.outputSchema).map((tool) => tool.name);
assert.ok(withSchema.includes('company_get'), 'some answers have a schema');

const call = async (name, input = {}) => client.callTool({ name, arguments: input });
const launched = await call('job_create', { runtemplate_id: Number(runTemplate), scheduled: 'now' });
assert.ok(!launched.isError, JSON.stringify(launched));
const { id } = launched.structuredContent;
let job;
do {
    job = (await call('job_get', { id, output: false })).structuredContent;
    if (!job.end) await new Promise((resolve) => { setTimeout(resolve, 100); });
} while (!job.end);
const output = await client.readResource({ uri: `multiflexi://jobs/${id}/output` });
const record = await client.readResource({ uri: `multiflexi://jobs/${id}` });
assert.equal(JSON.parse(record.contents[0].text).id, id);

const resources = await client.listResources();
assert.ok(resources.resources.some((each) => each.uri === `multiflexi://jobs/${id}/output`));
const templates = await client.listResourceTemplates();
assert.ok(templates.resourceTemplates.some((each) => each.uriTemplate === 'multiflexi://runtemplates/{id}'));
const prompts = await client.listPrompts();
assert.ok(prompts.prompts.some((each) => each.name === 'job-failure'));
const prompt = await client.getPrompt({ name: 'job-failure', arguments: { job: String(id) } });
assert.equal(prompt.messages.length, 3);

const completed = await client.complete({
    ref: { type: 'ref/resource', uri: 'multiflexi://jobs/{id}' }, argument: { name: 'id', value: String(id) },
});
assert.ok(completed.completion.values.includes(String(id)));

// What is wrong is told in the way of the protocol.
assert.equal((await call('job_get', { id: 99999 })).isError, true);
assert.equal((await call('credential_reveal', { id: 1 })).isError, true);
await assert.rejects(call('no_such_tool'), { code: -32602 });
await assert.rejects(client.readResource({ uri: 'multiflexi://jobs/99999' }), { code: -32002 });

// Requests that overtake each other find their answers.
const together = await Promise.all([1, 2, 3, 4, 5].map((n) => call('job_list', { limit: n })));
assert.ok(together.every((answer) => answer.structuredContent.items.length >= 1));

if (kind === 'http') await transport.terminateSession();
await client.close();
console.log(JSON.stringify({ state: job.state, exitcode: job.exitcode, output: output.contents[0].text, tools: tools.length }));
