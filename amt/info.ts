/** What AMT says of itself: the queries of a discovery, each with its answer or why there is none. */
import { type AmthiClient, AmthiError } from './amthi.ts';
import { AMT_STATUS, type AmthiAnswered, type AmthiCommandName, LanInterface } from './protocol/index.ts';

/** The answer to one query, or the AmthiError with the status that AMT refused it with. */
export type Told<N extends AmthiCommandName> = AmthiAnswered<N> | AmthiError;

export interface AmtInfo {
  readonly codeVersions: Told<'GET_CODE_VERSIONS'>;
  readonly uuid: Told<'GET_UUID'>;
  readonly provisioningState: Told<'GET_PROVISIONING_STATE'>;
  readonly provisioningMode: Told<'GET_PROVISIONING_MODE'>;
  readonly controlMode: Told<'GET_CONTROL_MODE'>;
  readonly security: Told<'GET_SECURITY_PARAMETERS'>;
  readonly dnsSuffix: Told<'GET_PKI_FQDN_SUFFIX'>;
  readonly fqdn: Told<'GET_FQDN'>;
  /** Null: this machine has none that AMT could use. */
  readonly wired: Told<'GET_LAN_INTERFACE_SETTINGS'> | null;
  readonly wireless: Told<'GET_LAN_INTERFACE_SETTINGS'> | null;
  readonly remoteAccess: Told<'GET_REMOTE_ACCESS_CONNECTION_STATUS'>;
  readonly lastHostReset: Told<'GET_LAST_HOST_RESET_REASON'>;
  /** An error: the list itself was refused. */
  readonly certificateHashes: readonly Told<'GET_CERTHASH_ENTRY'>[] | AmthiError;
}

/**
 * Asks everything, one query after the other. A query that AMT refuses is part of the result; rejects with the
 * AmthiError of a client that gives no answers at all.
 */
export async function readAmtInfo(client: AmthiClient): Promise<AmtInfo> {
  return {
    codeVersions: await told(client.ask('GET_CODE_VERSIONS')),
    uuid: await told(client.ask('GET_UUID')),
    provisioningState: await told(client.ask('GET_PROVISIONING_STATE')),
    provisioningMode: await told(client.ask('GET_PROVISIONING_MODE')),
    controlMode: await told(client.ask('GET_CONTROL_MODE')),
    security: await told(client.ask('GET_SECURITY_PARAMETERS')),
    dnsSuffix: await told(client.ask('GET_PKI_FQDN_SUFFIX')),
    fqdn: await told(client.ask('GET_FQDN')),
    wired: await lanInterface(client, LanInterface.WIRED),
    wireless: await lanInterface(client, LanInterface.WIRELESS),
    remoteAccess: await told(client.ask('GET_REMOTE_ACCESS_CONNECTION_STATUS')),
    lastHostReset: await told(client.ask('GET_LAST_HOST_RESET_REASON')),
    certificateHashes: await certificateHashes(client),
  };
}

async function lanInterface(
  client: AmthiClient,
  interfaceIndex: number,
): Promise<Told<'GET_LAN_INTERFACE_SETTINGS'> | null> {
  const settings = await told(client.ask('GET_LAN_INTERFACE_SETTINGS', { interfaceIndex }));
  const missing = settings instanceof AmthiError && settings.status === AMT_STATUS.INTERFACE_DOES_NOT_EXIST;
  return missing ? null : settings;
}

async function certificateHashes(client: AmthiClient): Promise<AmtInfo['certificateHashes']> {
  const list = await told(client.ask('ENUMERATE_HASH_HANDLES'));
  if (list instanceof AmthiError) return list;
  const entries: Told<'GET_CERTHASH_ENTRY'>[] = [];
  for (const handle of list.handles) entries.push(await told(client.ask('GET_CERTHASH_ENTRY', { handle })));
  return entries;
}

async function told<T>(answer: Promise<T>): Promise<T | AmthiError> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AmthiError && error.status !== undefined) return error;
    throw error;
  }
}
