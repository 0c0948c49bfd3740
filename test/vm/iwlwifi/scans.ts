/** The scans of a station, as the kernel tells of them. */
import { type Nl80211, openNl80211 } from '../../../netlink-bridge/index.ts';

export class ScanLog {
  readonly #nl80211: Nl80211;
  readonly #seen: (readonly number[])[];

  private constructor(nl80211: Nl80211, seen: (readonly number[])[]) {
    this.#nl80211 = nl80211;
    this.#seen = seen;
  }

  static async open(name: string): Promise<ScanLog> {
    const seen: (readonly number[])[] = [];
    let own = -1;
    const nl80211 = await openNl80211({
      onEvent: (event) => {
        if (event.type === 'scanStarted' && event.ifindex === own) seen.push(event.frequenciesMhz);
      },
    });
    own = (await nl80211.interfaces()).find((each) => each.name === name)!.ifindex;
    return new ScanLog(nl80211, seen);
  }

  /** Every frequency that was scanned so far, in MHz. What the kernel has told before this call is counted. */
  async frequencies(): Promise<number[]> {
    await this.#nl80211.regulatory();
    return [...new Set(this.#seen.flat())].sort((a, b) => a - b);
  }

  close(): void {
    this.#nl80211.close();
  }
}
