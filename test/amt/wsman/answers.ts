/** Answers as AMT writes them. */
import { classUri, element, NS } from '../../../amt/web/index.ts';
import type { WsmanRequest } from '../../../amt/wsman/index.ts';

export const SETUP: WsmanRequest = { className: 'IPS_HostBasedSetupService', method: 'Setup' };

export const bytes = (text: string) => new TextEncoder().encode(text);

const ENVELOPE = `a:Envelope xmlns:a="${NS.soap}" xmlns:b="${NS.addressing}" xmlns:c="${NS.wsman}"`;

export function answered(
  { className, method }: WsmanRequest,
  relatesTo: string,
  values: Readonly<Record<string, string | readonly string[]>>,
): string {
  const content = Object.entries(values).flatMap(([name, value]) =>
    [value].flat().map((one) => element(`g:${name}`, `\n  ${one}`)),
  );
  const name = method === undefined ? className : `${method}_OUTPUT`;
  return `<?xml version="1.0" encoding="UTF-8"?>${element(
    ENVELOPE,
    element('a:Header', element('b:RelatesTo', relatesTo)),
    element('a:Body', element(`g:${name} xmlns:g="${classUri(className)}"`, ...content)),
  )}`;
}

export const FAULT = element(
  ENVELOPE,
  element('a:Header'),
  element(
    'a:Body',
    element(
      'a:Fault',
      element(
        'a:Code',
        element('a:Value', 'a:Sender'),
        element('a:Subcode', element('a:Value', 'b:DestinationUnreachable')),
      ),
      element('a:Reason', element('a:Text xml:lang="en-US"', 'No route can be determined.')),
    ),
  ),
);
