// A one-EVSE station of OCPP 2.0.1 or 2.1 on ocpp-rpc in strict mode: every frame is checked against the official schemas, both ways.
// It is driven over stdin, one word a line (plug, unplug, meter, quit), and tells what happens over stdout, one JSON object a line.
// Usage: node station.mjs URL IDENTITY PASSWORD [SUBPROTOCOL]

import { createClient, now, run, tell } from './peer.mjs';

const rated = 32;
let connectorStatus = 'Available';
let transaction = null;
let seqNo = 0;
let count = 0;
let energyWh = 1000;
let profiles = [];
const variables = {
  'SmartChargingCtrlr.RateUnit': 'A',
  'SmartChargingCtrlr.ProfileStackLevel': '8',
  'SampledDataCtrlr.TxUpdatedInterval': '0',
  'SampledDataCtrlr.TxUpdatedMeasurands': 'Energy.Active.Import.Register',
  'EVSE.AvailabilityState': 'Available',
  'EVSE.SupplyPhases': '1',
};
const readOnly = new Set(['SmartChargingCtrlr.RateUnit', 'SmartChargingCtrlr.ProfileStackLevel']);

const client = createClient(process.argv[5] ?? 'ocpp2.0.1');

function limit() {
  const tx = profiles.filter(p => p.chargingProfilePurpose === 'TxProfile' && transaction && p.transactionId === transaction.id);
  const defaults = profiles.filter(p => p.chargingProfilePurpose === 'TxDefaultProfile');
  const best = (tx.length ? tx : defaults).sort((a, b) => b.stackLevel - a.stackLevel)[0];
  return best ? Math.min(rated, best.chargingSchedule[0].chargingSchedulePeriod[0].limit) : rated;
}

function samples() {
  const amps = transaction?.chargingState === 'Charging' ? limit() : 0;
  return [{
    timestamp: now(),
    sampledValue: [
      { value: amps * 230 / 1000, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'W', multiplier: 3 } },
      { value: amps, measurand: 'Current.Import', phase: 'L1', unitOfMeasure: { unit: 'A' } },
      { value: 230, measurand: 'Voltage', phase: 'L1-N', unitOfMeasure: { unit: 'V' } },
      { value: energyWh, measurand: 'Energy.Active.Import.Register' },
    ],
  }];
}

async function setStatus(next) {
  connectorStatus = next;
  await client.call('StatusNotification', { timestamp: now(), connectorStatus, evseId: 1, connectorId: 1 });
  tell('status', { status: connectorStatus });
}

async function transactionEvent(eventType, triggerReason, more = {}, info = {}) {
  const answer = await client.call('TransactionEvent', {
    eventType,
    timestamp: now(),
    triggerReason,
    seqNo: seqNo++,
    evse: { id: 1, connectorId: 1 },
    transactionInfo: { transactionId: transaction.id, chargingState: transaction.chargingState, ...info },
    meterValue: samples(),
    ...more,
  });
  tell('transactionEvent', { eventType, triggerReason, idTokenStatus: answer.idTokenInfo?.status ?? null });
}

// The transaction may have ended before its turn came.
const update = triggerReason => async () => { if (transaction) await transactionEvent('Updated', triggerReason); };

async function start({ idToken, remoteStartId, chargingProfile }) {
  transaction = { id: `foreign-${++count}`, chargingState: 'EVConnected' };
  seqNo = 0;
  if (chargingProfile)
    profiles.push({ ...chargingProfile, transactionId: transaction.id });
  await transactionEvent('Started', 'RemoteStart', { idToken }, { remoteStartId });
  transaction.chargingState = limit() < 6 ? 'SuspendedEVSE' : 'Charging';
  await transactionEvent('Updated', 'ChargingStateChanged');
}

async function stop(triggerReason, stoppedReason, chargingState) {
  energyWh += 500;
  transaction.chargingState = chargingState;
  await transactionEvent('Ended', triggerReason, {}, { stoppedReason });
  transaction = null;
  profiles = profiles.filter(p => p.chargingProfilePurpose !== 'TxProfile');
}

// What an answer sets off happens after the answer, as in a real station.
const after = work => setTimeout(() => work().catch(error => tell('error', { message: String(error) })), 30);

client.handle('RequestStartTransaction', ({ params }) => {
  if (transaction || connectorStatus === 'Available')
    return { status: 'Rejected', statusInfo: { reasonCode: 'TxInProgress' } };
  after(() => start(params));
  return { status: 'Accepted' };
});
client.handle('RequestStopTransaction', ({ params }) => {
  if (params.transactionId !== transaction?.id)
    return { status: 'Rejected', statusInfo: { reasonCode: 'TxNotFound' } };
  after(() => stop('RemoteStop', 'Remote', 'EVConnected'));
  return { status: 'Accepted' };
});
client.handle('SetChargingProfile', ({ params }) => {
  const profile = params.chargingProfile;
  const [schedule] = profile.chargingSchedule;
  if (schedule.chargingRateUnit !== 'A' || profile.stackLevel > 8)
    return { status: 'Rejected', statusInfo: { reasonCode: 'UnsupportedRateUnit' } };
  if (profile.chargingProfilePurpose === 'TxProfile' && (!transaction || profile.transactionId !== transaction.id))
    return { status: 'Rejected', statusInfo: { reasonCode: 'TxNotFound' } };
  if (profile.chargingProfileKind === 'Absolute' ? !schedule.startSchedule : schedule.startSchedule)
    return { status: 'Rejected', statusInfo: { reasonCode: 'InvalidSchedule' } };
  profiles = profiles.filter(p => p.id !== profile.id
    && !(p.chargingProfilePurpose === profile.chargingProfilePurpose && p.stackLevel === profile.stackLevel));
  profiles.push(profile);
  tell('profile', { purpose: profile.chargingProfilePurpose, limit: schedule.chargingSchedulePeriod[0].limit });
  if (transaction)
    after(update('ChargingRateChanged'));
  return { status: 'Accepted' };
});
client.handle('ClearChargingProfile', ({ params }) => {
  const before = profiles.length;
  profiles = profiles.filter(p => p.id !== params.chargingProfileId);
  return { status: profiles.length < before ? 'Accepted' : 'Unknown' };
});
client.handle('GetCompositeSchedule', ({ params }) => ({
  status: 'Accepted',
  schedule: {
    evseId: params.evseId,
    duration: params.duration,
    scheduleStart: now(),
    chargingRateUnit: params.chargingRateUnit ?? 'A',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: params.chargingRateUnit === 'W' ? limit() * 230 : limit() }],
  },
}));
client.handle('TriggerMessage', ({ params }) => {
  if (params.requestedMessage === 'TransactionEvent' && transaction)
    after(update('Trigger'));
  else if (params.requestedMessage === 'MeterValues')
    after(() => client.call('MeterValues', { evseId: 1, meterValue: samples() }));
  else if (params.requestedMessage === 'StatusNotification')
    after(() => setStatus(connectorStatus));
  else
    return { status: 'Rejected' };
  return { status: 'Accepted' };
});
const named = ({ component, variable }) => `${component.name}.${variable.name}`;
client.handle('GetVariables', ({ params }) => ({
  getVariableResult: params.getVariableData.map(data => {
    const known = variables[named(data)] !== undefined && (data.component.evse?.id ?? 1) === 1;
    const { component, variable } = data;
    return known
      ? { attributeStatus: 'Accepted', attributeValue: variables[named(data)], component, variable }
      : { attributeStatus: 'UnknownVariable', component, variable };
  }),
}));
client.handle('SetVariables', ({ params }) => ({
  setVariableResult: params.setVariableData.map(data => {
    const { component, variable } = data;
    const name = named(data);
    const attributeStatus = variables[name] === undefined ? 'UnknownVariable' : readOnly.has(name) ? 'Rejected' : 'Accepted';
    if (attributeStatus === 'Accepted') {
      variables[name] = data.attributeValue;
      tell('variable', { name, value: data.attributeValue });
    }
    return { attributeStatus, component, variable };
  }),
}));

const commands = {
  plug: () => setStatus('Occupied'),
  unplug: async () => {
    if (transaction)
      await stop('EVDeparted', 'EVDisconnected', 'Idle');
    await setStatus('Available');
  },
  meter: () => (transaction ? transactionEvent('Updated', 'MeterValuePeriodic') : client.call('MeterValues', { evseId: 1, meterValue: samples() })),
  quit: () => client.close({ code: 1000, reason: 'done' }),
};

await run(client, {
  reason: 'PowerUp',
  chargingStation: { vendorName: 'Foreign', model: 'Strict', firmwareVersion: '1.0' },
}, setStatus, commands);
