/**
 * Clients to test hosts with: everything that a firmware can do to a program, on request.
 *
 * They give back what they get. A message that begins with `@` is a command instead; what follows in angle brackets is
 * a number of milliseconds, `never` where that makes sense:
 *
 *     @after <ms> text   gives back the text after that time
 *     @twice text        gives back the text two times
 *     @none              gives back nothing
 *     @empty             gives back a message without bytes
 *     @long              gives back a message that is one byte too long
 *     @broken            gives back fragments that do not fit together
 *     @busy <ms>         the next message may come only after that time
 *     @event <ms>        has an event after that time
 *     @agree <ms>        agrees to events only after that time; `@agree refuse`: not at all
 *     @bye <ms>          ends the connection after that time
 *     @reset <ms>        the whole firmware starts again, and is there after that time
 */
import {
  CONNECT_STATUS,
  type MeClient,
  type MeClientProperties,
  type MeLink,
  type MeService,
} from '../client.ts';
import { ascii, textOf } from './text.ts';

export const TEST_GUIDS = {
  /** Tags and events; one connection for all. */
  tagged: '5a9e0000-7e57-4e57-8e57-000000000001',
  /** No tags; two connections, short messages. */
  plain: '5a9e0000-7e57-4e57-8e57-000000000002',
  /** Never answers a connect request. */
  silent: '5a9e0000-7e57-4e57-8e57-000000000003',
  /** Answers a connect request after half a second. */
  slow: '5a9e0000-7e57-4e57-8e57-000000000004',
  /** At a fixed address. */
  fixed: '5a9e0000-7e57-4e57-8e57-000000000005',
  /** These refuse, each with another status. */
  notFound: '5a9e0000-7e57-4e57-8e57-0000000000f1',
  alreadyStarted: '5a9e0000-7e57-4e57-8e57-0000000000f2',
  outOfResources: '5a9e0000-7e57-4e57-8e57-0000000000f3',
  invalidParameter: '5a9e0000-7e57-4e57-8e57-0000000000f4',
  notAllowed: '5a9e0000-7e57-4e57-8e57-0000000000f5',
  /** With a status that no document names. */
  unknownStatus: '5a9e0000-7e57-4e57-8e57-0000000000f9',
} as const;

export function testClients(): MeClient[] {
  return [
    serving({ name: 'test', guid: TEST_GUIDS.tagged, vtags: true, maxMessageLength: 4096 }),
    serving({ name: 'test plain', guid: TEST_GUIDS.plain, maxConnections: 2, maxMessageLength: 512 }),
    serving({ name: 'test silent', guid: TEST_GUIDS.silent }, Number.POSITIVE_INFINITY),
    serving({ name: 'test slow', guid: TEST_GUIDS.slow }, SLOW_MS),
    serving({ name: 'test fixed', guid: TEST_GUIDS.fixed, fixedAddress: true }),
    refusing('notFound', CONNECT_STATUS.NOT_FOUND),
    refusing('alreadyStarted', CONNECT_STATUS.ALREADY_STARTED),
    refusing('outOfResources', CONNECT_STATUS.OUT_OF_RESOURCES),
    refusing('invalidParameter', CONNECT_STATUS.INVALID_PARAMETER),
    refusing('notAllowed', CONNECT_STATUS.NOT_ALLOWED),
    refusing('unknownStatus', UNKNOWN_STATUS),
  ];
}

type Given = Pick<MeClientProperties, 'name' | 'guid'> & Partial<MeClientProperties>;

function serving(given: Given, afterMs = 0): MeClient {
  const properties = { ...DEFAULTS, ...given };
  return { ...properties, accept: (link) => new TestService(link, properties.maxMessageLength, afterMs) };
}

function refusing(key: keyof typeof TEST_GUIDS, status: number): MeClient {
  return { ...DEFAULTS, name: `test ${key}`, guid: TEST_GUIDS[key], accept: () => ({ status }) };
}

class TestService implements MeService {
  readonly afterMs: number;
  readonly #link: MeLink;
  readonly #maxMessageLength: number;
  /** What `onNotifications` says. */
  #agrees: boolean | number = true;

  constructor(link: MeLink, maxMessageLength: number, afterMs: number) {
    this.#link = link;
    this.#maxMessageLength = maxMessageLength;
    this.afterMs = afterMs;
  }

  onMessage(message: Uint8Array, vtag: number): void {
    const command = message[0] === AT ? COMMAND.exec(textOf(message)) : null;
    if (command === null) return this.#link.send(message, { vtag });
    const [, name = '', time = '', text = ''] = command;
    this.#do(name, time === 'never' ? Number.POSITIVE_INFINITY : Number(time || 0), text, time, vtag);
  }

  onNotifications(): boolean | number {
    return this.#agrees;
  }

  #do(name: string, ms: number, text: string, word: string, vtag: number): void {
    const link = this.#link;
    switch (name) {
      case 'after':
        return link.send(ascii(text), { vtag, delayMs: ms });
      case 'twice':
        link.send(ascii(text), { vtag });
        return link.send(ascii(text), { vtag });
      case 'none':
        return;
      case 'empty':
        return link.send(new Uint8Array(0), { vtag });
      case 'long':
        return link.send(new Uint8Array(this.#maxMessageLength + 1), { vtag });
      case 'broken':
        return link.send(ascii('broken'), { vtag, broken: true });
      case 'busy':
        return link.busy(ms);
      case 'event':
        return link.notify(ms);
      case 'agree':
        this.#agrees = word !== 'refuse' && ms;
        return;
      case 'bye':
        return link.disconnect(ms);
      case 'reset':
        return link.resetFirmware(ms);
      default:
        return link.send(ascii(`no command: ${name}`), { vtag });
    }
  }
}

const DEFAULTS = { protocolVersion: 2, maxMessageLength: 1024, maxConnections: 1 } as const;
const AT = 0x40;
const COMMAND = /^@(\w+)(?: (\d{1,6}|never|refuse)\b)?(?: (.*))?$/s;
const SLOW_MS = 500;
const UNKNOWN_STATUS = 9;
