/**
 * The agent bound to its parts. The kernel is played here, because machines that run these tests have no WLAN; the same
 * against a real one is in test/vm/guest.
 */
import { constants } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type AgentNews,
  BridgeError,
  type CsmeConnInfo,
  type KernelParts,
  type Nl80211Event,
  type RfkillSwitch,
  type RtnetlinkEvent,
  type RunAgentOptions,
  type RunningAgent,
  runAgent,
  type Supplicant,
  type SupplicantEvent,
} from '../../netlink-bridge/index.ts';

const IFINDEX = 4;
const WIPHY = 1;
const AP: CsmeConnInfo = {
  authMode: 7,
  ssid: Buffer.from('corp-ap'),
  cipher: 4,
  channel: 36,
  bssid: 0x001122334455,
};
const CONNECTED: SupplicantEvent = { type: 'connected', bssid: AP.bssid, frequencyMhz: 5180 };

/** A machine whose card CSME has, and a supplicant that does as it is told. Everything that is asked is kept. */
class Machine {
  readonly asked: string[] = [];
  readonly news: AgentNews[] = [];
  connInfo: () => Promise<CsmeConnInfo> = async () => AP;
  ownership: () => Promise<void> = async () => this.block(false);
  supplicant: Partial<Supplicant> = {};
  interfaces = [{ ifindex: IFINDEX, name: 'wlan0', wiphy: WIPHY, wdev: 1n, mac: 2, type: 2 }];
  addresses: string[] = [];
  listInterfaces = async () => this.interfaces;
  listAddresses = async () => this.addresses;
  tell: (event: SupplicantEvent) => void = () => {};
  #switches = new Map<number, RfkillSwitch>();
  #onNl80211: (event: Nl80211Event) => void = () => {};
  #onRtnetlink: (event: RtnetlinkEvent) => void = () => {};
  #onNetlinkProblem: (problem: BridgeError) => void = () => {};
  #onRfkill: () => void = () => {};
  onNews: (news: AgentNews) => void = () => {};

  constructor() {
    this.block(true);
  }

  block(notOwner: boolean): void {
    const reasons = new Set(notOwner ? (['NOT_OWNER'] as const) : []);
    const one = { type: 'wlan', name: 'phy', soft: false, hard: notOwner, reasons } as const;
    // The switch of another radio is blocked by its key, which is none of ours.
    this.#switches.set(0, { ...one, index: 0, wiphy: 0, hard: true, reasons: new Set(['SIGNAL']) });
    this.#switches.set(1, { ...one, index: 1, wiphy: WIPHY });
    this.#onRfkill();
  }

  nl80211(event: Nl80211Event): void {
    this.#onNl80211(event);
  }

  address(change: 'new' | 'del', address: string, scope = 0): void {
    this.#onRtnetlink({ type: 'address', change, ifindex: IFINDEX, address, scope });
  }

  lose(): void {
    const errno = constants.errno.ENOBUFS;
    this.#onNetlinkProblem(new BridgeError('BRIDGE_ERR_KERNEL', { detail: 'Messages were lost.', errno }));
  }

  run(options: Partial<RunAgentOptions> = {}): Promise<RunningAgent> {
    const does = (name: keyof Supplicant) => async (): Promise<void> => {
      this.asked.push(name);
    };
    const supplicant: Supplicant = {
      addresses: 'others',
      find: async () => {
        this.asked.push('find');
        return { id: '0', name: 'corp' };
      },
      prepare: does('prepare'),
      connect: does('connect'),
      lift: does('lift'),
      restore: does('restore'),
      close: async () => {},
      ...this.supplicant,
    };
    return runAgent(
      {
        interface: 'wlan0',
        openSupplicant: async (onEvent) => {
          this.tell = onEvent;
          onEvent({ type: 'up' });
          return supplicant;
        },
        onNews: (news) => {
          this.news.push(news);
          this.onNews(news);
        },
        ...options,
      },
      this.#kernel(),
    );
  }

  /** Waits until a step is done or a trouble was told. */
  async until(wanted: number | string): Promise<AgentNews> {
    const found = () =>
      this.news.find(
        (one) =>
          (one.type === 'step' && one.step === wanted) || (one.type === 'trouble' && one.trouble === wanted),
      );
    return vi.waitUntil(found, { timeout: 20_000, interval: 1 });
  }

  #kernel(): KernelParts {
    return {
      openNl80211: async ({ onEvent } = {}) => {
        this.#onNl80211 = onEvent ?? this.#onNl80211;
        const notAsked = () => Promise.reject(new Error('nobody asks for that'));
        return {
          interfaces: () => this.listInterfaces(),
          wiphys: notAsked,
          link: async () => undefined,
          regulatory: notAsked,
          vendor: notAsked,
          getCsmeConnInfo: () => {
            this.asked.push('connInfo');
            return this.connInfo();
          },
          hostGetOwnership: () => {
            this.asked.push('ownership');
            return this.ownership();
          },
          close: () => {},
        };
      },
      openRtnetlink: async ({ onEvent, onProblem } = {}) => {
        this.#onRtnetlink = onEvent ?? this.#onRtnetlink;
        this.#onNetlinkProblem = onProblem ?? this.#onNetlinkProblem;
        return { addresses: () => this.listAddresses(), close: () => {} };
      },
      openRfkill: ({ onEvent } = {}) => {
        this.#onRfkill = () => onEvent?.({ type: 'change', switch: this.#switches.get(1)! });
        return { switches: this.#switches, extended: true, setSoft: () => {}, close: () => {} };
      },
    };
  }
}

const refusal = (errno: number) => () =>
  Promise.reject(new BridgeError('BRIDGE_ERR_KERNEL', { detail: 'no.', errno }));
const unsupported = () => Promise.reject(new BridgeError('BRIDGE_ERR_UNSUPPORTED', { detail: 'no.' }));

let running: RunningAgent | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

test('a take-over: each part is asked once, in the order of the steps', async () => {
  const machine = new Machine();
  running = await machine.run();
  await machine.until(8);
  machine.tell(CONNECTED);
  machine.address('new', 'fe80::1', 253);
  machine.address('new', '192.0.2.7');
  expect(await machine.until(10)).toMatchObject({ detail: '192.0.2.7' });
  expect(machine.asked).toEqual(['connInfo', 'find', 'prepare', 'connInfo', 'ownership', 'connect']);
  expect(running.phase).toBe('held');
  machine.nl80211({ type: 'roamingForbidden', ifindex: IFINDEX + 1, mac: 3, forbidden: false });
  expect(running.phase).toBe('held');
  machine.nl80211({ type: 'roamingForbidden', ifindex: IFINDEX, mac: 2, forbidden: false });
  await vi.waitUntil(() => machine.asked.at(-1) === 'lift', { timeout: 20_000 });
});

describe('what the kernel answers', () => {
  test.each([
    ['no-conn-info', refusal(constants.errno.EINVAL)],
    ['unsupported', unsupported],
    ['conn-info-failed', refusal(constants.errno.ENOMEM)],
    ['unusable-ap', async () => ({ ...AP, channel: 0 })],
  ])('to GET_CSME_CONN_INFO is %s', async (trouble, connInfo) => {
    const machine = new Machine();
    machine.connInfo = connInfo;
    running = await machine.run();
    await machine.until(trouble);
    expect(machine.asked).toEqual(['connInfo']);
  });

  test.each([
    ['not-granted', refusal(constants.errno.ETIMEDOUT)],
    ['refused', refusal(constants.errno.EACCES)],
    ['refused', refusal(constants.errno.EBUSY)],
    ['ask-failed', refusal(constants.errno.ENOMEM)],
    ['unsupported', unsupported],
  ])('to HOST_GET_OWNERSHIP is %s', async (trouble, ownership) => {
    const machine = new Machine();
    machine.ownership = ownership;
    running = await machine.run();
    await machine.until(trouble);
    expect(machine.asked).not.toContain('connect');
  });
});

test.each([
  ['find', 'find-failed'],
  ['prepare', 'prepare-failed'],
] as const)('a supplicant that fails to %s is %s', async (call, trouble) => {
  const machine = new Machine();
  machine.supplicant = { [call]: () => Promise.reject(new Error('FAIL')) };
  running = await machine.run();
  expect(await machine.until(trouble)).toMatchObject({ detail: expect.stringContaining('FAIL') });
  expect(machine.asked).not.toContain('ownership');
});

test('calls of the supplicant wait for each other, also when the agent is stopped meanwhile', async () => {
  const machine = new Machine();
  let prepared = (): void => {};
  machine.supplicant = {
    prepare: () => {
      machine.asked.push('prepare');
      return new Promise((resolve) => {
        prepared = resolve;
      });
    },
  };
  const agent = await machine.run();
  await vi.waitUntil(() => machine.asked.includes('prepare'), { timeout: 20_000 });
  const stopped = agent.stop();
  await new Promise((resolve) => setImmediate(resolve));
  expect(machine.asked.at(-1)).toBe('prepare');
  prepared();
  await stopped;
  expect(machine.asked.at(-1)).toBe('restore');
});

test.each([true, false])('a connect is given up when all is to be put back (begun %s)', async (begun) => {
  const machine = new Machine();
  let end = (): void => {};
  machine.supplicant = {
    connect: () => {
      machine.asked.push('connect');
      return new Promise((resolve) => {
        end = resolve;
      });
    },
    giveUp: () => {
      machine.asked.push('giveUp');
      end();
    },
  };
  if (!begun) {
    // At the moment at which the question comes out.
    machine.onNews = (news) => {
      if (news.type === 'step' && news.step === 8) queueMicrotask(() => machine.block(true));
    };
  }
  running = await machine.run();
  await machine.until(8);
  if (begun) await vi.waitUntil(() => machine.asked.includes('connect'), { timeout: 20_000 });
  if (begun) machine.block(true);
  await machine.until('stolen');
  await vi.waitUntil(() => machine.asked.includes('restore'), { timeout: 20_000 });
  const last = machine.asked.slice(0, machine.asked.indexOf('restore') + 1).slice(begun ? -3 : -2);
  expect(last).toEqual(begun ? ['connect', 'giveUp', 'restore'] : ['giveUp', 'restore']);
  expect(machine.asked.includes('connect')).toBe(begun);
});

test('an interface that comes, goes or is renamed is noticed', async () => {
  const machine = new Machine();
  const [wlan] = machine.interfaces;
  machine.interfaces = [];
  running = await machine.run();
  expect(running.phase).toBe('absent');
  machine.interfaces = [wlan!];
  machine.nl80211({ type: 'interface', change: 'new', ifindex: IFINDEX, name: 'wlan0' });
  await machine.until(8);
  machine.interfaces = [{ ...wlan!, name: 'wlp2s0' }];
  machine.nl80211({ type: 'interface', change: 'new', ifindex: IFINDEX, name: 'wlp2s0' });
  await machine.until('interface-gone');
});

test('a card in the place of another one of the same name begins anew', async () => {
  const machine = new Machine();
  machine.connInfo = unsupported;
  running = await machine.run();
  await machine.until('unsupported');
  machine.connInfo = async () => AP;
  machine.interfaces = [{ ...machine.interfaces[0]!, ifindex: IFINDEX + 1 }];
  machine.nl80211({ type: 'interface', change: 'new', ifindex: IFINDEX + 1, name: 'wlan0' });
  await machine.until(8);
});

test('a card that goes while its addresses are listed is gone', async () => {
  const machine = new Machine();
  const [wlan] = machine.interfaces;
  machine.interfaces = [];
  running = await machine.run();
  let listed = (): void => {};
  machine.listAddresses = () =>
    new Promise((resolve) => {
      listed = () => resolve([]);
    });
  machine.interfaces = [wlan!];
  machine.nl80211({ type: 'interface', change: 'new', ifindex: IFINDEX, name: 'wlan0' });
  await new Promise((resolve) => setImmediate(resolve));
  machine.interfaces = [];
  machine.nl80211({ type: 'interface', change: 'del', ifindex: IFINDEX, name: 'wlan0' });
  await new Promise((resolve) => setImmediate(resolve));
  listed();
  await machine.until('interface-gone');
  expect(running.phase).toBe('absent');
});

test('an address that comes while they are listed counts', async () => {
  const machine = new Machine();
  machine.listAddresses = async () => {
    machine.address('new', '192.0.2.7');
    return [];
  };
  running = await machine.run();
  await machine.until(8);
  machine.tell(CONNECTED);
  expect(await machine.until(10)).toMatchObject({ detail: '192.0.2.7' });
});

test('a card whose addresses cannot be listed is there all the same', async () => {
  const machine = new Machine();
  machine.listAddresses = () =>
    Promise.reject(new BridgeError('BRIDGE_ERR_TIMEOUT', { detail: 'the kernel says nothing.' }));
  running = await machine.run();
  await machine.until(8);
  machine.tell(CONNECTED);
  machine.address('new', '192.0.2.7');
  await machine.until(10);
});

test('what was told in messages that were lost is asked for', async () => {
  const machine = new Machine();
  running = await machine.run();
  await machine.until(8);
  machine.tell(CONNECTED);
  await machine.until(9);
  machine.addresses = ['192.0.2.7'];
  machine.lose();
  expect(await machine.until(10)).toMatchObject({ detail: '192.0.2.7' });
});

test('who stops it twice waits for the same end', async () => {
  const machine = new Machine();
  const agent = await machine.run();
  await machine.until(8);
  await Promise.all([agent.stop(), agent.stop()]);
  await agent.stop();
  expect(machine.asked.filter((call) => call === 'restore')).toHaveLength(1);
});

describe('a DHCP client of its own', () => {
  test('counts what was there before as nothing', async () => {
    const machine = new Machine();
    machine.addresses = ['192.0.2.7'];
    running = await machine.run({ dhcp: ['true'] });
    await machine.until(8);
    machine.tell(CONNECTED);
    await machine.until(9);
    expect(running.phase).toBe('addressing');
    machine.address('new', '192.0.2.8');
    await machine.until(10);
  });

  test('is not run where the supplicant has one', async () => {
    const machine = new Machine();
    machine.supplicant = { addresses: 'own' };
    const error = vi.fn();
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error };
    running = await machine.run({ dhcp: ['/nonexistent/dhcp'], log });
    await machine.until(8);
    machine.tell(CONNECTED);
    machine.address('new', '192.0.2.8');
    await machine.until(10);
    expect(error).not.toHaveBeenCalled();
  });
});

test('a dry run changes nothing', async () => {
  const machine = new Machine();
  const error = vi.fn();
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error };
  running = await machine.run({ dryRun: true, dhcp: ['/nonexistent/dhcp'], log });
  await machine.until('dry-run');
  machine.tell(CONNECTED);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(error).not.toHaveBeenCalled();
  expect(machine.asked).toEqual(['connInfo', 'find']);
});

test('sleep puts everything back, waking begins again', async () => {
  const machine = new Machine();
  machine.ownership = refusal(constants.errno.ETIMEDOUT);
  running = await machine.run();
  await machine.until('not-granted');
  running.sleep();
  await vi.waitUntil(() => running?.phase === 'asleep', { timeout: 20_000 });
  expect(machine.asked.at(-1)).toBe('restore');
  const before = machine.asked.length;
  running.wake();
  await vi.waitUntil(() => machine.asked.length > before, { timeout: 20_000 });
  expect(machine.asked[before]).toBe('connInfo');
});

test('what cannot be opened is told, and nothing stays open', async () => {
  const close = vi.fn();
  const machine = new Machine();
  const failing = runAgent(
    { interface: 'wlan0', openSupplicant: () => Promise.reject(new Error('nobody asks')) },
    {
      openNl80211: async () => ({ close }) as never,
      openRtnetlink: () => Promise.reject(new BridgeError('BRIDGE_ERR_ABSENT', { detail: 'no netlink.' })),
      openRfkill: () => machine as never,
    },
  );
  await expect(failing).rejects.toThrow('no netlink.');
  expect(close).toHaveBeenCalledOnce();
});
