/** What AMT says of itself, as `sapwood amt info` prints it. */
import {
  AmthiError,
  type AmtInfo,
  amtStatusName,
  amtStatusSentence,
  ControlMode,
  DhcpIpMode,
  HASH_BYTES,
  HashAlgorithm,
  HostResetReason,
  ProvisioningMode,
  ProvisioningState,
  RemoteAccessNetwork,
  RemoteAccessStatus,
  RemoteAccessTrigger,
  type Told,
} from '../../amt/index.ts';
import { type EnumSet, enumEntries, formatIpv4, formatMac, hexOf } from '../../sap/index.ts';
import { wrapWords } from '../words.ts';

/** A name, what AMT says, and what that means where a name does not say it. */
type Row = readonly [name: string, text: string, meaning?: string];

/** Lines for people, of `width` columns. */
export function infoText(device: string, info: AmtInfo, width: number): string[] {
  const rows: Row[] = [
    ['AMT', or(info.codeVersions, versionText)],
    ['BIOS', or(info.codeVersions, ({ biosVersion }) => biosVersion || 'not told')],
    ['UUID', or(info.uuid, ({ uuid }) => uuid)],
    named('state', info.provisioningState, ({ state }) => state, ProvisioningState),
    named('mode', info.provisioningMode, ({ mode }) => mode, ProvisioningMode),
    named('control', info.controlMode, ({ mode }) => mode, ControlMode),
    ['TLS', or(info.security, ({ tlsEnabled }) => (tlsEnabled ? 'on' : 'off'))],
    ['redirection', or(info.security, redirectionText)],
    ['DNS suffix', or(info.dnsSuffix, ({ suffix }) => suffix || 'none')],
    [
      'FQDN',
      or(info.fqdn, ({ fqdn, sharedFqdn }) =>
        fqdn === '' ? 'none' : `${fqdn}${sharedFqdn ? ', shared with the host' : ''}`,
      ),
    ],
    ['wired LAN', lanText(info.wired)],
    ['wireless LAN', lanText(info.wireless)],
    ...remoteAccessRows(info.remoteAccess),
    lastResetRow(info.lastHostReset),
  ];
  return [
    device,
    ...rows.flatMap((row) => rowLines(row, width)),
    ...hashLines(info.certificateHashes, width),
  ];
}

/** The same for programs. What AMT refused is null, and `refused` has why. */
export function infoJson(device: string, info: AmtInfo): object {
  const { codeVersions, certificateHashes: hashes } = info;
  const refused = Object.values(info)
    .flat()
    .filter((told) => told instanceof AmthiError);
  return {
    device,
    amt: 'enabled',
    provisioned: got(info.provisioningState, ({ state }) => state === ProvisioningState.POST),
    version: got(codeVersions, (told) => partOf(told, 'AMT') ?? null),
    build: got(codeVersions, (told) => partOf(told, 'Build Number') ?? null),
    sku: got(codeVersions, (told) => partOf(told, 'Sku') ?? null),
    biosVersion: got(codeVersions, ({ biosVersion }) => biosVersion),
    versions: got(codeVersions, ({ versions }) => versions),
    uuid: got(info.uuid, ({ uuid }) => uuid),
    provisioningState: got(info.provisioningState, ({ state }) => valueJson(state, ProvisioningState)),
    provisioningMode: got(info.provisioningMode, ({ mode }) => valueJson(mode, ProvisioningMode)),
    controlMode: got(info.controlMode, ({ mode }) => valueJson(mode, ControlMode)),
    security: got(info.security, (told) => told),
    dnsSuffix: got(info.dnsSuffix, ({ suffix }) => suffix),
    fqdn: got(info.fqdn, (told) => told),
    wired: lanJson(info.wired),
    wireless: lanJson(info.wireless),
    remoteAccess: got(info.remoteAccess, (told) => ({
      network: valueJson(told.networkStatus, RemoteAccessNetwork),
      status: valueJson(told.remoteStatus, RemoteAccessStatus),
      trigger: valueJson(told.trigger, RemoteAccessTrigger),
      mpsHostName: told.mpsHostName ?? '',
    })),
    lastHostReset: got(info.lastHostReset, (told) => ({
      reason: valueJson(told.reason, HostResetReason),
      remoteControlTimestamp: told.remoteControlTimestamp,
    })),
    certificateHashes: hashes instanceof AmthiError ? null : hashes.map((told) => got(told, hashJson)),
    refused: refused.map(({ command, status }) => ({ command, status })),
  };
}

function rowLines([name, text, meaning]: Row, width: number): string[] {
  const said = meaning === undefined ? text : `${text}. ${meaning}`;
  return wrapWords(said.split(' '), width - INDENT).map((line, at) =>
    at === 0 ? `  ${name.padEnd(INDENT - 2)}${line}` : `${' '.repeat(INDENT)}${line}`,
  );
}

function named<T>(name: string, told: T | AmthiError, value: (told: T) => number, values: EnumSet): Row {
  if (told instanceof AmthiError) return [name, refusedText(told)];
  const { name: word, doc } = entryOf(value(told), values);
  return doc === undefined ? [name, word] : [name, word, doc];
}

function entryOf(value: number, values: EnumSet): { readonly name: string; readonly doc?: string } {
  return enumEntries(values).find((entry) => entry.value === value) ?? { name: `unknown (${value})` };
}

function valueJson(value: number, values: EnumSet): object {
  const known = enumEntries(values).find((entry) => entry.value === value);
  return { value, name: known?.name ?? null, meaning: known?.doc ?? null };
}

function refusedText({ status = 0 }: AmthiError): string {
  return `not told (${amtStatusName(status)}: ${amtStatusSentence(status)})`;
}

function or<T>(told: T | AmthiError, text: (told: T) => string): string {
  return told instanceof AmthiError ? refusedText(told) : text(told);
}

function got<T, V>(told: T | AmthiError, value: (told: T) => V): V | null {
  return told instanceof AmthiError ? null : value(told);
}

type Versions = Exclude<Told<'GET_CODE_VERSIONS'>, AmthiError>;

function partOf({ versions }: Versions, part: string): string | undefined {
  return versions.find(({ name }) => name === part)?.version;
}

function versionText(told: Versions): string {
  const build = partOf(told, 'Build Number');
  return `${partOf(told, 'AMT') ?? 'version not told'}${build === undefined ? '' : `, build ${build}`}`;
}

function redirectionText(told: Exclude<AmtInfo['security'], AmthiError>): string {
  const on = [
    ['serial over LAN', told.solEnabled],
    ['IDE redirection', told.iderEnabled],
    ['remote KVM', told.kvmEnabled],
  ] as const;
  const names = on.filter(([, enabled]) => enabled).map(([name]) => name);
  return names.length === 0 ? 'off' : names.join(', ');
}

function lanText(told: AmtInfo['wired']): string {
  if (told === null) return 'none that AMT could use';
  if (told instanceof AmthiError) return refusedText(told);
  const address = told.ipv4Address === 0 ? 'no address' : formatIpv4(told.ipv4Address);
  const { doc } = entryOf(told.dhcpIpMode, DhcpIpMode);
  const from = told.dhcpEnabled ? ` by DHCP${doc === undefined ? '' : ` (${doc.replace(/\.$/, '')})`}` : '';
  const use = told.enabled ? '' : ', not used by AMT';
  return `${formatMac(told.macAddress)}, ${address}${from}, link ${told.linkStatus === 0 ? 'down' : 'up'}${use}`;
}

function lanJson(told: AmtInfo['wired']): object | null {
  if (told === null || told instanceof AmthiError) return null;
  return {
    ...told,
    ipv4Address: formatIpv4(told.ipv4Address),
    macAddress: formatMac(told.macAddress),
    dhcpIpMode: valueJson(told.dhcpIpMode, DhcpIpMode),
  };
}

function remoteAccessRows(told: AmtInfo['remoteAccess']): Row[] {
  if (told instanceof AmthiError) return [['remote access', refusedText(told)]];
  const rows = [
    named('remote access', told, ({ remoteStatus }) => remoteStatus, RemoteAccessStatus),
    named('network', told, ({ networkStatus }) => networkStatus, RemoteAccessNetwork),
  ];
  if (told.remoteStatus === RemoteAccessStatus.NOT_CONNECTED) return rows;
  const server: Row = ['server', told.mpsHostName || 'not told'];
  return [...rows, named('asked for by', told, ({ trigger }) => trigger, RemoteAccessTrigger), server];
}

function lastResetRow(told: AmtInfo['lastHostReset']): Row {
  const row = named('last reset', told, ({ reason }) => reason, HostResetReason);
  if (told instanceof AmthiError || told.reason !== HostResetReason.REMOTE_CONTROL) return row;
  const at = new Date(told.remoteControlTimestamp * 1000).toISOString().slice(0, 19);
  return [row[0], `${row[1]}, ${at.replace('T', ' ')} UTC`, row[2] ?? ''];
}

type Hash = Exclude<Told<'GET_CERTHASH_ENTRY'>, AmthiError>;

function hashLines(hashes: AmtInfo['certificateHashes'], width: number): string[] {
  if (hashes instanceof AmthiError) return rowLines(['certificates', refusedText(hashes)], width);
  if (hashes.length === 0) return rowLines(['certificates', 'none'], width);
  return [
    '  certificates that a configuration server may come with',
    ...hashes.flatMap((told) => {
      if (told instanceof AmthiError) return [`    ${refusedText(told)}`];
      const { name, algorithm, hash } = hashJson(told);
      const use = told.isActive ? '' : ', not active';
      return [
        `    ${name} (${told.isDefault ? 'of the firmware' : 'added'}${use})`,
        `      ${algorithm} ${hash}`,
      ];
    }),
  ];
}

function hashJson({ hash, algorithm, ...rest }: Hash) {
  // Of an algorithm that is not known the length is not either: all of the place is shown.
  const bytes = hash.subarray(0, HASH_BYTES.get(algorithm));
  return { ...rest, algorithm: entryOf(algorithm, HashAlgorithm).name, hash: hexOf(bytes) };
}

/** Columns of the names. */
const INDENT = 16;
