/**
 * The ports that firmware has the host listen on. Answers carry no number: they are given in the order of the requests,
 * however long each takes.
 */
import type { LmsOutput } from './contract.ts';
import type { ApfMessage, ApfMessageOf } from './messages.ts';

export interface ForwardsOwner {
  put(output: LmsOutput): void;
  send(message: ApfMessage): void;
  /** A port is listened on. */
  listening(): void;
}

/** Requests without an answer. */
const ANSWERS_MAX = 64;
/** Addresses that one port can be asked for. */
const ADDRESSES_MAX = 8;

interface Port {
  /** Of its `listen`. */
  readonly id: number;
  readonly addresses: Set<string>;
  isOpen: boolean;
}

/** `true`, `false`: done or not. A number: as the `listen` with this id. */
interface Answer {
  outcome: boolean | number;
  readonly port?: number;
}

export class Forwards {
  readonly #owner: ForwardsOwner;
  readonly #portsMax: number;
  readonly #ports = new Map<number, Port>();
  #answers: Answer[] = [];
  #lastId = 0;

  constructor(owner: ForwardsOwner, portsMax: number) {
    this.#owner = owner;
    this.#portsMax = portsMax;
  }

  isOpen(port: number): boolean {
    return this.#ports.get(port)?.isOpen === true;
  }

  /** No more requests can be taken before some have an answer. */
  get isCrowded(): boolean {
    return this.#answers.length >= ANSWERS_MAX;
  }

  /** `tcpip-forward`. */
  request({ address, port }: ApfMessageOf<'TCPIP_FORWARD'>): void {
    this.#answer({ outcome: this.#listen(address.toLowerCase(), port), port });
  }

  /** `cancel-tcpip-forward`. */
  cancel({ address, port }: ApfMessageOf<'CANCEL_TCPIP_FORWARD'>): void {
    const known = this.#ports.get(port);
    const wasThere = known?.addresses.delete(address.toLowerCase()) === true;
    if (wasThere && known.addresses.size === 0) {
      this.#ports.delete(port);
      this.#owner.put({ type: 'unlisten', port });
      this.#decide(known.id, false);
    }
    this.#answer({ outcome: wasThere });
  }

  /** Any other request that wants an answer. */
  refuse(): void {
    this.#answer({ outcome: false });
  }

  /** What came of a `listen`. */
  listening(id: number, ok: boolean): void {
    const found = [...this.#ports].find(([, port]) => port.id === id);
    if (found === undefined || found[1].isOpen) return;
    if (ok) found[1].isOpen = true;
    else this.#ports.delete(found[0]);
    if (ok) this.#owner.listening();
    this.#decide(id, ok);
    this.#flush();
  }

  clear(): void {
    for (const port of this.#ports.keys()) this.#owner.put({ type: 'unlisten', port });
    this.#ports.clear();
    this.#answers = [];
  }

  #listen(address: string, port: number): boolean | number {
    if (port === 0 || port > 0xffff) return false;
    const known = this.#ports.get(port);
    if (known !== undefined) {
      if (known.addresses.has(address) || known.addresses.size >= ADDRESSES_MAX) return false;
      known.addresses.add(address);
      return known.isOpen || known.id;
    }
    if (this.#ports.size >= this.#portsMax) return false;
    const id = ++this.#lastId;
    this.#ports.set(port, { id, addresses: new Set([address]), isOpen: false });
    this.#owner.put({ type: 'listen', id, address, port });
    return id;
  }

  #decide(id: number, ok: boolean): void {
    for (const answer of this.#answers) if (answer.outcome === id) answer.outcome = ok;
  }

  #answer(answer: Answer): void {
    this.#answers.push(answer);
    this.#flush();
  }

  #flush(): void {
    for (let first = this.#answers[0]; typeof first?.outcome === 'boolean'; first = this.#answers[0]) {
      this.#answers.shift();
      const { outcome, port } = first;
      if (!outcome) this.#owner.send({ name: 'REQUEST_FAILURE' });
      else this.#owner.send({ name: 'REQUEST_SUCCESS', ...(port !== undefined && { port }) });
    }
  }
}
