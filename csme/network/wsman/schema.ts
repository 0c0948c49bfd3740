/** What a WS-Management class of the emulated AMT is: its instances, what of them can be changed, its methods. */
import { classUri } from '../../../amt/web/index.ts';
import type { Amt, AmtState } from '../../amt/index.ts';

export interface AmtClass extends ClassDeclaration {
  readonly uri: string;
}

interface ClassDeclaration {
  /** The first three letters say which schema: AMT, IPS or CIM. */
  readonly name: string;
  /** Properties that may stand in a SelectorSet: they name one instance. */
  readonly keys: readonly string[];
  /** The instances that there are now; the properties of each in the order in which AMT writes them, that of their names. */
  readonly instances: (state: AmtState) => readonly Instance[];
  /** What Put changes; without it there is no Put. Properties that are not here keep their values, whatever is sent. */
  readonly put?: (change: Change) => PutOutcome;
  readonly methods?: Readonly<Record<string, Method>>;
}

/** A property that is undefined is not there. */
export type Instance = Readonly<Record<string, PropertyValue | undefined>>;
export type PropertyValue = Simple | readonly Simple[] | Reference;
type Simple = string | number | boolean;

/** Names an instance of a class. */
export interface Reference {
  readonly className: string;
  readonly selectors: Readonly<Record<string, string | Reference>>;
}

/** Who has logged on. */
export interface Caller {
  /** As the account that AMT gives to programs of the host: it reads, and sets AMT up. */
  readonly isLocalAccount: boolean;
}

interface Act {
  readonly amt: Amt;
  readonly nowMs: number;
}

export interface Change extends Act {
  /** The instance as it is. */
  readonly instance: Instance;
  /** What it shall be; several values of one name are an array's. */
  values(name: string): readonly string[] | undefined;
}

/** Why Put is refused: a sentence about the values. */
export type PutOutcome = 'done' | { readonly refused: string };

export interface Method {
  /** The local account may call it, too. */
  readonly forLocalAccount?: boolean;
  call(call: Call): Answer;
}

export interface Call extends Act {
  /** Text of a parameter; undefined: it is not there. */
  input(name: string): string | undefined;
}

/** The ReturnValue, or the whole output in order. */
export type Answer = number | Readonly<Record<string, Simple>>;

export function amtClass(declaration: ClassDeclaration): AmtClass {
  return { ...declaration, uri: classUri(declaration.name) };
}

/** A class of CIM_Service, as AMT has them: one instance. */
export function amtService(
  name: string,
  elementName: string,
  properties: (state: AmtState) => Instance,
  more: Pick<ClassDeclaration, 'put' | 'methods'> & { readonly instanceName?: string } = {},
): AmtClass {
  const { instanceName = elementName, ...rest } = more;
  return amtClass({
    name,
    keys: ['CreationClassName', 'Name', 'SystemCreationClassName', 'SystemName'],
    instances: (state) => [
      sorted({
        CreationClassName: name,
        ElementName: elementName,
        Name: instanceName,
        SystemCreationClassName: 'CIM_ComputerSystem',
        SystemName: AMT_SYSTEM,
        ...properties(state),
      }),
    ],
    ...rest,
  });
}

export const AMT_SYSTEM = 'Intel(r) AMT';

/** In the order in which AMT writes them: capitals before small letters. */
export function sorted(instance: Instance): Instance {
  return Object.fromEntries(Object.entries(instance).sort(([a], [b]) => (a < b ? -1 : 1)));
}
