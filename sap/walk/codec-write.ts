/** The writing half of a generated codec: statements that check a value and store its bytes. */
import type { AnyField, Fields } from '../declare.ts';
import { endsOpen, type Layout, leaves } from './fields.ts';

/** Up to this many bytes are stored one by one; `set` costs as much as about 24 stores. */
const STORE_BY_BYTE = 8;

/**
 * A table or structure of this many fields is put together in a buffer that is kept for it, and copied from there in one
 * go: V8 knows where that buffer lies and how long it is, which saves the checks of every store (CSME_FILTERS: 15 to 25 %).
 */
const SCRATCH_WORTH = 32;

/** Where a statement stands: the message's name, what it writes to, and the base that its offsets count from. */
interface Scope {
  readonly message: string;
  /** Variable of the bytes. */
  readonly bytes: string;
  /** Variable of a `DataView` over them, when there is one. */
  readonly view?: string;
  /** The whole buffer is an array of words, and has a view as such. */
  readonly words?: boolean;
  /** Variable that the offsets count from; empty for the start. */
  readonly base: string;
  readonly indent: string;
  readonly depth: number;
}

/** Source of the function that gives the size of a draft, header included. */
export function sizeFunction(layout: Layout, suffix: string, header: number): string {
  const rest = Object.entries(layout.fields).find(([, field]) => field.layout.kind === 'rest');
  const fixed = header + layout.payload - (rest ? rest[1].size : 0);
  const body = rest
    ? `  return ${fixed} + (d.${rest[0]}?.length ?? 0);`
    : `  return d.tail === undefined ? ${fixed} : ${fixed} + d.tail.length;`;
  return `function size${suffix}(d: Draft<'${layout.short}'>): number {\n${body}\n}`;
}

/** Source of the function that writes one message and gives its size. */
export function writeFunction(
  layout: Layout,
  suffix: string,
  head: readonly string[],
  header: number,
): string {
  const name = layout.short;
  const end = header + layout.payload;
  const open = endsOpen(layout);
  const scope: Scope = { message: name, bytes: 'out', base: 'o', indent: '  ', depth: 0 };
  return [
    `function write${suffix}(d: Draft<'${name}'>, seq: number, out: Uint8Array, o: number): number {`,
    `  const n = size${suffix}(d);`,
    `  if (!(o >= 0 && o + n <= out.length)) throw noRoom('${name}', n, out.length - o);`,
    ...head.map((line) => `  ${line}`),
    ...fieldStatements(layout.fields, header, 'd', '', scope),
    ...(open
      ? [
          `  if (d.tail !== undefined && d.tail.length > 0) throw unfit('${name}', 'tail', d.tail, 'no bytes');`,
        ]
      : [`  if (n > ${end}) out.set(d.tail!, o + ${end});`]),
    '  return n;',
    '}',
  ].join('\n');
}

function fieldStatements(fields: Fields, at: number, owner: string, path: string, scope: Scope): string[] {
  const lines: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const variable = `${scope.depth === 0 ? '' : prefixOf(path)}${name}`;
    const fieldPath = join(path, name);
    const inScratch = scope.depth === 0 && isScratchWorth(field);
    const scratch = scratchName(scope.message, name);
    const words = inScratch && isWords(field);
    const inner = inScratch ? { ...scope, bytes: scratch, view: `${scratch}_VIEW`, words, base: '' } : scope;
    const start = inScratch ? 0 : at;
    lines.push(...statements(field, start, `${owner}.${name}`, variableName(variable), fieldPath, inner));
    if (inScratch) lines.push(`${scope.indent}out.set(${scratch}, ${place(at, scope)});`);
    at += field.size;
  }
  return lines;
}

function statements(
  field: AnyField,
  at: number,
  expression: string,
  variable: string,
  path: string,
  scope: Scope,
): string[] {
  const { indent } = scope;
  const layout = field.layout;
  const say = (value: string, demand: string) =>
    `throw unfit('${scope.message}', ${quoted(path)}, ${value}, '${demand}')`;
  switch (layout.kind) {
    case 'uint':
      return uintStatements(
        layout,
        field.required ? expression : `${expression} ?? 0`,
        variable,
        at,
        scope,
        say,
      );
    case 'u64':
      return [
        `${indent}const ${variable} = ${field.required ? expression : `${expression} ?? 0n`};`,
        `${indent}if (typeof ${variable} !== 'bigint' || BigInt.asUintN(64, ${variable}) !== ${variable}) ${say(variable, 'a bigint of 64 bits')};`,
        `${indent}const ${variable}Low = Number(BigInt.asUintN(32, ${variable}));`,
        `${indent}const ${variable}High = Number(${variable} >> 32n);`,
        ...stores(`${variable}Low`, 4, false, at, scope),
        ...stores(`${variable}High`, 4, false, at + 4, scope),
      ];
    case 'mac':
      return [
        `${indent}const ${variable} = ${field.required ? expression : `${expression} ?? 0`};`,
        `${indent}const ${variable}High = (${variable} * PER_WORD) | 0;`,
        `${indent}const ${variable}Low = ${variable} >>> 0;`,
        `${indent}if (${variable}High >>> 16 !== 0 || ${variable}High * 0x100000000 + ${variable}Low !== ${variable}) ${say(variable, 'an integer of 48 bits')};`,
        ...stores(`${variable}High`, 2, true, at, scope),
        ...stores(`${variable}Low`, 4, true, at + 2, scope),
      ];
    case 'bytes':
      return byteStatements(field, layout.length, at, expression, variable, scope, say);
    case 'rest':
      return [
        `${indent}const ${variable} = ${expression};`,
        `${indent}if (${variable} === undefined || ${variable}.length < ${layout.minLength}) ${say(variable, `at least ${layout.minLength} bytes`)};`,
        `${indent}out.set(${variable}, ${place(at, scope)});`,
      ];
    case 'struct':
      return [
        `${indent}const ${variable} = ${expression};`,
        `${indent}if (${variable} === undefined || ${variable} === null) ${say(variable, 'an object')};`,
        ...fieldStatements(layout.fields, at, variable, path, { ...scope, depth: scope.depth + 1 }),
      ];
    case 'array':
      return loop(field, at, expression, variable, path, scope, say);
  }
}

function uintStatements(
  { bytes, bigEndian }: { readonly bytes: 1 | 2 | 3 | 4; readonly bigEndian: boolean },
  given: string,
  variable: string,
  at: number,
  scope: Scope,
  say: (value: string, demand: string) => string,
): string[] {
  const { indent } = scope;
  const demand = `an integer of ${8 * bytes} bits`;
  const declared = `${indent}const ${variable} = ${given};`;
  const check = `${indent}if (${misfit(variable, bytes)}) ${say(variable, demand)};`;
  if (scope.view === undefined || bytes === 1 || bytes === 3) {
    return [declared, check, ...stores(variable, bytes, bigEndian, at, scope)];
  }
  const store = (value: string) =>
    `${indent}${scope.view}.setInt${8 * bytes}(${place(at, scope)}, ${value}, ${!bigEndian});`;
  if (bytes === 2) return [declared, check, store(variable)];
  // Numbers of an array may be doubles: converted once, for the check and for the store.
  return [
    declared,
    `${indent}const ${variable}Word = ${variable} | 0;`,
    `${indent}if (${variable}Word >>> 0 !== ${variable}) ${say(variable, demand)};`,
    store(`${variable}Word`),
  ];
}

function byteStatements(
  field: AnyField,
  length: number,
  at: number,
  expression: string,
  variable: string,
  scope: Scope,
  say: (value: string, demand: string) => string,
): string[] {
  const { indent } = scope;
  const check = (inner: string) =>
    `${inner}if (${variable}?.length !== ${length}) ${say(variable, `${length} bytes`)};`;
  const copy = (inner: string) =>
    length <= STORE_BY_BYTE
      ? Array.from(
          { length },
          (_, i) => `${inner}${scope.bytes}[${place(at + i, scope)}] = ${variable}[${i}]!;`,
        )
      : [`${inner}${scope.bytes}.set(${variable}, ${place(at, scope)});`];
  const declared = `${indent}const ${variable} = ${expression};`;
  if (field.required) return [declared, check(indent), ...copy(indent)];
  return [
    declared,
    `${indent}if (${variable} === undefined) {`,
    `${indent}  ${scope.bytes}.fill(0, ${place(at, scope)}, ${place(at + length, scope)});`,
    `${indent}} else {`,
    check(`${indent}  `),
    ...copy(`${indent}  `),
    `${indent}}`,
  ];
}

function loop(
  field: AnyField,
  at: number,
  expression: string,
  variable: string,
  path: string,
  scope: Scope,
  say: (value: string, demand: string) => string,
): string[] {
  if (field.layout.kind !== 'array') return [];
  const { item, length } = field.layout;
  const { indent } = scope;
  const index = 'ijk'[scope.depth] ?? `i${scope.depth}`;
  const base = `p${scope.depth}`;
  const inner: Scope = { ...scope, words: false, base, indent: `${indent}  `, depth: scope.depth + 1 };
  if (scope.words) {
    const words = wordsName(scope.bytes);
    const value = `${variable}Item`;
    // The store cuts a number to a word; what comes back unchanged is one.
    return [
      `${indent}const ${variable} = ${expression};`,
      `${indent}if (${variable}?.length !== ${length}) ${say(variable, `an array of ${length}`)};`,
      `${indent}for (let ${index} = 0; ${index} < ${length}; ${index}++) {`,
      `${indent}  const ${value} = ${variable}[${index}]!;`,
      `${indent}  ${words}[${index}] = ${value};`,
      `${indent}  if (${words}[${index}] !== ${value}) throw unfit('${scope.message}', \`${path}[\${${index}}]\`, ${value}, 'an integer of 32 bits');`,
      `${indent}}`,
      `${indent}littleEndian(${words});`,
    ];
  }
  return [
    `${indent}const ${variable} = ${expression};`,
    `${indent}if (${variable}?.length !== ${length}) ${say(variable, `an array of ${length}`)};`,
    `${indent}for (let ${index} = 0, ${base} = ${place(at, scope)}; ${index} < ${length}; ${index}++, ${base} += ${item.size}) {`,
    ...statements(item, 0, `${variable}[${index}]!`, `${variable}Item`, `${path}[\${${index}}]`, inner),
    `${indent}}`,
  ];
}

/** The buffers that the writer of a message needs, as declarations. */
export function scratchBuffers(layout: Layout): string[] {
  return Object.entries(layout.fields)
    .filter(([, field]) => isScratchWorth(field))
    .flatMap(([name, field]) => {
      const scratch = scratchName(layout.short, name);
      return [
        `const ${scratch} = new Uint8Array(${field.size});`,
        isWords(field)
          ? `const ${wordsName(scratch)} = new Uint32Array(${scratch}.buffer);`
          : `const ${scratch}_VIEW = new DataView(${scratch}.buffer);`,
      ];
    });
}

function isScratchWorth(field: AnyField): boolean {
  if (field.layout.kind !== 'array' && field.layout.kind !== 'struct') return false;
  let fields = 0;
  for (const _ of leaves({ field }, 0)) fields++;
  return fields >= SCRATCH_WORTH;
}

/** A plain array of little endian words, which a buffer of its own can hold as such. */
function isWords(field: AnyField): boolean {
  if (field.layout.kind !== 'array') return false;
  const { layout } = field.layout.item;
  return layout.kind === 'uint' && layout.bytes === 4 && !layout.bigEndian;
}

function wordsName(scratch: string): string {
  return `${scratch}_WORDS`;
}

function scratchName(message: string, field: string): string {
  return `${message}_${field.replace(/([A-Z])/g, '_$1').toUpperCase()}`;
}

/** True for what is not an unsigned number of so many bytes: fractions, negatives, NaN, strings, undefined. */
function misfit(variable: string, bytes: number): string {
  if (bytes === 4) return `${variable} >>> 0 !== ${variable}`;
  return `(${variable} & 0x${'ff'.repeat(bytes)}) !== ${variable}`;
}

function stores(variable: string, bytes: number, bigEndian: boolean, at: number, scope: Scope): string[] {
  return Array.from({ length: bytes }, (_, i) => {
    const shift = 8 * (bigEndian ? bytes - 1 - i : i);
    return `${scope.indent}${scope.bytes}[${place(at + i, scope)}] = ${variable}${shift === 0 ? '' : ` >>> ${shift}`};`;
  });
}

function place(at: number, scope: Scope): string {
  if (scope.base === '') return `${at}`;
  return at === 0 ? scope.base : `${scope.base} + ${at}`;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Fields inside of a structure carry its path, so that two structures can have fields of one name. */
function prefixOf(path: string): string {
  return `${path.replace(/\[[^\]]*\]/g, '').replace(/\W+(\w)/g, (_, c: string) => c.toUpperCase())}_`;
}

const TAKEN = ['d', 'n', 'o', 'out', 'seq', 'length'];

/** Keeps fields from hiding the function's own names. */
function variableName(name: string): string {
  const plain = name.replace(/_(\w)/, (_, c: string) => c.toUpperCase());
  return TAKEN.includes(plain) ? `${plain}Field` : plain;
}

function quoted(path: string): string {
  return path.includes('${') ? `\`${path}\`` : `'${path}'`;
}
