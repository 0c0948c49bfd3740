/** The names of the XML namespaces and the URIs of WS-Management (DSP0226) and of AMT. */

export const NS = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  wsman: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  transfer: 'http://schemas.xmlsoap.org/ws/2004/09/transfer',
  enumeration: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration',
  identity: 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd',
  dash: 'http://schemas.dmtf.org/wbem/dash/1/dash.xsd',
  cimCommon: 'http://schemas.dmtf.org/wbem/wscim/1/common',
  cimBinding: 'http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd',
  trust: 'http://schemas.xmlsoap.org/ws/2005/02/trust',
  security: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
  instance: 'http://www.w3.org/2001/XMLSchema-instance',
} as const;

export const ANONYMOUS = `${NS.addressing}/role/anonymous`;

/** What a request wants, where it is no method of a class; the answer's action is this and `Response`. */
export const ACTION = {
  get: `${NS.transfer}/Get`,
  put: `${NS.transfer}/Put`,
  enumerate: `${NS.enumeration}/Enumerate`,
  pull: `${NS.enumeration}/Pull`,
  release: `${NS.enumeration}/Release`,
} as const;

/** The URI of a class is that of its schema, which its name begins with, and the name. A method's is that, `/` and its name. */
export function classUri(name: string): string {
  return `${SCHEMAS[name.slice(0, 3) as keyof typeof SCHEMAS] ?? SCHEMAS.AMT}${name}`;
}

const SCHEMAS = {
  AMT: 'http://intel.com/wbem/wscim/1/amt-schema/1/',
  IPS: 'http://intel.com/wbem/wscim/1/ips-schema/1/',
  CIM: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/',
} as const;
