/**
 * What iwlwifi with iwlmei gives a real WLAN card, for a simulated one: works /dev/sapwood-nic, the kernel module in
 * `module/`, which `npm run test:vm` builds and loads. In a guest test:
 *
 *     describe.skipIf(!nicModuleIsThere())('…', () => {
 *       const module = openNicModule();
 *       const nic = module.attach('wlan0', (question) => question.answer());    // HOST_GET_OWNERSHIP; 'ETIMEDOUT', … refuses
 *       nic.block('NOT_OWNER');                                                 // hard rfkill, until nic.block()
 *       nic.setConnInfo({ authMode: 7, cipher: 4, ssid: Buffer.from('corp-ap'), channel: 6, bssid: 0x020000000100 });
 *       nic.roamingForbidden(true);                                             // the vendor event
 *       await module.close();                                                   // everything as it was
 *     });
 *
 * Closing the descriptor, also by the death of the process, puts everything back. The radios of the guest are phy0 to phy3
 * with wlan0 to wlan3. A question that nobody answers ends with ETIMEDOUT after `wait_ms` (`setOwnershipWaitMs`); all the
 * while the kernel holds locks, and a program that sets up interfaces waits with it: answer without running any.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { native, nativeProblem, POLLIN, type Watch } from '../../../native/index.ts';
import type { MacAddress } from '../../../sap/index.ts';

const DEVICE = '/dev/sapwood-nic';
const WAIT_MS = '/sys/module/sapwood_nic/parameters/wait_ms';

/** Reasons of a hard block, with their bits. */
const HARD_BLOCK = { SIGNAL: 1, NOT_OWNER: 2 } as const;
export type HardBlock = keyof typeof HARD_BLOCK;

/** What GET_CSME_CONN_INFO answers: firmware numbers, an SSID of 32 bytes at most. */
export interface NicConnInfo {
  readonly authMode: number;
  readonly cipher: number;
  readonly ssid: Uint8Array;
  readonly channel: number;
  readonly bssid: MacAddress;
}

/** A HOST_GET_OWNERSHIP that waits in the kernel. */
export interface OwnershipQuestion {
  /** Ends it: success, or the error of that name or number. False: it had timed out or was answered before. */
  answer(error?: keyof typeof constants.errno | number): boolean;
}

export interface NicModule {
  /**
   * Gives the radio of an interface of this network namespace what iwlwifi has. Without `onOwnership` questions time out.
   * @throws NativeError EBUSY: somebody has attached that radio; ENODEV; EOPNOTSUPP: it is no WLAN interface
   */
  attach(interfaceName: string, onOwnership?: (question: OwnershipQuestion) => void): SimulatedNic;
  /** Detaches everything; resolves when it is done. */
  close(): Promise<void>;
}

/** Calls throw NativeError: ENODEV behind an interface that has gone or has moved to another network namespace. */
export interface SimulatedNic {
  /** The switch is hard-blocked for exactly these reasons; without any it is free. */
  block(...reasons: HardBlock[]): void;
  /** undefined: GET_CSME_CONN_INFO answers EINVAL, as in the beginning. */
  setConnInfo(info: NicConnInfo | undefined): void;
  /** Sends the event ROAMING_FORBIDDEN. */
  roamingForbidden(forbidden: boolean): void;
  /** The radio is as it was, and its block is lifted. */
  detach(): void;
}

/** Whether this machine can simulate a card: the guest, where its module could be built, with the addon. */
export function nicModuleIsThere(): boolean {
  return existsSync(DEVICE) && nativeProblem() === undefined;
}

/** How long HOST_GET_OWNERSHIP waits, for all; 500 as long as nobody changes it, as iwlmei. Returns what it was. */
export function setOwnershipWaitMs(ms: number): number {
  const before = Number(readFileSync(WAIT_MS, 'utf8'));
  writeFileSync(WAIT_MS, String(ms));
  return before;
}

// struct nic_record: kind, nic, question, value, authMode, cipher, channel, SSID length, BSSID, SSID
const RECORD = {
  size: 64,
  authMode: 16,
  cipher: 20,
  channel: 24,
  ssidLength: 25,
  bssid: 26,
  ssid: 32,
} as const;
const SSID_LIMIT = 32;
const KIND = { attach: 1, detach: 2, block: 3, connInfo: 4, forget: 5, answer: 6, roaming: 7 } as const;
const OWNERSHIP = 0x100;

export function openNicModule(): NicModule {
  const fd = native().deviceOpen(DEVICE);
  const handlers = new Map<number, (question: OwnershipQuestion) => void>();
  let lastNic = 0;
  let closing: Promise<void> | undefined;

  const write = (kind: keyof typeof KIND, nic: number, more: Partial<RecordFields> = {}) => {
    native().deviceWrite(fd, record({ kind: KIND[kind], nic, ...more }), 0, RECORD.size);
  };
  const watch: Watch = native().watch(fd, POLLIN, () => {
    const bytes = Buffer.alloc(RECORD.size);
    while (native().deviceRead(fd, bytes, 0) > 0) {
      const [kind, nic, question] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
      if (kind !== OWNERSHIP) throw new Error(`${DEVICE}: a record of unknown kind ${kind}`);
      handlers.get(nic)?.({
        answer: (error) =>
          inTime(() =>
            write('answer', nic, {
              question,
              value: typeof error === 'string' ? constants.errno[error] : (error ?? 0),
            }),
          ),
      });
    }
  });

  return {
    attach(interfaceName, onOwnership) {
      const nic = ++lastNic;
      write('attach', nic, { value: native().ifIndex(interfaceName) });
      if (onOwnership !== undefined) handlers.set(nic, onOwnership);
      return {
        block: (...reasons) =>
          write('block', nic, { value: reasons.reduce((bits, reason) => bits | HARD_BLOCK[reason], 0) }),
        setConnInfo: (conn) => (conn === undefined ? write('forget', nic) : write('connInfo', nic, { conn })),
        roamingForbidden: (forbidden) => write('roaming', nic, { value: forbidden ? 1 : 0 }),
        detach() {
          handlers.delete(nic);
          write('detach', nic);
        },
      };
    },
    close() {
      if (closing === undefined) {
        watch.close();
        // It takes the lock that a question holds: not on this thread.
        closing = native().deviceClose(fd);
      }
      return closing;
    },
  };
}

interface RecordFields {
  readonly kind: number;
  readonly nic: number;
  readonly question: number;
  readonly value: number;
  readonly conn: NicConnInfo;
}

function record({ kind, nic, question = 0, value = 0, conn }: Partial<RecordFields>): Buffer {
  const bytes = Buffer.alloc(RECORD.size);
  bytes.writeUInt32LE(kind!, 0);
  bytes.writeUInt32LE(nic!, 4);
  bytes.writeUInt32LE(question, 8);
  bytes.writeInt32LE(value, 12);
  if (conn !== undefined) {
    if (conn.ssid.length > SSID_LIMIT) throw new RangeError(`An SSID of ${conn.ssid.length} bytes.`);
    bytes.writeUInt32LE(conn.authMode, RECORD.authMode);
    bytes.writeUInt32LE(conn.cipher, RECORD.cipher);
    bytes.writeUInt8(conn.channel, RECORD.channel);
    bytes.writeUInt8(conn.ssid.length, RECORD.ssidLength);
    bytes.writeUIntBE(conn.bssid, RECORD.bssid, 6);
    bytes.set(conn.ssid, RECORD.ssid);
  }
  return bytes;
}

/** False when the kernel does not wait for this answer any more. */
function inTime(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if ((error as { errno?: number }).errno === constants.errno.ESTALE) return false;
    throw error;
  }
}
