import { expect, test } from 'vitest';
import { amtFilters } from '../../csme/index.ts';
import { bytesOfHex, ethernetOf80211, hexOf, type SapDraft } from '../../sap/index.ts';
import { parseTrace, Replay } from '../../trace/index.ts';
import { type Random, seededRandom } from '../../transport/index.ts';
import { LateDriver } from '../support/late-driver.ts';

const SESSIONS = 400;
const STEPS = 60;

/** A DHCP client's message as the station sends it: QoS data, LLC/SNAP, IPv4, UDP 68 to 67. */
const DHCP_80211 =
  '880100000a1b2c3d4e5f020000000001ffffffffffff00000000aaaa030000000800' +
  '4500003c000100004011000000000000ffffffff0044004300280000';

/** To AMT's port 16992, and to another one. */
const AMT_FRAME = tcpTo(16992);
const OTHER_FRAME = tcpTo(443);

function tcpTo(port: number): Uint8Array {
  const head = '02000000000102000000000208004500002800010000400600000a0000010a000002c000';
  return bytesOfHex(`${head}${port.toString(16).padStart(4, '0')}${'00'.repeat(16)}`)!;
}

test('recordings of a driver that does everything late replay without a mismatch', {
  timeout: 60_000,
}, () => {
  let compared = 0;
  let ambiguous = 0;
  for (let seed = 1; seed <= SESSIONS; seed++) {
    const replay = new Replay({ file: `seed ${seed}` });
    replay.push(parseTrace(session(seed)));
    const report = replay.finish();
    // Whether a burst of frames came before or behind the end of a throttle can be impossible to tell.
    expect([seed, report.mismatches.filter(({ stream }) => stream !== 'me'), report.errors]).toEqual([
      seed,
      [],
      [],
    ]);
    if (report.mismatches.length > 0) ambiguous++;
    compared += report.compared;
  }
  expect(ambiguous).toBeLessThanOrEqual(SESSIONS / 100);
  expect(compared).toBeGreaterThan(SESSIONS * STEPS);
});

/** A random session: causes one at a time, none near the end of one of the driver's own time-outs. */
function session(seed: number): string {
  const random = seededRandom(seed);
  const driver = new LateDriver(seed, random.below(3) === 0);
  if (random.below(5) > 0) driver.command('register', {});
  driver.probe();
  driver.fromCsme({ name: 'AMT_STATE', enabled: 1 });
  driver.fromCsme({ name: 'CSME_FILTERS', oobFilters: amtFilters() });
  driver.command('set_netdev', { dev: 'wlan0' }, { dev: 'wlan0' });
  for (let i = 0; i < STEPS; i++) {
    let atMs = driver.nowMs + gapMs(random);
    while (driver.nearTimeout(atMs)) atMs += 60 + random.below(2_300);
    driver.advance(atMs);
    const causes = CAUSES[random.below(CAUSES.length)]!;
    causes(driver, random);
  }
  driver.advance(driver.nowMs + 600);
  return driver.recording();
}

/** Often about as long as the throttle of the door bell: there the order is hardest to tell. */
function gapMs(random: Random): number {
  const [low, high] = [
    [3, 12],
    [3, 40],
    [40, 160],
    [90, 115],
    [300, 2_500],
  ][random.below(5)] as [number, number];
  return low + random.next() * (high - low);
}

type Cause = (driver: LateDriver, random: Random) => void;

const csme =
  (draft: (random: Random) => SapDraft): Cause =>
  (driver, random) =>
    driver.fromCsme(draft(random));

const CAUSES: readonly Cause[] = [
  (driver, random) => {
    const mcc = random.below(0x10000);
    driver.command('country', { mcc }, { mcc });
  },
  (driver, random) => {
    const v = Array.from({ length: 10 }, () => random.below(0x10000));
    driver.command('power_limit', { limits: v }, { v });
  },
  (driver, random) => {
    const [hw, sw] = [random.below(2), random.below(2)];
    driver.command('set_rfkill', { hw: hw === 1, sw: sw === 1 }, { hw, sw });
  },
  (driver) => driver.command('disassociated', {}),
  (driver, random) => {
    const up = random.below(2);
    driver.command('device_state', { up: up === 1 }, { up });
  },
  (driver, random) => {
    const success = random.below(2);
    driver.command('alive', { success: success === 1 }, { success });
  },
  (driver) => driver.command('register', {}),
  (driver) => {
    if (!driver.host.state.ownershipWaits.some(({ token }) => token !== null))
      driver.command('get_ownership', {});
  },
  (driver) => {
    if (driver.host.state.nvmWaits.length === 0) driver.command('get_nvm', {});
  },
  (driver) => {
    if (!driver.host.state.pldr) driver.command('pldr', {});
  },
  (driver, random) => {
    const bytes = bytesOfHex(DHCP_80211 + '00'.repeat(random.below(20)))!;
    const frame = ethernetOf80211(bytes, 0)!;
    driver.command('tx_copy', { frame }, { ivlen: 0, frame80211: hexOf(bytes) });
  },
  (driver, random) => {
    for (let i = random.below(5); i >= 0; i--) driver.frame(random.below(4) === 0 ? OTHER_FRAME : AMT_FRAME);
  },
  csme(() => ({ name: 'PING' })),
  (driver) => driver.fromCsme({ name: 'PING' }, { name: 'PING' }, { name: 'PING' }),
  csme((random) => ({ name: 'AMT_STATE', enabled: random.below(4) })),
  csme((random) => ({ name: 'NIC_OWNER', owner: random.below(4) })),
  csme((random) => ({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: random.below(2) })),
  csme(() => ({ name: 'CSME_TAKING_OWNERSHIP' })),
  csme(() => ({ name: 'CSME_CAN_RELEASE_OWNERSHIP' })),
  csme((random) => ({ name: 'PLDR_ACK', version: 0, status: random.below(2) })),
  (driver) => {
    driver.reads = false;
  },
  (driver) => {
    driver.advance(driver.nowMs + 3);
    driver.reads = true;
    driver.readRings();
  },
  (driver, random) => {
    const { phase, ownershipWaits, nvmWaits, pldr } = driver.host.state;
    if (phase === 'absent') driver.probe();
    else if (random.below(4) === 0 && ownershipWaits.length + nvmWaits.length === 0 && !pldr) driver.remove();
  },
];
