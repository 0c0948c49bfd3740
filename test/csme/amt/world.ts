/** One emulated CSME with every way to its AMT, in one process: AMTHI, the watchdog's client, WS-Management, SAP. */
import {
  AmtError,
  type AmthiAnswered,
  type AmthiCommandName,
  type AmthiRequest,
  decodeAmthiResponse,
  encodeAmthiRequest,
} from '../../../amt/protocol/index.ts';
import { classUri, NS } from '../../../amt/web/index.ts';
import { Amt, type AmtOptions, followAmt, profileWith } from '../../../csme/amt/index.ts';
import { profile, WITHOUT_PINGS } from '../../../csme/index.ts';
import { AMTHI_GUID, standardClients, WATCHDOG_GUID } from '../../../csme/mei/index.ts';
import { WsmanService } from '../../../csme/network/index.ts';
import { HandHost } from '../hand-host.ts';
import { Rig } from '../mei/support.ts';

const AMT_STATE = 502;

export class World {
  readonly amt: Amt;
  readonly #rig: Rig;
  readonly #amthi: number;
  readonly #watchdog: number;
  readonly #wsman: WsmanService;
  readonly #host: HandHost;
  #sapEnabled: number | undefined;

  constructor(options: Partial<AmtOptions> = {}) {
    this.amt = new Amt(options);
    this.#rig = new Rig({ clients: standardClients(this.amt) });
    this.#amthi = this.#rig.connected(AMTHI_GUID);
    this.#watchdog = this.#rig.connected(WATCHDOG_GUID);
    this.#wsman = new WsmanService(this.amt);
    this.#host = new HandHost({ profile: profileWith(this.amt.state, profile(WITHOUT_PINGS)) });
    followAmt(this.amt, (command) => this.#host.put(command));
    this.#host.map();
    this.#host.start();
  }

  /** The status, or undefined when there was no answer. */
  amthi(request: AmthiRequest): number | undefined {
    const answer = this.#ask(request);
    return answer?.status;
  }

  /** The data of the answer; undefined when AMT is disabled. */
  read<N extends AmthiCommandName>(command: N, data?: unknown): AmthiAnswered<N> | undefined {
    return this.#ask({ command, ...(data !== undefined && { data }) } as unknown as AmthiRequest)
      ?.data as AmthiAnswered<N>;
  }

  /** The properties of an instance, the one with this InstanceID where there are several. */
  get(name: string, instanceId?: string): Readonly<Record<string, string>> {
    const selector = `<w:SelectorSet><w:Selector Name="InstanceID">${instanceId}</w:Selector></w:SelectorSet>`;
    const xml = this.#post(name, `${NS.transfer}/Get`, '', false, instanceId && selector);
    return Object.fromEntries(
      [...xml.matchAll(/<g:(\w+)>([^<]*)<\/g:\w+>/g)].map(([, property, value]) => [property, value]),
    );
  }

  /** Calls a method; its ReturnValue. `local`: as the host's own account. */
  invoke(name: string, method: string, input: Readonly<Record<string, string>>, local: boolean): string {
    const fields = Object.entries(input).map(([field, value]) => `<r:${field}>${value}</r:${field}>`);
    const body = `<r:${method}_INPUT xmlns:r="${classUri(name)}">${fields.join('')}</r:${method}_INPUT>`;
    const xml = this.#post(name, `${classUri(name)}/${method}`, body, local);
    return /<g:ReturnValue>(\d+)</.exec(xml)?.[1] ?? xml;
  }

  /** Asks the watchdog's client about AMT: bit 1 is set while it runs. */
  operational(): boolean {
    return (this.#exchange(this.#watchdog, Uint8Array.of(0x05, 0x02, 0x51, 0x10))[0]! & 0x02) !== 0;
  }

  /** A program switches AMT by the watchdog's client. */
  setOperational(on: boolean): void {
    this.#exchange(this.#watchdog, Uint8Array.of(0x05, 0x03, 0x53, 0x10, on ? 1 : 0));
  }

  /** What the host knows by AMT_STATE. */
  sapEnabled(): boolean {
    for (const { id, bytes } of this.#host.read('m2h-notif'))
      if (id === AMT_STATE) this.#sapEnabled = bytes[8];
    return this.#sapEnabled !== 0;
  }

  #ask(request: AmthiRequest): { readonly status: number; readonly data?: unknown } | undefined {
    const bytes = this.#exchange(this.#amthi, encodeAmthiRequest(request));
    if (bytes.length === 0) return undefined;
    const answer = decodeAmthiResponse(bytes, request.command);
    if (answer instanceof AmtError) throw answer;
    return answer;
  }

  #exchange(handle: number, message: Uint8Array): Uint8Array {
    this.#rig.write(handle, message);
    const { reply } = this.#rig.read(handle);
    if (reply?.errno !== 0) throw new Error(`no answer: ${reply?.errno}`);
    return reply.bytes;
  }

  #post(name: string, action: string, body: string, isLocalAccount: boolean, headers = ''): string {
    const xml =
      `<s:Envelope xmlns:s="${NS.soap}" xmlns:a="${NS.addressing}" xmlns:w="${NS.wsman}"><s:Header>` +
      `<a:Action>${action}</a:Action><a:To>/wsman</a:To><w:ResourceURI>${classUri(name)}</w:ResourceURI>` +
      `<a:MessageID>uuid:1</a:MessageID>${headers}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
    return this.#wsman.answer(new TextEncoder().encode(xml), 0, { isLocalAccount }).xml;
  }
}
