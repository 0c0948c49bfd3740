/** The part of CSME_FILTERS that the Rx filter works with, on its own: what files and commands hand around. */
import { decodeSap, encodeSap, SAP_HEADER_LEN } from './codec.ts';
import { SapError, sapError } from './errors.ts';
import { CsmeFilters } from './messages/csme.ts';
import type { OobFilters } from './messages/structures.ts';

/** Bytes of `struct iwl_sap_oob_filters`. Source: iwlwifi/mei/sap.h. */
export const OOB_FILTERS_LEN = 156;

const MESSAGE_LEN = SAP_HEADER_LEN + CsmeFilters.payload;
/** They are the message's last field. */
const AT = MESSAGE_LEN - OOB_FILTERS_LEN;

/** The filter set that `bytes` holds. Any other number of bytes is SAP_ERR_LENGTH; every content has a meaning. */
export function decodeOobFilters(bytes: Uint8Array): OobFilters | SapError {
  if (bytes.length !== OOB_FILTERS_LEN) {
    return sapError('SAP_ERR_LENGTH', {
      fault: 'peer',
      message: 'oob_filters',
      offset: 0,
      needed: OOB_FILTERS_LEN,
      available: bytes.length,
    });
  }
  const message = new Uint8Array(MESSAGE_LEN);
  message.set([CsmeFilters.id, CsmeFilters.id >> 8, CsmeFilters.payload, CsmeFilters.payload >> 8]);
  message.set(bytes, AT);
  const decoded = decodeSap(message);
  if (decoded instanceof SapError) return decoded;
  return (decoded as Extract<typeof decoded, { name: 'CSME_FILTERS' }>).oobFilters;
}

/** The bytes of a filter set. Throws SAP_ERR_DRAFT for a value that does not fit. */
export function encodeOobFilters(oobFilters: OobFilters): Uint8Array {
  const unused = { mode: 0, macAddress: 0, cbfilters: new Uint8Array(AT - 20) };
  return encodeSap({ name: 'CSME_FILTERS', ...unused, oobFilters }, 0).slice(AT);
}

/** A set in which nothing is enabled: CSME gets no frame. */
export function noFilters(): OobFilters {
  return decodeOobFilters(new Uint8Array(OOB_FILTERS_LEN)) as OobFilters;
}
