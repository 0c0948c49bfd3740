import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Csme } from '../../csme/index.ts';
import { census, censusDifference, linkedCensus } from '../../fuzz/sim/processes/census.ts';
import {
  leak,
  unrest,
  wrongComeback,
  wrongWhenAlone,
  wrongWhenQuiet,
} from '../../fuzz/sim/processes/judge.ts';
import { simulateKills } from '../../fuzz/sim/processes/kill.ts';
import type { CsmeSnapshot, HostSnapshot } from '../../fuzz/sim/processes/protocol.ts';
import { Numbers, Watched } from '../../fuzz/sim/processes/watched.ts';
import { native, nativeProblem } from '../../native/index.ts';
import { Host, type HostInput, type HostOutput } from '../../ownership/index.ts';

const missing = nativeProblem();
if (missing !== undefined) console.warn(`Processes are not killed here: ${missing}`);

describe.skipIf(missing !== undefined)('two processes over unix:', () => {
  test('30 kills: whoever lives on recovers, nothing leaks, the next life is as the first', async () => {
    const { failure, tally } = await simulateKills(30, 20_251);
    expect(failure && `seed ${failure.seed}: ${failure.what}\n${failure.ladder}`).toBeUndefined();
    expect(tally.killed).toBeGreaterThanOrEqual(30);
    expect(Math.min(tally.kills.host, tally.kills.csme)).toBeGreaterThanOrEqual(10);
    expect(Math.min(tally.recovered, tally.up, tally.compared)).toBeGreaterThan(10);
  });

  test('an area that is not given back is seen', () => {
    const before = census();
    const fd = native().memoryCreate(4096);
    const memory = native().memoryMap(fd, 0, 4096);
    expect(censusDifference(before, census())).toBe(
      '+1 descriptors of memfd, +1 mappings of /memfd:sapwood (deleted)',
    );
    native().close(fd);
    expect(leak(before, census())).toBe('+1 mappings of /memfd:sapwood (deleted)');
    native().memoryUnmap(memory);
    expect(leak(before, census())).toBeUndefined();
  });
});

describe('what is asked of the processes', () => {
  test.skipIf(process.platform !== 'linux')('a descriptor that stays open is seen', () => {
    const before = census();
    const fd = openSync('/dev/zero', 'r');
    expect(leak(before, census())).toBe('+1 descriptors of /dev/zero');
    closeSync(fd);
    expect(leak(before, census())).toBeUndefined();
  });

  test('a link that is up has a connection, watched, and an area', () => {
    const none = { descriptors: { socket: 2, pipe: 1 }, mappings: {} };
    expect(linkedCensus(none)).toEqual({
      descriptors: { socket: 4, pipe: 1 },
      mappings: { '/memfd:sapwood (deleted)': 1 },
    });
    expect(leak(none, linkedCensus(none), true)).toBeUndefined();
    expect(leak(none, none, true)).toBe('-2 descriptors of socket, -1 mappings of /memfd:sapwood (deleted)');
  });

  test('a machine stops at the point that was armed', async () => {
    const points: string[] = [];
    const watched = new Watched<HostInput, HostOutput>(new Host(), {
      onPoint: (point) => points.push(point),
      onDrained: (inputs) => points.push(`drained ${inputs.join()}`),
      onArea: () => {},
    });
    const feed = (input: HostInput) => {
      watched.handle(1, input);
      while (watched.poll() !== undefined);
    };
    watched.armed = { when: 'out', type: 'map', nth: 2 };
    feed({ type: 'probe' });
    feed({ type: 'mapRefused', errno: 12 });
    watched.armed = { when: 'later', type: 'mapRefused', nth: 1 };
    feed({ type: 'mapRefused', errno: 12 });
    expect(points).toEqual(['drained probe', 'out map', 'drained mapRefused', 'drained mapRefused']);
    await new Promise(setImmediate);
    expect(points.at(-1)).toBe('later mapRefused');
    expect(watched.turns).toBe(3);
  });

  test.each<[string, Partial<HostSnapshot>]>([
    ['1 callers wait without a link', { waiting: 1 }],
    ['without a link rfkill says taking', { told: { rfkill: 'taking', roamingForbidden: false } }],
    ['without a link roaming is forbidden', { told: { rfkill: 'free', roamingForbidden: true } }],
    ['the host without a link is', { state: { ...new Host().state, owner: true } }],
  ])('%s', (what, changed) => {
    expect(wrongWhenAlone(hostSnapshot())).toBeUndefined();
    expect(wrongWhenAlone({ ...hostSnapshot(), ...changed })).toContain(what);
  });

  test('what a firmware keeps of a link that is gone', () => {
    expect(wrongWhenAlone(csmeSnapshot())).toBeUndefined();
    const { firmware } = csmeSnapshot();
    expect(wrongWhenAlone({ ...csmeSnapshot(), firmware: { ...firmware, grantsOpen: 1 } })).toContain(
      'the firmware without a link is',
    );
    expect(wrongWhenAlone({ ...csmeSnapshot(), delayed: 1 })).toContain('holds something back');
  });

  test.each<[string, Partial<HostSnapshot>, Partial<CsmeSnapshot>]>([
    ['3 SAP messages to CSME were written, 2 read', { sapSent: 3 }, { sap: numbers(1, 2) }],
    ['3 SAP messages to the host were written, 2 read', { sap: numbers(1, 3) }, { sapSent: 3 }],
    ['the numbers of SAP messages to the host begin with 2', { sap: numbers(2, 3) }, { sapSent: 3 }],
    ['the numbers of ME messages to CSME begin with 7', {}, { me: numbers(7, 8) }],
    ['the numbers of ME messages to the host are in disorder', { me: numbers(1, 3, 2) }, {}],
    ['settingsArrive', { state: { ...connected(), amtEnabled: false } }, {}],
  ])('a link at rest: %s', (what, changedHost, changedCsme) => {
    const host = { ...hostSnapshot(), state: connected(), me: numbers(1, 2), meSent: 2 };
    const csme = { ...csmeSnapshot(), firmware: up(), me: numbers(1, 2), meSent: 2 };
    expect(unrest(host, csme)).toBeUndefined();
    expect(wrongWhenQuiet(host, csme)).toBeUndefined();
    expect(wrongWhenQuiet({ ...host, ...changedHost }, { ...csme, ...changedCsme })).toContain(what);
  });

  test('a message under way is no rest', () => {
    const host = { ...hostSnapshot(), state: connected() };
    const csme = { ...csmeSnapshot(), firmware: up() };
    expect(unrest(host, csme)).toBeUndefined();
    expect(unrest({ ...host, meSent: 1 }, csme)).toContain('to CSME');
    expect(unrest(host, { ...csme, meSent: 1 })).toContain('to the host');
    expect(unrest(host, { ...csme, ringsEmpty: false })).toContain('rings');
    expect(unrest(hostSnapshot(), csme)).toBe('the host is absent');
  });

  test('a link that comes back otherwise than a fresh one', () => {
    const before = { host: new Host().state, firmware: new Csme().state.firmware, nowMs: 0 };
    const host = { ...hostSnapshot(), state: connected() };
    expect(wrongComeback(before, host, { ...csmeSnapshot(), firmware: up() })).toContain(
      'of a link that came back is …',
    );
  });
});

function connected(): HostSnapshot['state'] {
  return { ...new Host().state, phase: 'connected', amtEnabled: true };
}

/** A firmware that has heard what such a host says. */
function up(): CsmeSnapshot['firmware'] {
  const { firmware } = new Csme().state;
  return { ...firmware, link: 'up', host: { ...firmware.host, country: 0, radio: 3 } };
}

function hostSnapshot(): HostSnapshot {
  return {
    ...common(),
    side: 'host',
    state: new Host().state,
    told: { rfkill: 'free', roamingForbidden: false },
    waiting: 0,
    returned: 0,
    woken: 0,
  };
}

function csmeSnapshot(): CsmeSnapshot {
  return { ...common(), side: 'csme', firmware: new Csme().state.firmware, delayed: 0 };
}

function common() {
  return {
    census: { descriptors: {}, mappings: {} },
    nowMs: 0,
    turns: 0,
    ringsEmpty: true,
    meSent: 0,
    me: numbers(),
    sapSent: 0,
    sap: numbers(),
    ringFull: false,
  };
}

function numbers(...heard: number[]) {
  const all = new Numbers();
  for (const number of heard) all.hear(number);
  return all.heard;
}
