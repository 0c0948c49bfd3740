/** Every command of AMTHI against the emulated AMT: what it answers, what it changes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../amt/protocol/declare.ts';
import {
  AMT_STATUS,
  AMTHI_COMMAND_NAMES,
  AMTHI_COMMANDS,
  AmtError,
  type AmthiCommandName,
  type AmthiRequest,
  type AmthiResponse,
  amtStatusName,
  decodeAmthiResponse,
  encodeAmthiRequest,
  Secret,
} from '../../../amt/protocol/index.ts';
import {
  Amt,
  type AmtOptions,
  type AmtState,
  CLIENT_CONTROL,
  DISABLED,
  PROVISIONED,
  UNPROVISIONED,
} from '../../../csme/amt/index.ts';
import { AMTHI_GUID, amthiClient } from '../../../csme/mei/index.ts';
import { hexOf } from '../../../sap/index.ts';
import { valuesOf } from '../../amt/protocol/arbitrary.ts';
import { Rig } from './support.ts';

/** A program that is connected to the AMTHI of this AMT. */
class Asking {
  readonly amt: Amt;
  readonly #rig: Rig;
  readonly #handle: number;

  constructor(options: Partial<AmtOptions> = {}) {
    this.amt = new Amt(options);
    this.#rig = new Rig({ clients: [amthiClient(this.amt)] });
    this.#handle = this.#rig.connected(AMTHI_GUID);
  }

  /** The bytes of the answer; undefined when the firmware ended the connection. */
  send(request: Uint8Array): Uint8Array | undefined {
    const read = this.#rig.read(this.#handle);
    this.#rig.write(this.#handle, request);
    return read.reply?.errno === 0 ? read.reply.bytes : undefined;
  }

  ask<N extends AmthiCommandName>(request: AmthiRequest<N>): AmthiResponse<N> {
    const answer = decodeAmthiResponse(
      this.send(encodeAmthiRequest(request as AmthiRequest))!,
      request.command as N,
    );
    if (answer instanceof AmtError) throw answer;
    return answer;
  }

  status(request: AmthiRequest): string {
    return amtStatusName(this.ask(request).status);
  }
}

const PROFILES: Readonly<Record<string, Partial<AmtState>>> = { PROVISIONED, CLIENT_CONTROL, UNPROVISIONED };

describe.each(Object.entries(PROFILES))('%s', (_, profile) => {
  it.each(AMTHI_COMMAND_NAMES)(
    '%s has an answer that its declaration reads, whatever is asked',
    (command) => {
      const request: Fields = AMTHI_COMMANDS[command].request;
      fc.assert(
        fc.property(valuesOf(request), (data) => {
          const { status } = new Asking(profile).ask({ command, data } as AmthiRequest);
          expect(amtStatusName(status)).not.toMatch(/^0x|INTERNAL_ERROR/);
        }),
        { numRuns: Object.keys(request).length === 0 ? 1 : 20 },
      );
    },
  );
});

describe('what changes AMT', () => {
  it('UNPROVISION ends client control, and not admin control', () => {
    for (const mode of [0, 1]) {
      expect(new Asking(CLIENT_CONTROL).status({ command: 'UNPROVISION', data: { mode } })).toBe('SUCCESS');
    }
    const client = new Asking(CLIENT_CONTROL);
    expect(client.ask({ command: 'UNPROVISION', data: { mode: 0 } })).toMatchObject({ status: 0 });
    expect(client.amt.state).toMatchObject({ controlMode: 0, provisioningState: 0 });
    expect(client.ask({ command: 'GET_CONTROL_MODE' })).toMatchObject({ data: { mode: 0 } });

    const admin = new Asking(PROVISIONED);
    expect(admin.status({ command: 'UNPROVISION', data: { mode: 0 } })).toBe('NOT_PERMITTED');
    expect(admin.status({ command: 'UNPROVISION', data: { mode: 2 } })).toBe('INVALID_PARAMETER');
    expect(admin.amt.state).toEqual(new Amt(PROVISIONED).state);
  });

  it('START_CONFIGURATION and STOP_CONFIGURATION', () => {
    const asking = new Asking(UNPROVISIONED);
    expect(asking.status({ command: 'STOP_CONFIGURATION' })).toBe('INVALID_PROVISIONING_STATE');
    expect(asking.status({ command: 'START_CONFIGURATION' })).toBe('SUCCESS');
    expect(asking.ask({ command: 'GET_PROVISIONING_STATE' })).toMatchObject({ data: { state: 1 } });
    expect(asking.ask({ command: 'GET_PROVISIONING_TLS_MODE' })).toMatchObject({ data: { mode: 2 } });
    expect(asking.status({ command: 'STOP_CONFIGURATION' })).toBe('SUCCESS');
    expect(asking.ask({ command: 'GET_PROVISIONING_STATE' })).toMatchObject({ data: { state: 0 } });
  });

  it('START_CONFIGURATION_HBASED answers with a hash of its own', () => {
    const asking = new Asking(UNPROVISIONED);
    const data = {
      serverHashAlgorithm: 2,
      serverHash: new Uint8Array(64).fill(0x5a, 0, 32),
      hostVpn: true,
      dnsSuffixes: ['corp.example', 'lab.example'],
    };
    const answer = asking.ask({ command: 'START_CONFIGURATION_HBASED', data });
    expect(answer.data).toMatchObject({ hashAlgorithm: 2 });
    expect(hexOf(answer.data!.amtHash)).toMatch(/^(?!0{64})[0-9a-f]{64}0{64}$/);
    expect(asking.ask({ command: 'GET_DNS_SUFFIX_LIST' })).toMatchObject({
      data: { suffixes: ['corp.example', 'lab.example'] },
    });
    expect(asking.amt.state).toMatchObject({ provisioningState: 1, hostVpnAllowed: true });
    const unknown = { ...data, serverHashAlgorithm: 9 };
    expect(asking.status({ command: 'START_CONFIGURATION_HBASED', data: unknown })).toBe('INVALID_PARAMETER');
  });

  it('names, suffix and one-time password', () => {
    const asking = new Asking(UNPROVISIONED);
    const { amt } = asking;
    expect(asking.status({ command: 'SET_DNS_SUFFIX', data: { suffix: 'corp.example' } })).toBe('SUCCESS');
    expect(asking.ask({ command: 'GET_PKI_FQDN_SUFFIX' })).toMatchObject({
      data: { suffix: 'corp.example' },
    });
    expect(asking.status({ command: 'SET_DNS_SUFFIX', data: { suffix: 'no name' } })).toBe(
      'INVALID_DOMAIN_NAME',
    );
    expect(asking.status({ command: 'SET_HOST_FQDN', data: { fqdn: 'pc.corp.example' } })).toBe('SUCCESS');
    // As Intel's management service writes a text.
    expect(asking.status({ command: 'SET_HOST_FQDN', data: { fqdn: 'pc.corp.example\0' } })).toBe('SUCCESS');
    const password = new Secret('once');
    expect(asking.status({ command: 'SET_PROVISIONING_SERVER_OTP', data: { password } })).toBe('SUCCESS');
    expect(amt.state).toMatchObject({
      dnsSuffix: 'corp.example',
      hostOsFqdn: 'pc.corp.example',
      provisioningServerOtp: 'once',
    });
  });

  it('a connection that the user opens', () => {
    const mps = { network: 2, connection: 0, trigger: 0, mpsHost: 'mps.example' } as const;
    const asking = new Asking({ remoteAccess: mps });
    expect(asking.status({ command: 'OPEN_USER_INITIATED_CONNECTION' })).toBe('SUCCESS');
    expect(asking.ask({ command: 'GET_REMOTE_ACCESS_CONNECTION_STATUS' })).toMatchObject({
      data: { networkStatus: 2, remoteStatus: 2, trigger: 0, mpsHostName: 'mps.example' },
    });
    expect(asking.ask({ command: 'GET_CIRA_LOG', data: { version: 0 } })).toMatchObject({
      data: { summary: { tunnelOpened: true } },
    });
    expect(asking.status({ command: 'OPEN_USER_INITIATED_CONNECTION' })).toBe('CONNECTION_TOO_MANY');
    expect(asking.status({ command: 'CLOSE_USER_INITIATED_CONNECTION' })).toBe('SUCCESS');
    expect(asking.amt.state.remoteAccess.connection).toBe(0);
  });

  it('SET_ENTERPRISE_ACCESS answers with a status of its own', () => {
    const access = (enterpriseAccess: number): AmthiRequest => ({
      command: 'SET_ENTERPRISE_ACCESS',
      data: { flags: 0, hostAddress: new Uint8Array(16), enterpriseAccess },
    });
    expect(new Asking().status(access(1))).toBe('REMOTE_ACCESS_HOST_VPN_IS_DISABLED');
    const allowed = new Asking({ hostVpnAllowed: true });
    expect(allowed.status(access(1))).toBe('REMOTE_ACCESS_GRANTED_WITHOUT_DDNS');
    expect(allowed.amt.state.remoteAccess.network).toBe(1);
    expect(allowed.status(access(2))).toBe('INVALID_PARAMETER');
  });
});

describe('what AMT tells of itself', () => {
  it('the local account', () => {
    const asking = new Asking({ localPassword: 'only-for-this-test' });
    const answer = asking.ask({ command: 'GET_LOCAL_SYSTEM_ACCOUNT' });
    // MeshCentral takes no other length.
    const sent = encodeAmthiRequest({ command: 'GET_LOCAL_SYSTEM_ACCOUNT' });
    expect(asking.send(sent)!.length).toBe(16 + 68);
    expect(answer.data!.user).toBe('$$OsAdmin');
    expect(answer.data!.password.reveal()).toBe('only-for-this-test');
  });

  it('certificates by their handles', () => {
    const asking = new Asking();
    const { handles } = asking.ask({ command: 'ENUMERATE_HASH_HANDLES' }).data!;
    expect(handles.length).toBeGreaterThan(0);
    for (const handle of handles) {
      const entry = asking.amt.state.certificateHashes.find((one) => one.handle === handle)!;
      const { data } = asking.ask({ command: 'GET_CERTHASH_ENTRY', data: { handle } });
      expect([data!.name, data!.algorithm]).toEqual([entry.name, entry.algorithm]);
      expect(hexOf(data!.hash)).toBe(hexOf(entry.hash).padEnd(128, '0'));
    }
    expect(asking.status({ command: 'GET_CERTHASH_ENTRY', data: { handle: 999 } })).toBe('INVALID_HANDLE');
  });

  it('how it was provisioned, where it was', () => {
    const { data } = new Asking().ask({ command: 'GET_ME_SETUP_AUDIT_RECORD' });
    expect(data).toMatchObject({
      serverFqdn: 'provision.example.test',
      // 1,700,000,000 s after 1970.
      tlsStartTime: { year: 2023, month: 11, dayOfWeek: 2, day: 14, hour: 22, minute: 13, second: 20 },
      hashAlgorithm: 2,
      isOemDefault: true,
    });
    const unprovisioned = new Asking(UNPROVISIONED);
    expect(unprovisioned.status({ command: 'GET_ME_SETUP_AUDIT_RECORD' })).toBe('INVALID_PROVISIONING_STATE');
    expect(new Asking(CLIENT_CONTROL).status({ command: 'GET_ME_SETUP_AUDIT_RECORD' })).toBe('DATA_MISSING');
  });

  it('features, and interfaces that it has not', () => {
    const asking = new Asking({ wired: null, solEnabled: false });
    const feature = (id: number) => asking.ask({ command: 'GET_FEATURES_STATE', data: { feature: id } });
    const lengths = [0, 1, 2, 3, 4].map((id) => {
      const sent = encodeAmthiRequest({ command: 'GET_FEATURES_STATE', data: { feature: id } });
      return asking.send(sent)!.length - 16;
    });
    expect(lengths).toEqual([16, 8, 8, 8, 8]);
    expect(feature(2)).toMatchObject({ data: { state: 1 } });
    expect(feature(5).status).toBe(AMT_STATUS.INVALID_PARAMETER);
    expect(asking.ask({ command: 'GET_REDIRECTION_STATE' })).toMatchObject({ data: { enabled: 6 } });
    for (const command of ['GET_TCPIP_PARAMETERS', 'GET_MAC_ADDRESSES'] as const) {
      expect(asking.status({ command })).toBe('INTERFACE_DOES_NOT_EXIST');
    }
    const ipv6 = (interfaceIndex: number) =>
      asking.status({ command: 'GET_IPV6_LAN_INTERFACE_STATUS', data: { interfaceIndex } });
    expect([0, 1, 2].map(ipv6)).toEqual([
      'INTERFACE_DOES_NOT_EXIST',
      'IPV6_INTERFACE_DISABLED',
      'INTERFACE_DOES_NOT_EXIST',
    ]);
    expect(asking.ask({ command: 'GET_SECURITY_PARAMETERS' })).toMatchObject({
      data: { solEnabled: false, kvmEnabled: true, provisioningState: 2, linkIsUp: true },
    });
  });

  it('a value that has no form on the wire is an error inside of AMT', () => {
    const asking = new Asking({ powerPolicy: '省電力' });
    expect(asking.status({ command: 'GET_CURRENT_POWER_POLICY' })).toBe('INTERNAL_ERROR');
  });
});

describe('what is no good request', () => {
  it('any bytes with a header get an answer, others end the connection', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), (bytes) => {
        const answer = new Asking().send(bytes);
        expect(answer === undefined).toBe(bytes.length < 12);
        if (answer === undefined) return;
        const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
        expect(answer.length).toBe(12 + view.getUint32(8, true));
        expect(view.getUint32(4, true) & 0x0080_0000).not.toBe(0);
      }),
    );
  });

  it('of another version', () => {
    const request = encodeAmthiRequest({ command: 'GET_UUID' });
    request[0] = 2;
    expect(hexOf(new Asking().send(request)!)).toBe('010100005c008004040000001d000000');
  });
});

it('AMT that is disabled has no answer to anything', () => {
  const asking = new Asking(DISABLED);
  expect(asking.send(encodeAmthiRequest({ command: 'GET_UUID' }))).toHaveLength(0);
  asking.amt.perform(0, { type: 'setEnabled', enabled: true, by: 'menu' });
  expect(asking.status({ command: 'GET_UUID' })).toBe('SUCCESS');
});
