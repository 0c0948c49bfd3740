/**
 * The faults that the emulated AMT gives: one table.
 *
 * Source: DSP0226 (WS-Management) §14, WS-Enumeration and WS-Transfer 2004/09 and WS-Addressing 2004/08 §4 for codes and details; the sentence of
 * DestinationUnreachable is from a public capture of AMT, that of InvalidSelectors from a public mock of it.
 */

export const FAULTS = {
  versionMismatch: {
    code: 'VersionMismatch',
    reason: 'The envelope is not of SOAP 1.2.',
  },
  mustUnderstand: {
    code: 'MustUnderstand',
    reason: 'A header that must be understood is not understood.',
  },
  schemaValidationError: {
    code: 'Sender',
    subcode: 'wsman:SchemaValidationError',
    reason: 'The supplied SOAP violates the corresponding XML schema definition.',
  },
  encodingLimit: {
    code: 'Sender',
    subcode: 'wsman:EncodingLimit',
    reason:
      'An internal encoding limit was exceeded in a request or would be violated if the message was processed.',
  },
  unsupportedFeature: {
    code: 'Sender',
    subcode: 'wsman:UnsupportedFeature',
    reason: 'The specified feature is not supported.',
  },
  invalidSelectors: {
    code: 'Sender',
    subcode: 'wsman:InvalidSelectors',
    reason: 'The Selectors for the resource are not valid.',
  },
  headerRequired: {
    code: 'Sender',
    subcode: 'wsa:MessageInformationHeaderRequired',
    reason: 'A required message information header, To, MessageID, or Action, is not present.',
  },
  invalidHeader: {
    code: 'Sender',
    subcode: 'wsa:InvalidMessageInformationHeader',
    reason: 'A message information header is not valid and the message cannot be processed.',
  },
  destinationUnreachable: {
    code: 'Sender',
    subcode: 'wsa:DestinationUnreachable',
    reason: 'No route can be determined to reach the destination role defined by the WSAddressing To.',
  },
  actionNotSupported: {
    code: 'Sender',
    subcode: 'wsa:ActionNotSupported',
    reason: 'The action is not supported by the service.',
  },
  accessDenied: {
    code: 'Sender',
    subcode: 'wsman:AccessDenied',
    reason: 'The sender was not authorized to access the resource.',
  },
  invalidEnumerationContext: {
    code: 'Receiver',
    subcode: 'wsen:InvalidEnumerationContext',
    reason: 'The supplied enumeration context is invalid.',
  },
  filteringNotSupported: {
    code: 'Sender',
    subcode: 'wsen:FilteringNotSupported',
    reason: 'Filtering over the enumeration is not supported.',
  },
  invalidRepresentation: {
    code: 'Sender',
    subcode: 'wxf:InvalidRepresentation',
    reason: 'The XML content is not valid.',
  },
} as const satisfies Readonly<Record<string, FaultDeclaration>>;

interface FaultDeclaration {
  /** Of SOAP 1.2 §5.4.6. */
  readonly code: 'Sender' | 'Receiver' | 'VersionMismatch' | 'MustUnderstand';
  readonly subcode?: `${'wsman' | 'wsa' | 'wsen' | 'wxf'}:${string}`;
  readonly reason: string;
}

/** The last part of a FaultDetail URI of DSP0226. */
export type FaultDetail =
  | 'AddressingMode'
  | 'CharacterSet'
  | 'DuplicateSelectors'
  | 'EnumerationMode'
  | 'FragmentLevelAccess'
  | 'InsufficientSelectors'
  | 'InvalidResourceURI'
  | 'InvalidValue'
  | 'InvalidValues'
  | 'MaxEnvelopeSizeExceeded'
  | 'MinimumEnvelopeLimit'
  | 'ServiceEnvelopeLimit'
  | 'UnexpectedSelectors';

/** A fault as an answer: which one, with what of it is known. */
export interface Fault {
  readonly fault: keyof typeof FAULTS;
  readonly detail?: FaultDetail;
  /** A sentence about this request, for a person. Nothing in it comes from the request but names and numbers. */
  readonly text?: string;
}

/** SOAP 1.2 part 2 §7.5.2.2. */
export function faultStatus(fault: keyof typeof FAULTS): 400 | 500 {
  return FAULTS[fault].code === 'Sender' ? 400 : 500;
}
