// Forwards what triggers it to Tributary: runs of a server-side action (karte/action) and hooks (karte/apiv2-hook).
// Paste it into a Craft function as it is, change the three constants below, and follow docs/karte/README.md.

// The gateway's address, ending in /karte. A part may follow that tells where the events happen: /karte/talk/email.
const ENDPOINT = 'https://gateway.example.com/karte';
// The name, in Craft's secret manager, of the secret that Tributary expects in the header below.
const SECRET_NAME = 'TRIBUTARY_SECRET';
// How long Craft runs the function again while Tributary cannot take the event.
const RETRY_SECONDS = 600;

const HEADER = 'X-Tributary-Secret';
const TIMEOUT_MS = 10_000;
const FORWARDED_KINDS = ['karte/action', 'karte/apiv2-hook'];

export default async function (data, { MODULES }) {
  const { initLogger, secret, RetryableError } = MODULES;
  const logger = initLogger({ logLevel: 'WARN' });
  if (!FORWARDED_KINDS.includes(data.kind)) {
    logger.error(`not forwarded: kind ${data.kind}`);
    return;
  }
  const secrets = await secret.get({ keys: [SECRET_NAME] });
  if (!secrets[SECRET_NAME]) {
    throw new RetryableError(`no secret named ${SECRET_NAME}`, RETRY_SECONDS);
  }

  // Craft runs a function at least once. The id is the run's: Tributary drops the second copy by it.
  const { id, kind, timestamp, jsonPayload } = data;
  let response;
  try {
    response = await fetch(ENDPOINT, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', [HEADER]: secrets[SECRET_NAME] },
      body: JSON.stringify({ id, kind, timestamp, jsonPayload }),
      // The secret must not follow a redirect to another host.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new RetryableError(`${id}: no answer (${error.name})`, RETRY_SECONDS);
  }
  if (response.ok) return;
  // Bodies are never logged: they hold personal data.
  const outcome = `${id}: status ${response.status}`;
  if (response.status >= 500 || response.status === 408 || response.status === 429) {
    throw new RetryableError(outcome, RETRY_SECONDS);
  }
  // Trying again unchanged gives the same answer: the event is lost unless the function is run again by hand.
  throw new Error(outcome);
}
