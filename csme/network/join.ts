/**
 * The emulated CSME and its network stack as one: what the stack sends goes through the host's data ring, or by CSME's
 * own radio while CSME owns the card; what comes from either goes to the stack.
 */
import { type Csme, type CsmeInput, type CsmeOutput, ownerOf } from '../index.ts';
import { type NetworkStack, type NetworkStackOptions, openNetworkStack } from './stack.ts';

export interface JoinOptions extends Omit<NetworkStackOptions, 'send'> {
  /** CSME's own radio: gets what the stack sends while CSME owns the card, valid during the call. Without it that is lost. */
  readonly radio?: (frame: Uint8Array) => void;
}

export interface JoinedNetwork {
  readonly stack: NetworkStack;
  /** Wants every output of the machine: frames of the data ring go to the stack, copies of the host's DHCP do not. */
  hear(output: CsmeOutput): void;
  /** A frame that CSME's own radio received; dropped unless CSME owns the card. */
  air(frame: Uint8Array): void;
  close(): Promise<void>;
}

/** The host does not say when it has read its ring; a full one is looked at again after so many ms. */
const RETRY_MS = 1;

/** Opens the stack, in the calling thread, and joins it with `csme`, which `feed` gives inputs to. Errors as of `openNetworkStack`. */
export async function joinNetwork(
  csme: Csme,
  feed: (input: CsmeInput) => void,
  options: JoinOptions,
): Promise<JoinedNetwork> {
  const { radio, ...rest } = options;
  const door = dataRingDoor(csme, feed, () => stack.resume(), radio);
  const stack = await openNetworkStack({ ...rest, send: door.send });
  return {
    stack,
    hear(output) {
      if (output.type === 'frame' && !output.copy) stack.receive(output.bytes);
    },
    air(frame) {
      if (ownerOf(csme.state.firmware) === 'csme') stack.receive(frame);
    },
    async close() {
      door.close();
      await stack.close();
    },
  };
}

export interface Door {
  /** Takes a frame of the stack, as `NetworkStackOptions.send` does. */
  send(frame: Uint8Array): boolean;
  close(): void;
}

/**
 * The way out of a stack: through the data ring to the host, or by `radio` while CSME owns the card. `resume` is called
 * when there may be room again for a frame that was not taken.
 */
export function dataRingDoor(
  csme: Csme,
  feed: (input: CsmeInput) => void,
  resume: () => void,
  radio?: (frame: Uint8Array) => void,
): Door {
  let retry: NodeJS.Timeout | undefined;
  return {
    send(frame) {
      if (ownerOf(csme.state.firmware) === 'csme') {
        radio?.(frame);
        return true;
      }
      // Without a link the host takes no frame, and never will take this one.
      if (csme.state.firmware.link !== 'up') return true;
      if (csme.frameRoom() >= frame.length) {
        feed({ type: 'command', name: 'sendFrame', frame: frame.slice() });
        return true;
      }
      retry ??= setTimeout(() => {
        retry = undefined;
        resume();
      }, RETRY_MS);
      return false;
    },
    close: () => clearTimeout(retry),
  };
}
