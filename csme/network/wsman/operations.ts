/** What can be done with a class: Get, Put, Enumerate, Pull, Release, and its methods. */
import { ACTION, element, escapeText, NS, type XmlElement } from '../../../amt/web/index.ts';
import type { Amt } from '../../amt/index.ts';
import { Enumerations } from './enumerations.ts';
import type { Envelope } from './envelope.ts';
import type { Fault } from './faults.ts';
import { selected } from './headers.ts';
import type { AmtClass, Answer, Caller, Instance } from './schema.ts';
import { instanceXml, propertiesXml, referenceTo, referenceXml } from './write.ts';

/** What becomes of a request: the content of the answer's body, and the namespaces that it needs. */
export interface Performed {
  readonly namespaces: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One request, and who sent it when. */
interface Request {
  readonly amt: AmtClass;
  readonly envelope: Envelope;
  readonly nowMs: number;
  readonly caller: Caller;
}

export class Operations {
  readonly #amt: Amt;
  readonly #enumerations = new Enumerations();

  constructor(amt: Amt) {
    this.#amt = amt;
  }

  perform(amt: AmtClass, envelope: Envelope, nowMs: number, caller: Caller): Performed | Fault {
    const request = { amt, envelope, nowMs, caller };
    switch (envelope.action) {
      case ACTION.get:
        return this.#get(request);
      case ACTION.put:
        return this.#put(request);
      case ACTION.enumerate:
        return this.#enumerate(request);
      case ACTION.pull:
        return this.#pull(request);
      case ACTION.release:
        return this.#release(request);
      default:
        return this.#invoke(request);
    }
  }

  #get(request: Request): Performed | Fault {
    const instance = this.#selected(request);
    return isFault(instance) ? instance : instanceBody(request.amt, instance);
  }

  #put(request: Request): Performed | Fault {
    const { amt, envelope, nowMs, caller } = request;
    if (amt.put === undefined) return { fault: 'actionNotSupported' };
    if (caller.isLocalAccount) return DENIED;
    const before = this.#selected(request);
    if (isFault(before)) return before;
    const { body } = envelope;
    if (body?.name !== `{${amt.uri}}${amt.name}`)
      return { fault: 'invalidRepresentation', text: `The body is not one ${amt.name}.` };
    const values = (name: string) => textsOf(body, `{${amt.uri}}${name}`);
    const outcome = amt.put({ amt: this.#amt, nowMs, instance: before, values });
    if (outcome !== 'done')
      return { fault: 'invalidRepresentation', detail: 'InvalidValues', text: outcome.refused };
    const after = this.#selected(request);
    return isFault(after) ? after : instanceBody(amt, after);
  }

  #enumerate({ amt, envelope }: Request): Performed | Fault {
    const { body } = envelope;
    if (body?.name !== EN('Enumerate'))
      return { fault: 'schemaValidationError', text: 'The body is not Enumerate.' };
    if (body.children.some(({ name }) => name === WS('Filter') || name === EN('Filter')))
      return { fault: 'filteringNotSupported' };
    const mode = textsOf(body, WS('EnumerationMode'))?.[0];
    const item = itemXml(amt, mode);
    if (item === undefined) return { fault: 'unsupportedFeature', detail: 'EnumerationMode' };
    const items = amt.instances(this.#amt.state).map(item);
    const context = this.#enumerations.begin(amt.uri, items);
    const optimized = body.children.some(({ name }) => name === WS('OptimizeEnumeration'));
    if (!optimized) return enumerationBody(amt, 'EnumerateResponse', contextXml(context));
    const most = count(textsOf(body, WS('MaxElements'))?.[0], 1);
    if (most === undefined) return BAD_COUNT;
    // What does not fit is left to be pulled.
    const pulled = this.#enumerations.pull(amt.uri, context, most, Number.POSITIVE_INFINITY);
    if (pulled === undefined || pulled === 'too large') return { fault: 'invalidEnumerationContext' };
    return enumerationBody(
      amt,
      'EnumerateResponse',
      contextXml(pulled.isEnd ? '' : context),
      element('c:Items', ...pulled.items),
      pulled.isEnd ? element('c:EndOfSequence') : '',
    );
  }

  #pull({ amt, envelope }: Request): Performed | Fault {
    const { body } = envelope;
    if (body?.name !== EN('Pull')) return { fault: 'schemaValidationError', text: 'The body is not Pull.' };
    const context = textsOf(body, EN('EnumerationContext'))?.[0] ?? '';
    const most = count(textsOf(body, EN('MaxElements'))?.[0], 1);
    const characters = count(textsOf(body, EN('MaxCharacters'))?.[0], Number.POSITIVE_INFINITY);
    if (most === undefined || characters === undefined) return BAD_COUNT;
    const pulled = this.#enumerations.pull(amt.uri, context, most, characters);
    if (pulled === undefined) return { fault: 'invalidEnumerationContext' };
    if (pulled === 'too large') return { fault: 'encodingLimit', detail: 'MaxEnvelopeSizeExceeded' };
    return enumerationBody(
      amt,
      'PullResponse',
      pulled.isEnd ? '' : contextXml(context),
      element('g:Items', ...pulled.items),
      pulled.isEnd ? element('g:EndOfSequence') : '',
    );
  }

  #release({ amt, envelope }: Request): Performed | Fault {
    const { body } = envelope;
    if (body?.name !== EN('Release'))
      return { fault: 'schemaValidationError', text: 'The body is not Release.' };
    const context = textsOf(body, EN('EnumerationContext'))?.[0] ?? '';
    return this.#enumerations.release(amt.uri, context)
      ? { namespaces: {}, body: '' }
      : { fault: 'invalidEnumerationContext' };
  }

  #invoke(request: Request): Performed | Fault {
    const { amt, envelope, nowMs, caller } = request;
    const name = envelope.action?.startsWith(`${amt.uri}/`) ? envelope.action.slice(amt.uri.length + 1) : '';
    const method = Object.hasOwn(amt.methods ?? {}, name) ? amt.methods?.[name] : undefined;
    if (method === undefined) return { fault: 'actionNotSupported' };
    const instance = this.#selected(request);
    if (isFault(instance)) return instance;
    if (caller.isLocalAccount && method.forLocalAccount !== true) return DENIED;
    const { body } = envelope;
    if (body?.name !== `{${amt.uri}}${name}_INPUT`)
      return { fault: 'schemaValidationError', text: `The body is not ${name}_INPUT.` };
    const input = (parameter: string) => textsOf(body, `{${amt.uri}}${parameter}`)?.[0];
    const answer = method.call({ amt: this.#amt, nowMs, input });
    return {
      namespaces: { g: amt.uri },
      body: element(`g:${name}_OUTPUT`, ...propertiesXml(outputOf(answer), 'g')),
    };
  }

  #selected({ amt, envelope }: Request): Instance | Fault {
    return selected(amt, amt.instances(this.#amt.state), envelope.selectors);
  }
}

const DENIED: Fault = {
  fault: 'accessDenied',
  text: 'The local account of programs of the host may not do this: log on as an administrator.',
};
const BAD_COUNT: Fault = { fault: 'schemaValidationError', text: 'A limit is not a number from 1 on.' };

const EN = (name: string): string => `{${NS.enumeration}}${name}`;
const WS = (name: string): string => `{${NS.wsman}}${name}`;

function isFault(value: Instance | Fault): value is Fault {
  return typeof value.fault === 'string';
}

function instanceBody(amt: AmtClass, instance: Instance): Performed {
  return { namespaces: { g: amt.uri, h: NS.cimCommon }, body: instanceXml(amt, instance, 'g') };
}

function enumerationBody(amt: AmtClass, name: string, ...content: readonly string[]): Performed {
  return { namespaces: { g: NS.enumeration, h: amt.uri }, body: element(`g:${name}`, ...content) };
}

function contextXml(context: string): string {
  return element('g:EnumerationContext', escapeText(context));
}

/** How an item is written in this mode of DSP0226 §8.7; undefined: there is no such mode. */
function itemXml(amt: AmtClass, mode: string | undefined): ((instance: Instance) => string) | undefined {
  const reference = (instance: Instance) => referenceXml(referenceTo(amt, instance));
  const object = (instance: Instance) => instanceXml(amt, instance, 'h');
  switch (mode) {
    case undefined:
      return object;
    case 'EnumerateEPR':
      return reference;
    case 'EnumerateObjectAndEPR':
      return (instance) => element('c:Item', object(instance), reference(instance));
    default:
      return undefined;
  }
}

/** Texts of the children with this name; undefined when there is none. */
function textsOf(body: XmlElement, name: string): readonly string[] | undefined {
  const texts = body.children.filter((child) => child.name === name).map(({ text }) => text);
  return texts.length === 0 ? undefined : texts;
}

/** A positive number, or what counts when it is left out; undefined: it is none. */
function count(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise;
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

function outputOf(answer: Answer): Instance {
  return typeof answer === 'number' ? { ReturnValue: answer } : answer;
}
