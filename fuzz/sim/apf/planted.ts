/** Defects of a session that the simulation must find: what goes in or comes out is changed as each would change it. */
import {
  type FirmwareInput,
  FirmwareSession,
  type LmsInput,
  LmsSession,
} from '../../../amt/protocol/index.ts';
import type { Tamper } from './world.ts';

export interface PlantedDefect {
  readonly what: string;
  /** What the simulation says of it. */
  readonly finding: RegExp;
  readonly tamper: () => Tamper;
}

const OPCODE = { confirmation: 91, failure: 92, adjust: 93, data: 94, close: 97 } as const;

class HastyLms extends LmsSession {
  override handle(nowMs: number, input: LmsInput): void {
    if (input.type !== 'end') return super.handle(nowMs, input);
    const isOpen = this.channels.byConnection(input.connection)?.phase === 'open';
    super.handle(nowMs, { ...input, type: isOpen ? 'abort' : 'end' });
    if (isOpen) this.put({ type: 'closed', connection: input.connection });
  }
}

class HastyFirmware extends FirmwareSession {
  override handle(nowMs: number, input: FirmwareInput): void {
    if (input.type !== 'end') return super.handle(nowMs, input);
    super.handle(nowMs, { ...input, type: 'abort' });
    this.put({ type: 'closed', connection: input.connection });
  }
}

export const APF_DEFECTS: readonly PlantedDefect[] = [
  {
    what: 'The host loses a byte',
    finding: /bytes that are not the next/,
    tamper: () => ({
      output: (side, output) =>
        side === 'host' && output.type === 'data' && output.bytes.length > 100
          ? { ...output, bytes: output.bytes.subarray(0, -1) }
          : output,
    }),
  },
  {
    what: 'The host sends its data in another order',
    finding: /bytes that are not the next/,
    tamper: () => {
      let isHeld = false;
      return {
        output: (side, output) => {
          if (side !== 'host' || !isSend(output, OPCODE.data) || output.bytes.length < 200) return output;
          isHeld = !isHeld;
          // Half of the message changes places with the other.
          const { bytes } = output;
          const middle = (bytes.length + 9) >> 1;
          return isHeld
            ? {
                type: 'send',
                bytes: Uint8Array.of(
                  ...bytes.subarray(0, 9),
                  ...bytes.subarray(middle),
                  ...bytes.subarray(9, middle),
                ),
              }
            : output;
        },
      };
    },
  },
  {
    what: 'The host takes windows to be larger than they are',
    finding: /more than the window has/,
    tamper: () => ({
      input: (side, input) =>
        side === 'host' && isMessage(input, OPCODE.adjust)
          ? { type: 'message', bytes: withWord(input.bytes, 5, 2) }
          : input,
    }),
  },
  {
    what: 'The host allows more than it has room for',
    finding: /the host allows/,
    tamper: () => ({
      output: (side, output) =>
        side === 'host' && isSend(output, OPCODE.adjust)
          ? { type: 'send', bytes: withWord(output.bytes, 5, 2) }
          : output,
    }),
  },
  {
    what: 'The host forgets to allow more',
    finding: /did not arrive|nothing is in its way/,
    tamper: () => ({
      output: (side, output) => (side === 'host' && isSend(output, OPCODE.adjust) ? undefined : output),
    }),
  },
  {
    what: 'The host does not answer CHANNEL_CLOSE',
    finding: /channels of the firmware are left/,
    tamper: () => {
      const closed = new Set<number>();
      return {
        input: (side, input) => {
          if (side === 'host' && isMessage(input, OPCODE.close)) closed.add(input.bytes[4]!);
          return input;
        },
        output: (side, output) =>
          side === 'host' && isSend(output, OPCODE.close) && closed.size > 0 ? undefined : output,
      };
    },
  },
  {
    what: 'The host closes as soon as its program sends no more',
    finding: /of the firmware is closed with \d+ bytes that did not arrive/,
    tamper: () => ({ Lms: HastyLms }),
  },
  {
    what: 'The firmware closes before it has sent everything',
    finding: /of the host is closed with \d+ bytes that did not arrive/,
    tamper: () => ({ Firmware: HastyFirmware }),
  },
  {
    what: 'The host does not notice that a channel was refused',
    finding: /channels of the host are left/,
    tamper: () => ({
      input: (side, input) => (side === 'host' && isMessage(input, OPCODE.failure) ? undefined : input),
    }),
  },
  {
    what: 'The host does not resume a program that it paused',
    finding: /nothing is in its way/,
    tamper: () => ({
      output: (side, output) => (side === 'host' && output.type === 'resume' ? undefined : output),
    }),
  },
];

function isSend(output: object, opcode: number): output is { type: 'send'; bytes: Uint8Array } {
  return isOf(output, 'send', opcode);
}

function isMessage(input: object, opcode: number): input is { type: 'message'; bytes: Uint8Array } {
  return isOf(input, 'message', opcode);
}

function isOf(what: object, type: string, opcode: number): boolean {
  const { type: kind, bytes } = what as { type: string; bytes?: Uint8Array };
  return kind === type && bytes?.[0] === opcode;
}

/** The big-endian word at `at`, so many times as large. */
function withWord(bytes: Uint8Array, at: number, factor: number): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  view.setUint32(at, view.getUint32(at) * factor);
  return copy;
}
