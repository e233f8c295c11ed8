// A one-connector charge point on ocpp-rpc in strict mode: every frame is checked against the official schemas, both ways.
// It is driven over stdin, one word a line (plug, unplug, quit), and tells what happens over stdout, one JSON object a line.
// Usage: node charge-point.mjs URL IDENTITY [PASSWORD]

import { createClient, now, run, tell } from './peer.mjs';

const rated = 32;
let status = 'Available';
let transactionId = null;
let energyWh = 1000;
let profiles = [];
let configuration = {
  ChargingScheduleAllowedChargingRateUnit: { value: 'Current', readonly: true },
  ChargeProfileMaxStackLevel: { value: '8', readonly: true },
  NumberOfConnectors: { value: '1', readonly: true },
  MeterValueSampleInterval: { value: '0', readonly: false },
  MeterValuesSampledData: { value: 'Energy.Active.Import.Register', readonly: false },
};

const client = createClient('ocpp1.6');

function limit() {
  const tx = profiles.filter(p => p.chargingProfilePurpose === 'TxProfile' && p.transactionId === transactionId && transactionId !== null);
  const defaults = profiles.filter(p => p.chargingProfilePurpose === 'TxDefaultProfile');
  const best = (tx.length ? tx : defaults).sort((a, b) => b.stackLevel - a.stackLevel)[0];
  return best ? Math.min(rated, best.chargingSchedule.chargingSchedulePeriod[0].limit) : rated;
}

async function setStatus(next) {
  status = next;
  await client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status, timestamp: now() });
  tell('status', { status });
}

async function meterValues() {
  const amps = transactionId !== null ? limit() : 0;
  const power = amps * 230;
  await client.call('MeterValues', {
    connectorId: 1,
    ...(transactionId !== null ? { transactionId } : {}),
    meterValue: [{
      timestamp: now(),
      sampledValue: [
        { value: String(power), measurand: 'Power.Active.Import', unit: 'W' },
        { value: amps.toFixed(1), measurand: 'Current.Import', phase: 'L1', unit: 'A' },
        { value: '230', measurand: 'Voltage', phase: 'L1-N', unit: 'V' },
        { value: String(energyWh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
      ],
    }],
  });
  tell('meter', { power });
}

async function start(idTag) {
  const answer = await client.call('StartTransaction', { connectorId: 1, idTag, meterStart: energyWh, timestamp: now() });
  transactionId = answer.transactionId;
  tell('started', { transactionId, idTag, idTagStatus: answer.idTagInfo.status });
  await setStatus(limit() < 6 ? 'SuspendedEVSE' : 'Charging');
  await meterValues();
}

async function stop(reason) {
  energyWh += 500;
  const id = transactionId;
  transactionId = null;
  profiles = profiles.filter(p => p.chargingProfilePurpose !== 'TxProfile');
  await client.call('StopTransaction', { transactionId: id, meterStop: energyWh, timestamp: now(), reason });
  tell('stopped', { transactionId: id, reason });
  await setStatus(reason === 'EVDisconnected' ? 'Available' : 'Finishing');
}

// What an answer sets off happens after the answer, as in a real charge point.
const after = work => setTimeout(() => work().catch(error => tell('error', { message: String(error) })), 30);

client.handle('RemoteStartTransaction', ({ params }) => {
  if (transactionId !== null || status === 'Available')
    return { status: 'Rejected' };
  if (params.chargingProfile)
    profiles.push(params.chargingProfile);
  after(() => start(params.idTag));
  return { status: 'Accepted' };
});
client.handle('RemoteStopTransaction', ({ params }) => {
  if (params.transactionId !== transactionId)
    return { status: 'Rejected' };
  after(() => stop('Remote'));
  return { status: 'Accepted' };
});
client.handle('SetChargingProfile', ({ params }) => {
  const profile = params.csChargingProfiles;
  if (profile.chargingProfilePurpose === 'TxProfile' && transactionId === null)
    return { status: 'Rejected' };
  if (profile.chargingSchedule.chargingRateUnit !== 'A')
    return { status: 'Rejected' };
  profiles = profiles.filter(p => p.chargingProfileId !== profile.chargingProfileId
    && !(p.chargingProfilePurpose === profile.chargingProfilePurpose && p.stackLevel === profile.stackLevel));
  profiles.push({ ...profile, transactionId: profile.transactionId ?? (profile.chargingProfilePurpose === 'TxProfile' ? transactionId : undefined) });
  tell('profile', { purpose: profile.chargingProfilePurpose, limit: profile.chargingSchedule.chargingSchedulePeriod[0].limit });
  if (transactionId !== null)
    after(meterValues);
  return { status: 'Accepted' };
});
client.handle('TriggerMessage', ({ params }) => {
  if (params.requestedMessage === 'MeterValues')
    after(meterValues);
  else if (params.requestedMessage === 'StatusNotification')
    after(() => setStatus(status));
  else
    return { status: 'NotImplemented' };
  return { status: 'Accepted' };
});
client.handle('GetConfiguration', ({ params }) => {
  const keys = params.key ?? Object.keys(configuration);
  return {
    configurationKey: keys.filter(key => configuration[key]).map(key => ({ key, ...configuration[key] })),
    unknownKey: keys.filter(key => !configuration[key]),
  };
});
client.handle('ChangeConfiguration', ({ params }) => {
  const known = configuration[params.key];
  if (!known)
    return { status: 'NotSupported' };
  if (known.readonly)
    return { status: 'Rejected' };
  known.value = params.value;
  return { status: 'Accepted' };
});
client.handle('GetCompositeSchedule', ({ params }) => ({
  status: 'Accepted',
  connectorId: params.connectorId,
  scheduleStart: now(),
  chargingSchedule: {
    chargingRateUnit: params.chargingRateUnit ?? 'A',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: params.chargingRateUnit === 'W' ? limit() * 230 : limit() }],
  },
}));
client.handle('ClearChargingProfile', () => ({ status: 'Unknown' }));

const commands = {
  plug: () => setStatus('Preparing'),
  unplug: async () => (transactionId !== null ? stop('EVDisconnected') : setStatus('Available')),
  meter: meterValues,
  quit: () => client.close({ code: 1000, reason: 'done' }),
};

await run(client, { chargePointVendor: 'Foreign', chargePointModel: 'Strict', firmwareVersion: '1.0' }, setStatus, commands);
