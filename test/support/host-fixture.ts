/** The real host, with a CSME written by hand at the other end of the shared area, on a clock that a test turns. */
import {
  type Association,
  type CommandName,
  type Commands,
  Host,
  type HostInput,
  type HostOutput,
  type Quirks,
} from '../../ownership/index.ts';
import {
  AREA_LAYOUTS,
  type CsmeConnStatus,
  decodeMe,
  decodeSap,
  EFAULT,
  encodeMe,
  encodeSap,
  type MeMessage,
  type Queue,
  RingReader,
  RingWriter,
  type SapDraft,
  SapError,
  type SapMessage,
  type SapName,
  type SapVersion,
  SharedArea,
} from '../../sap/index.ts';

export interface FixtureOptions {
  quirks?: Quirks;
  /** Another host than one with these quirks. */
  host?: Host;
  /** The versions whose area CSME takes; the host asks for 4, then 3. */
  speaks?: readonly SapVersion[];
}

interface Logged {
  atMs: number;
  output: HostOutput;
}

/**
 * Every method that lets something happen gives what the host did about it, in words (`brief`). What the host wrote
 * into its rings stays there until CSME reads it: `heard` and `read`.
 */
export class HostFixture {
  readonly host: Host;
  nowMs = 1000;
  /** Whether CSME answers a map request by itself. */
  answersMap = true;
  /** An errno with which the bus refuses ME messages; 0: it takes them. */
  sendErrno = 0;
  area: SharedArea | undefined;
  readonly log: Logged[] = [];
  /** ME messages of the host. */
  readonly me: MeMessage[] = [];
  readonly problems: SapError[] = [];
  readonly #speaks: readonly SapVersion[];
  #token = 0;
  #seqNum = 0;

  constructor(options: FixtureOptions = {}) {
    this.host = options.host ?? new Host({ quirks: options.quirks ?? {} });
    this.#speaks = options.speaks ?? [4, 3];
  }

  // --- the bus ---

  handle(input: HostInput): string[] {
    this.host.handle(this.nowMs, input);
    return this.#drain();
  }

  probe(): string[] {
    return this.handle({ type: 'probe' });
  }

  remove(): string[] {
    return this.handle({ type: 'remove' });
  }

  lost(): string[] {
    return this.handle({ type: 'lost' });
  }

  startOk(version: number = this.host.state.version): string[] {
    return this.meFromCsme(encodeMe({ name: 'START_OK', supportedVersion: version }, 1));
  }

  /** An ME message of CSME, as bytes. */
  meFromCsme(bytes: Uint8Array): string[] {
    return this.handle({ type: 'me', bytes });
  }

  /** Up to START_OK, with a WLAN driver; then AMT and what CSME makes of it. */
  up(options: { driver?: boolean; amt?: boolean; owner?: 'host' | 'csme' } = {}): this {
    if (options.driver !== false) this.command('register');
    this.probe();
    this.startOk();
    if (options.amt !== false) this.csme({ name: 'AMT_STATE', enabled: 1 });
    if (options.owner) this.csme({ name: 'NIC_OWNER', owner: options.owner === 'host' ? 1 : 2 });
    this.heard();
    this.later(1000);
    return this;
  }

  // --- CSME ---

  /** CSME writes messages and rings. */
  csme(...drafts: SapDraft[]): string[] {
    for (const draft of drafts) this.write(draft);
    return this.bell();
  }

  write(draft: SapDraft, queue: Queue = 'notif'): void {
    this.writeBytes(encodeSap(draft, ++this.#seqNum), queue);
  }

  writeBytes(bytes: Uint8Array, queue: Queue = 'notif'): void {
    const error = new RingWriter(this.#area(), this.ring('m2h', queue), { fillCompletely: true }).write(
      bytes,
    );
    if (error) throw error;
  }

  bell(): string[] {
    return this.meFromCsme(encodeMe({ name: 'CHECK_SHARED_AREA' }, 1));
  }

  /** Reads what the host has written: whole messages, decoded. */
  read(queue: Queue = 'notif'): SapMessage[] {
    const messages: SapMessage[] = [];
    if (!this.area) return messages;
    const { error } = new RingReader(this.area, this.ring('h2m', queue)).read((bytes, start, end) => {
      const message = decodeSap(bytes.slice(start, end), 0, end - start, 'host');
      if (message instanceof SapError) throw message;
      messages.push(message);
    });
    if (error) throw error;
    return messages;
  }

  /** The names of what the host has written. */
  heard(queue: Queue = 'notif'): SapName[] {
    return this.read(queue).map((message) => message.name);
  }

  ring(dir: 'h2m' | 'm2h', queue: Queue) {
    return this.#area().layout.rings[dir][queue];
  }

  /** Puts a ring pointer where a damaged peer could. */
  setPointer(dir: 'h2m' | 'm2h', queue: Queue, pointer: 'wrAt' | 'rdAt', value: number): void {
    Atomics.store(this.#area().words, this.ring(dir, queue)[pointer] >> 2, value);
  }

  // --- the WLAN driver ---

  command<N extends CommandName>(
    name: N,
    ...args: object extends Commands[N]['args'] ? [] : [Commands[N]['args']]
  ): string[] {
    return this.handle({ type: 'command', token: ++this.#token, name, args: args[0] ?? {} });
  }

  frameIn(bytes: Uint8Array) {
    const verdict = this.host.receive(this.nowMs, bytes, 0, bytes.length);
    return { verdict, did: this.#drain() };
  }

  // --- time ---

  /** Lets `ms` pass; every timer goes off at its time. */
  later(ms: number): string[] {
    const until = this.nowMs + ms;
    const did: string[] = [];
    for (
      let at = this.host.nextTimeoutAt();
      at !== undefined && at <= until;
      at = this.host.nextTimeoutAt()
    ) {
      this.nowMs = Math.max(this.nowMs, at);
      this.host.handleTimeout(this.nowMs);
      did.push(...this.#drain());
    }
    this.nowMs = until;
    return did;
  }

  /** When each output of the kind came, in ms. */
  timesOf(what: string): number[] {
    return this.log.filter(({ output }) => brief(output)?.startsWith(what)).map(({ atMs }) => atMs);
  }

  #drain(): string[] {
    const did: string[] = [];
    for (let output = this.host.poll(); output; output = this.host.poll()) {
      this.log.push({ atMs: this.nowMs, output });
      const words = brief(output);
      if (words !== undefined) did.push(words);
      did.push(...this.#answer(output));
    }
    return did;
  }

  #answer(output: HostOutput): string[] {
    switch (output.type) {
      case 'map':
        return this.answersMap ? this.answerMap(output.size) : [];
      case 'me': {
        const message = decodeMe(output.bytes, 'host');
        if (message instanceof SapError) throw message;
        this.me.push(message);
        return this.sendErrno === 0 ? [] : this.handle({ type: 'sendFailed', errno: this.sendErrno });
      }
      case 'problem':
        this.problems.push(output.error);
        return [];
      case 'unmap':
        this.area = undefined;
        return [];
      default:
        return [];
    }
  }

  /** CSME takes the area if it speaks its version, else refuses it. */
  answerMap(size: number): string[] {
    const version = this.#speaks.find((v) => AREA_LAYOUTS[v].size === size);
    if (version === undefined) return this.handle({ type: 'mapRefused', errno: EFAULT });
    const memory = new ArrayBuffer(size);
    this.area = new SharedArea(memory, AREA_LAYOUTS[version]);
    this.#seqNum = 0;
    return this.handle({ type: 'mapped', memory });
  }

  #area(): SharedArea {
    if (!this.area) throw new Error('no area is mapped');
    return this.area;
  }
}

/** An output in words; `undefined` for the return of a command that has no result. */
export function brief(output: HostOutput): string | undefined {
  switch (output.type) {
    case 'map':
      return `map ${output.size}`;
    case 'me':
      return briefMe(output.bytes);
    case 'tell':
      return briefTell(output);
    case 'return':
      return briefReturn(output);
    case 'transmit':
      return `transmit ${output.frame.length}`;
    case 'problem':
      return `problem ${output.error.code}`;
    case 'filters':
      return undefined;
    default:
      return output.type;
  }
}

function briefMe(bytes: Uint8Array): string {
  const message = decodeMe(bytes, 'host');
  if (message instanceof SapError) return message.code;
  if (message.name === 'CHECK_SHARED_AREA') return 'bell';
  return message.name === 'START' ? `START ${message.supportedVersions}` : message.name;
}

function briefTell(output: Extract<HostOutput, { type: 'tell' }>): string {
  switch (output.name) {
    case 'rfkill':
      return `rfkill ${output.args.blocked ? 'blocked' : 'free'}${output.args.csmeTaking ? ', CSME is taking' : ''}`;
    case 'roaming_forbidden':
      return `roaming ${output.args.forbidden ? 'forbidden' : 'allowed'}`;
    case 'me_conn_status':
      return `AP ${ssidText(output.args.connectionInfo)} lp=${output.args.linkProtState}`;
    default:
      return output.name;
  }
}

function briefReturn(output: Extract<HostOutput, { type: 'return' }>): string | undefined {
  if (output.name === 'get_nvm') {
    return `get_nvm = ${output.result.nvm ? `version ${output.result.nvm.nvmVersion}` : 'null'}`;
  }
  const [value] = Object.values(output.result);
  return value === undefined ? undefined : `${output.name} = ${value}`;
}

const TEXT = new TextDecoder();

function ssidText({ ssid, ssidLen }: CsmeConnStatus['connectionInfo']): string {
  return TEXT.decode(ssid.subarray(0, ssidLen));
}

function bytesOf(text: string, length = text.length): Uint8Array {
  const out = new Uint8Array(length);
  out.set(new TextEncoder().encode(text));
  return out;
}

// --- things to say ---

export const AP_BSSID = 0x02_11_22_33_44_55;

/** CSME_CONN_STATUS of an AMT session on the network "office", or of none. */
export function connStatus(linkProtState: number, ssid = 'office'): SapDraft {
  return {
    name: 'CSME_CONN_STATUS',
    linkProtState,
    scanRequest: 0,
    connectionInfo: {
      ssidLen: ssid.length,
      ssid: bytesOf(ssid, 32),
      authMode: 7,
      pairwiseCipher: 4,
      channel: 36,
      band: 1,
      bssid: AP_BSSID,
    },
  };
}

export const ASSOCIATION: Association = {
  ssid: bytesOf('office'),
  authMode: 9,
  pairwiseCipher: 4,
  channel: 36,
  band: 1,
  bssid: AP_BSSID,
};

export const STATION = 0x02_00_00_00_00_01;

export function nvm(nvmVersion: number): SapDraft {
  return {
    name: 'NVM',
    hwAddr: STATION,
    nHwAddrs: 1,
    radioCfg: 0,
    caps: 0,
    nvmVersion,
    channels: new Array<number>(110).fill(0),
  };
}

/** Filters that want ARP requests for any address, and leave them to the host only when told to. */
export function arpFilters(options: { copy?: boolean; multicast?: number } = {}): SapDraft {
  const eth = (macAddress: number, flags: number) => ({ macAddress, flags });
  return {
    name: 'CSME_FILTERS',
    oobFilters: {
      flexFilters: new Array(14).fill({ srcPort: 0, dstPort: 0, flags: 0 }),
      icmpv6Flags: 0,
      ipv6Filters: new Array(4).fill({ addrLo24: 0, flags: 0 }),
      ethFilters: [
        options.multicast === undefined ? eth(0, 0) : eth(options.multicast, 0x5),
        ...new Array(4).fill(eth(0, 0)),
      ],
      ipv4Filter: { ipv4Addr: 0, flags: options.copy ? 0x0c : 0x04 },
      vlan: [0, 0, 0, 0],
    },
  };
}

const BROADCAST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const SOMEBODY = [0x02, 0, 0, 0, 0, 9];

/** An ARP request, padded to the least Ethernet frame. */
export function arpRequest(): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set([...BROADCAST, ...SOMEBODY, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]);
  return frame;
}

/** A frame to a multicast address. */
export function multicastFrame(to: number): Uint8Array {
  const frame = new Uint8Array(60);
  for (let i = 0; i < 6; i++) frame[i] = Math.floor(to / 2 ** (8 * (5 - i))) & 0xff;
  frame.set([...SOMEBODY, 0x88, 0xcc], 6);
  return frame;
}

/** A DHCP discover of the host. */
export function dhcpFrame(): Uint8Array {
  const frame = new Uint8Array(42);
  frame.set([...BROADCAST, ...SOMEBODY, 0x08, 0x00, 0x45]);
  frame[23] = 17;
  frame.set([0, 68, 0, 67], 34);
  return frame;
}
