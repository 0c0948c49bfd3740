/** A MEI device and its clients, as `sapwood mei list` prints them. */
import {
  MEI_CLIENTS,
  type MeiClientAnswer,
  type MeiClientReport,
  type MeiDevice,
  MeiError,
} from '../transport/index.ts';
import { list, wrapWords } from './words.ts';

export interface SeenDevice {
  readonly device: MeiDevice;
  /** Undefined when nobody asked; an error when the device could not be asked. */
  readonly clients: readonly MeiClientReport[] | MeiError | undefined;
}

/** Lines for people, of `width` columns: the device, what is known of it, its clients. */
export function meiDeviceText({ device, clients }: SeenDevice, width: number): string[] {
  const { kind, hbmVersion, hbmVersionOfDriver, firmwareVersions, firmwareStatus } = device;
  const facts: [string, string | undefined][] = [
    ['state', device.state ?? 'not known'],
    ['kind', kind],
    ['firmware', firmwareVersions.length === 0 ? undefined : firmwareVersions.join(', ')],
    ['HBM', hbmVersion && `${hbmVersion}${hbmVersionOfDriver ? ` (driver ${hbmVersionOfDriver})` : ''}`],
    ['status', firmwareStatus.length === 0 ? undefined : firmwareStatus.join(' ')],
  ];
  return [
    device.path ?? `${device.name} (no node in /dev)`,
    ...facts.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(9)}${text}`])),
    ...clientLines(clients, width),
  ];
}

function clientLines(clients: SeenDevice['clients'], width: number): string[] {
  if (clients === undefined) return [];
  if (clients instanceof MeiError) return [`  clients  not asked: ${clients.sentence}`];
  const there = clients.filter(({ answer }) => answer.answer !== 'absent');
  const absent = clients.filter(({ answer }) => answer.answer === 'absent').map(({ name }) => name);
  const column = Math.max(0, ...there.map(({ name }) => name.length));
  return [
    '  clients',
    ...there.map(
      ({ name, answer }) => `    ${name.padEnd(column)}  ${answerText(answer)}: ${MEI_CLIENTS[name].doc}`,
    ),
    ...(absent.length === 0 ? [] : wrapWords(['not there:', ...list(absent)], width - 6)).map(
      (line, i) => `    ${i === 0 ? '' : '  '}${line}`,
    ),
  ];
}

function answerText(answer: MeiClientAnswer): string {
  switch (answer.answer) {
    case 'connected':
      return `version ${answer.protocolVersion}, messages of ${answer.maxMessageLength} bytes`;
    case 'busy':
      return 'in use by a kernel driver or another program';
    case 'absent':
      return 'not there';
    case 'failed':
      return `not connected (${answer.error.code})`;
  }
}

/** The same for programs. What is not known is null. */
export function meiDeviceJson({ device, clients }: SeenDevice): object {
  const { path, state, kind, hbmVersion, hbmVersionOfDriver, trace, sendQueueLimit, ...rest } = device;
  const orNull = (value: string | number | undefined): string | number | null => value ?? null;
  const failed = clients instanceof MeiError;
  return {
    ...rest,
    path: orNull(path),
    state: orNull(state),
    kind: orNull(kind),
    hbmVersion: orNull(hbmVersion),
    hbmVersionOfDriver: orNull(hbmVersionOfDriver),
    trace: orNull(trace),
    sendQueueLimit: orNull(sendQueueLimit),
    clients: clients === undefined || failed ? null : clients.map(clientJson),
    error: failed ? errorJson(clients) : null,
  };
}

function clientJson({ name, guid, answer }: MeiClientReport): object {
  if (answer.answer !== 'failed') return { name, guid, ...answer };
  return { name, guid, answer: answer.answer, error: errorJson(answer.error) };
}

function errorJson({ code, message, errno }: MeiError): object {
  return { code, message, errno: errno ?? null };
}
