// What the foreign peers have in common: a client of ocpp-rpc in strict mode, told to act over stdin and telling what happens over stdout.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import ocpp from 'ocpp-rpc';

const { RPCClient, createRPCError, createValidator } = ocpp;
const [url, identity, password] = process.argv.slice(2);

export const tell = (event, details = {}) => process.stdout.write(JSON.stringify({ event, ...details }) + '\n');

export const now = () => new Date().toISOString();

/** Without a keyword for objects on what is none: the validator would warn of each. */
function tidy(schema) {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema))
    return schema;
  const { additionalProperties, ...rest } = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, tidy(part)]));
  return schema.type === 'object' && additionalProperties !== undefined ? { ...rest, additionalProperties } : rest;
}

/** The official schemas of a folder under the names by which this client looks for them. */
function validatorOf(protocol, folder) {
  const schemas = readdirSync(folder).filter(file => file.endsWith('.json')).map(file => {
    const { $schema, $id, ...schema } = JSON.parse(readFileSync(path.join(folder, file), 'utf8').replace(/^\uFEFF/, ''));
    return { ...tidy(schema), $id: `urn:${path.basename(file, '.json').replace(/Request$/, '.req').replace(/Response$/, '.conf')}` };
  });
  return createValidator(protocol, schemas);
}

/** A client of one version; what it does not handle it refuses as not implemented. */
export function createClient(protocol) {
  const client = new RPCClient({
    endpoint: url,
    identity,
    password,
    protocols: [protocol],
    strictMode: [protocol],
    // Its own schemas of 2.1 have names that it does not look for.
    strictModeValidators: protocol === 'ocpp2.1' ? [validatorOf(protocol, path.join(process.env.AMPS_OCPP_SCHEMAS, '2.1'))] : [],
    reconnect: false,
    callTimeoutMs: 10_000,
  });
  client.on('strictValidationFailure', ({ messageId, method, error }) =>
    tell('violation', { messageId, method, message: String(error?.message ?? error), details: error?.details ?? null }));
  client.on('close', ({ code, reason }) => { tell('close', { code, reason: String(reason) }); process.exit(0); });
  client.handle(({ method }) => { throw createRPCError('NotImplemented', `${method} is not implemented`); });
  return client;
}

/** Connects, boots, tells its first status, then does what each line of stdin says. */
export async function run(client, bootNotification, setStatus, commands) {
  await client.connect();
  tell('connected', { protocol: client.protocol });
  const boot = await client.call('BootNotification', bootNotification);
  tell('booted', { status: boot.status, interval: boot.interval });
  await client.call('Heartbeat', {});
  await setStatus('Available');
  readline.createInterface({ input: process.stdin }).on('line', line => {
    const command = commands[line.trim()];
    if (command)
      command().catch(error => tell('error', { message: String(error) }));
  });
}
