// node --test docs/karte/
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, test } from 'node:test';

// Craft takes an ES module named .js; node needs to be told.
const source = await readFile(new URL('craft-forward.js', import.meta.url), 'utf8');
const { default: forward } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

class RetryableError extends Error {
  constructor(message, seconds) {
    super(message);
    this.seconds = seconds;
  }
}

const event = {
  id: '7e57ab1e-0000-4000-8000-00000000000a',
  kind: 'karte/action',
  timestamp: '2026-11-20T01:02:04.500Z',
  jsonPayload: {
    name: 'forward',
    data: { event_name: 'message_open', user_id: 'member-1001', datetime: '1795136523', values: { message: { shorten_id: '9xYz' } } },
  },
};

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

/** Runs the function against an endpoint that gives this answer; tells what was sent and logged. */
async function run(answer, { data = event, secrets = { TRIBUTARY_SECRET: 's3cret' } } = {}) {
  const sent = [];
  const logged = [];
  globalThis.fetch = async (url, options) => {
    sent.push({ url, ...options });
    if (answer instanceof Error) throw answer;
    return new Response(null, { status: answer });
  };
  const MODULES = {
    RetryableError,
    initLogger: () => ({ error: (line) => logged.push(line), warn: (line) => logged.push(line) }),
    secret: { get: async ({ keys }) => Object.fromEntries(keys.map((key) => [key, secrets[key]])) },
  };
  let thrown;
  try {
    await forward(data, { MODULES });
  } catch (error) {
    thrown = error;
  }
  return { sent, logged, thrown };
}

test('sends the envelope with the id of the run and the secret', async () => {
  const { sent, thrown } = await run(200, { data: { ...event, extraneous: 'not sent' } });
  assert.equal(thrown, undefined);
  assert.equal(sent.length, 1);
  assert.equal(sent[0].method, 'POST');
  assert.ok(sent[0].url.endsWith('/karte'));
  assert.equal(sent[0].headers['X-Tributary-Secret'], 's3cret');
  assert.equal(sent[0].headers['Content-Type'], 'application/json');
  assert.equal(sent[0].redirect, 'manual');
  assert.deepEqual(JSON.parse(sent[0].body), event);
});

test('a repeated run sends the same body', async () => {
  const [first, second] = [await run(200), await run(200)];
  assert.equal(first.sent[0].body, second.sent[0].body);
});

test('forwards hooks', async () => {
  const hook = { ...event, kind: 'karte/apiv2-hook', jsonPayload: { id: 'h-1', event_type: 'talk/assignee/assign' } };
  const { sent } = await run(200, { data: hook });
  assert.equal(JSON.parse(sent[0].body).jsonPayload.event_type, 'talk/assignee/assign');
});

for (const status of [500, 502, 503, 408, 429]) {
  test(`status ${status} is tried again`, async () => {
    const { thrown } = await run(status);
    assert.ok(thrown instanceof RetryableError);
    assert.equal(thrown.seconds, 600);
  });
}

for (const status of [301, 400, 401, 404, 413]) {
  test(`status ${status} is final`, async () => {
    const { thrown } = await run(status);
    assert.ok(thrown instanceof Error);
    assert.ok(!(thrown instanceof RetryableError));
  });
}

test('no answer is tried again', async () => {
  const { thrown } = await run(new TypeError('fetch failed'));
  assert.ok(thrown instanceof RetryableError);
});

test('without a secret nothing is sent', async () => {
  const { sent, thrown } = await run(200, { secrets: {} });
  assert.deepEqual(sent, []);
  assert.ok(thrown instanceof RetryableError);
});

test('other triggers are not forwarded', async () => {
  const { sent, logged, thrown } = await run(200, { data: { ...event, kind: 'karte/craft-scheduler' } });
  assert.deepEqual(sent, []);
  assert.equal(thrown, undefined);
  assert.equal(logged.length, 1);
});

test('errors and logs hold neither secret nor personal data', async () => {
  for (const answer of [400, 503, new TypeError('fetch failed')]) {
    const { thrown, logged } = await run(answer);
    const said = [thrown.message, ...logged].join();
    assert.ok(!said.includes('s3cret') && !said.includes('member-1001'), said);
  }
});
