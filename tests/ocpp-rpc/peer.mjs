// What the foreign peers have in common: a client of ocpp-rpc in strict mode, told to act over stdin and telling what happens over stdout.

import readline from 'node:readline';
import ocpp from 'ocpp-rpc';

const { RPCClient, createRPCError } = ocpp;
const [url, identity, password] = process.argv.slice(2);

export const tell = (event, details = {}) => process.stdout.write(JSON.stringify({ event, ...details }) + '\n');

export const now = () => new Date().toISOString();

/** A client of one version; what it does not handle it refuses as not implemented. */
export function createClient(protocol) {
  const client = new RPCClient({
    endpoint: url,
    identity,
    password,
    protocols: [protocol],
    strictMode: [protocol],
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
