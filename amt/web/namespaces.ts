/** The names of the XML namespaces and the URIs of WS-Management (DSP0226) and of AMT. */

export const NS = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  wsman: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  identity: 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd',
  dash: 'http://schemas.dmtf.org/wbem/dash/1/dash.xsd',
  cimCommon: 'http://schemas.dmtf.org/wbem/wscim/1/common',
  cimBinding: 'http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd',
  trust: 'http://schemas.xmlsoap.org/ws/2005/02/trust',
  security: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
  instance: 'http://www.w3.org/2001/XMLSchema-instance',
} as const;

export const ANONYMOUS = `${NS.addressing}/role/anonymous`;
export const GET = 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get';
export const GET_RESPONSE = `${GET}Response`;
/** The URI of a class is this and its name. */
export const AMT_SCHEMA = 'http://intel.com/wbem/wscim/1/amt-schema/1/';
