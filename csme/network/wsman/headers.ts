/** What must be right in the headers of every request, and which instance its selectors name. */
import { ANONYMOUS } from '../../../amt/web/index.ts';
import type { Envelope, Selector } from './envelope.ts';
import type { Fault } from './faults.ts';
import type { AmtClass, Instance } from './schema.ts';
import { keyText } from './write.ts';

/** DSP0226 R6.2-4: in less than this a fault may not fit. */
const ENVELOPE_SIZE_MIN = 8192;

export function headerProblem(envelope: Envelope): Fault | undefined {
  const { action, to, messageId, replyTo, operationTimeout, maxEnvelopeSize } = envelope;
  if (!action || !to || !messageId) return { fault: 'headerRequired' };
  if (replyTo !== undefined && replyTo !== ANONYMOUS)
    return { fault: 'unsupportedFeature', detail: 'AddressingMode' };
  if (operationTimeout !== undefined && !DURATION.test(operationTimeout))
    return { fault: 'invalidHeader', text: 'OperationTimeout is not a duration such as PT60S.' };
  if (maxEnvelopeSize === undefined) return undefined;
  if (!/^\d{1,15}$/.test(maxEnvelopeSize))
    return { fault: 'invalidHeader', text: 'MaxEnvelopeSize is not a number of bytes.' };
  return Number(maxEnvelopeSize) < ENVELOPE_SIZE_MIN
    ? { fault: 'encodingLimit', detail: 'MinimumEnvelopeLimit' }
    : undefined;
}

/** xs:duration, not negative. Every request is answered at once, so that it is one is all that matters. */
const DURATION = /^P(?=[\dT])(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;

/** The instance that the selectors name. Of a class with one instance, no selectors name it as well as all of its keys. */
export function selected(
  amt: AmtClass,
  instances: readonly Instance[],
  selectors: readonly Selector[],
): Instance | Fault {
  // The CIM binding's selector for the namespace: AMT has one namespace, whatever it is called.
  const keys = selectors.filter(({ name }) => name !== '__cimnamespace');
  if (new Set(selectors.map(({ name }) => name)).size < selectors.length)
    return { fault: 'invalidSelectors', detail: 'DuplicateSelectors' };
  if (keys.some(({ name }) => !amt.keys.includes(name)))
    return { fault: 'invalidSelectors', detail: 'UnexpectedSelectors' };
  const named = instances.filter((instance) =>
    keys.every(({ name, value }) => keyText(instance, name) === value),
  );
  if (named.length > 1) return { fault: 'invalidSelectors', detail: 'InsufficientSelectors' };
  if (named[0] !== undefined) return named[0];
  return instances.length === 0
    ? { fault: 'destinationUnreachable', text: 'There is no instance of this class.' }
    : { fault: 'invalidSelectors', detail: 'InvalidValue' };
}
