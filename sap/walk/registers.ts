/** The registers that codecs are generated for, and where the text goes. */
import { SAP_MESSAGES } from '../messages/index.ts';
import { ME_MESSAGES } from '../messages/me.ts';
import { generateCodec } from './codec.ts';
import { messagesPage } from './docs.ts';

/** Every generated source, by its path from the folder of the repository. */
export function generatedSources(): ReadonlyMap<string, string> {
  return new Map([
    ['sap/generated/codec.ts', generateCodec(SAP_REGISTER)],
    ['sap/generated/me.ts', generateCodec(ME_REGISTER)],
    ['docs/messages.md', messagesPage()],
  ]);
}

export const SAP_REGISTER = {
  title: 'The codec of SAP messages',
  messages: SAP_MESSAGES,
  from: '../messages/index.ts',
  list: 'SAP_MESSAGES',
  messageType: 'KnownMessage',
  draftType: 'KnownDraft',
  header: {
    size: 8,
    id: { at: 0, bytes: 2 },
    length: { at: 2, bytes: 2 },
    seqNum: { at: 4, bytes: 4 },
    idInValue: true,
  },
} as const;

/** ME messages count their header in `len`, and not reliably: it is a field like others here. */
const ME_REGISTER = {
  title: 'The codec of ME messages',
  messages: ME_MESSAGES,
  from: '../messages/me.ts',
  list: 'ME_MESSAGES',
  messageType: 'MeWire',
  draftType: 'MeWireDraft',
  header: { size: 8, id: { at: 0, bytes: 4 }, seqNum: { at: 4, bytes: 4 }, idInValue: false },
} as const;
