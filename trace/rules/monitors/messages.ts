/** The shape of each message, whatever it says: type, ring, length, reserved bytes. */
import { declOf, decodeSap, SAP_HEADER_LEN, SapError, type SapMessage } from '../../../sap/index.ts';
import type { WireEvent } from '../../event.ts';
import type { Case } from '../case.ts';
import { RESERVED } from '../reserved.ts';

export class Shapes {
  readonly #case: Case;

  constructor(c: Case) {
    this.#case = c;
  }

  /** The message that CSME read, if CSME can make anything of it. */
  judge(event: WireEvent): SapMessage | undefined {
    const { ledger } = this.#case;
    const { bytes } = event;
    ledger.asked('sap.length');
    const message = decodeSap(bytes, 0, bytes.length, 'host');
    if (message instanceof SapError) {
      this.#case.find(
        'sap.length',
        event,
        'a message as long as its layout and its header say',
        message.message,
      );
      return undefined;
    }
    ledger.asked('sap.type');
    if (message.name === 'UNKNOWN') {
      this.#case.find('sap.type', event, 'a message that a host sends', `type ${message.id}`);
      return undefined;
    }
    const { from, queue, payload, id } = declOf(message.name);
    if (!(from as readonly string[]).includes('host')) {
      this.#case.find('sap.type', event, 'a message that a host sends', `${message.name}, which CSME sends`);
      return undefined;
    }
    ledger.asked('sap.queue');
    if (queue !== event.ch) {
      this.#case.find(
        'sap.queue',
        event,
        `${message.name} in the ${queue} ring`,
        `it was in the ${event.ch} ring`,
      );
      return undefined;
    }
    const needed = SAP_HEADER_LEN + payload;
    if (queue === 'notif' && bytes.length !== needed) {
      this.#case.find('sap.length', event, `${message.name} of ${needed} bytes`, `${bytes.length} bytes`);
    }
    const reserved = RESERVED.get(id);
    if (reserved) {
      ledger.asked('sap.reserved');
      const at = reserved.find(({ from, to }) => bytes.subarray(from, to).some((byte) => byte !== 0));
      if (at) this.#case.find('sap.reserved', event, `0 in the bytes ${at.from} to ${at.to - 1}`);
    }
    return message;
  }
}
