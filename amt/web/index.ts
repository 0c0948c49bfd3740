/**
 * What both ends of AMT's web service share: the arithmetic and the headers of HTTP Digest, the names of WS-Management,
 * XML. No I/O.
 */
export { type DigestFields, parseAuthorization } from './authorization.ts';
export {
  answerChallenge,
  authorizationFor,
  type DigestChallenge,
  type DigestRequest,
  parseChallenge,
} from './challenge.ts';
export { type Credentials, responseOf, secretOf } from './digest.ts';
export { ACTION, ANONYMOUS, classUri, NS } from './namespaces.ts';
export { AMT_HTTP } from './port.ts';
export { element, escapeText } from './xml.ts';
export {
  childOf,
  parseXml,
  XML_LIMITS,
  type XmlElement,
  type XmlLimits,
  type XmlProblem,
} from './xml-tree.ts';
