/**
 * The import table: which folder may import which, and the few names that only one folder may use. Biome checks the
 * rest. The check reads each file's path and syntax tree and resolves nothing, so it takes a second for the whole
 * tree.
 */
import { posix } from 'node:path';
import { parseSync, Visitor } from 'vite';

export interface Violation {
  /** Path from the repository's root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Zone {
  readonly imports: readonly string[];
  readonly why: string;
}

/** Importable by every folder further down in the table, without being listed in its row. */
const common = ['lib', 'recipe', 'records'];

/** The folders that the worker composes. None of them knows the page. */
const composedByWorker = [
  'formats',
  'reference',
  'engine',
  'model',
  'training',
  'judges',
  'tpo',
  'exports',
  'hub',
  'storage',
];

/** A folder imports only from folders above it in this table. Types count as imports. */
export const zones: Readonly<Record<string, Zone>> = {
  lib: { imports: [], why: 'it has no browser API and no knowledge of the lab' },
  recipe: { imports: ['lib'], why: 'every folder reads it, so it reads none but lib' },
  records: { imports: ['lib', 'recipe'], why: 'it is the plain data that is stored and sent; a run holds its recipe' },
  formats: { imports: common, why: 'it is pure: bytes in, typed values out' },
  reference: { imports: common, why: 'an oracle that shares code with what it checks proves nothing' },
  engine: {
    imports: ['shaders', ...common],
    why: 'it is handed a GPU and tensors, and knows neither models nor pages',
  },
  model: { imports: ['engine', 'formats', ...common], why: 'a model does not know what it is trained for' },
  training: {
    imports: ['model', 'engine', 'formats', ...common],
    why: 'a step is a function of pairs, regardless of their origin',
  },
  judges: {
    imports: ['formats', 'model', ...common],
    why: 'a judge that needs the policy is handed a function',
  },
  tpo: {
    imports: ['judges', 'training', 'model', ...common],
    why: 'the loop knows no GPU and no storage: they are handed to it',
  },
  exports: {
    imports: ['formats', 'model', 'tpo', ...common],
    why: 'it turns records into files, and reads them through the interfaces of tpo',
  },
  hub: { imports: ['formats', ...common], why: 'it fetches bytes and hands them to its caller' },
  storage: {
    imports: ['formats', 'model', 'judges', 'tpo', 'hub', ...common],
    why: 'it keeps records and makes none',
  },
  worker: { imports: [...composedByWorker, ...common], why: 'it composes the lab and never touches the page' },
  client: { imports: ['worker', ...common], why: 'the page communicates with the worker by messages only' },
  state: { imports: ['client', ...common], why: 'stores do not know the components that show them' },
  ui: { imports: common, why: 'a primitive takes props and knows no store' },
  features: {
    imports: ['state', 'ui', ...common],
    why: 'a feature reaches the worker through the stores, and never another feature',
  },
  app: { imports: ['features', 'state', 'ui', 'client', 'storage', ...common], why: 'it only arranges features' },
};

/** Globals that only one folder may use. */
const restrictedNames = [
  { names: ['navigator.gpu'], zone: 'engine', why: 'one place asks for the device and watches it' },
  {
    names: ['indexedDB', 'caches.open', 'navigator.storage'],
    zone: 'storage',
    why: 'one place decides what is kept and when it is safe',
  },
];

/** Packages that only one folder may import. */
const restrictedPackages: Readonly<Record<string, string>> = {
  idb: 'storage',
  'idb-keyval': 'storage',
  webgpu: 'engine',
};

function zoneOf(path: string): string | null {
  if (path.startsWith('shaders/')) return 'shaders';
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

const featureOf = (path: string) => /^src\/features\/([^/]+)\//.exec(path)?.[1];

/** Explains why `file` may not import `specifier`, or returns null if it may. */
function refusal(file: string, specifier: string, typeOnly: boolean): string | null {
  const target = posix.join(posix.dirname(file), specifier);
  if (file.startsWith('bench/') && specifier.startsWith('.') && target.startsWith('cli/'))
    return 'bench may not import cli: the commands open its pages and read its reports';
  const from = zoneOf(file);
  if (from === null) return null;
  const owner = restrictedPackages[specifier];
  if (owner !== undefined && owner !== from) return `only src/${owner} may use the package ${specifier}`;
  if (specifier.startsWith('node:')) return 'src runs in a browser, which has no Node modules';
  if (!specifier.startsWith('.')) return null;

  const to = zoneOf(target);
  if (to === null) return `src may not reach outside of src and shaders (${target})`;
  if (from === 'features' && to === 'features' && featureOf(file) !== featureOf(target)) {
    return (
      `features/${featureOf(file)} may not import features/${featureOf(target)}: what two features ` +
      'share belongs to state or ui'
    );
  }
  if (from === to) return null;
  const zone = zones[from];
  if (zone === undefined) return `src/${from} is in no import zone: give it a row in cli/lint/zones.ts`;
  // The worker's code must not be loaded by the page.
  if (from === 'client' && to === 'worker' && !typeOnly) return `client may import only types of worker: ${zone.why}`;
  if (zone.imports.includes(to)) return null;
  return `${from} may not import ${to}: ${zone.why}`;
}

const isTest = (file: string) => /\.test\.tsx?$/.test(file);

/** Returns all violations in one file. Tests may import anything and use restricted names. */
export function checkZones(file: string, text: string): Violation[] {
  const found: Violation[] = [];
  const report = (offset: number, message: string) =>
    found.push({ file, line: text.slice(0, offset).split('\n').length, message });

  if (/\/(index|utils)\.tsx?$/.test(file)) report(0, 'no barrels and no utils: name the file after what it holds');
  if (isTest(file)) return found;

  const imported = (start: number, specifier: string, typeOnly: boolean) => {
    const message = refusal(file, specifier, typeOnly);
    if (message !== null) report(start, message);
  };
  const named = (start: number, name: string) => {
    const restriction = restrictedNames.find((candidate) => candidate.names.includes(name));
    if (restriction !== undefined && zoneOf(file) !== null && zoneOf(file) !== restriction.zone) {
      report(start, `only src/${restriction.zone} may name ${name}: ${restriction.why}`);
    }
  };

  new Visitor({
    ImportDeclaration: ({ start, source, importKind, specifiers }) => {
      const allTypes =
        specifiers.length > 0 && specifiers.every((each) => 'importKind' in each && each.importKind === 'type');
      imported(start, source.value, importKind === 'type' || allTypes);
    },
    ExportAllDeclaration: ({ start, source, exportKind }) => imported(start, source.value, exportKind === 'type'),
    ExportNamedDeclaration: ({ start, source, exportKind }) => {
      if (source !== null) imported(start, source.value, exportKind === 'type');
    },
    ImportExpression: ({ start, source }) => {
      if (source.type === 'Literal' && typeof source.value === 'string') imported(start, source.value, false);
    },
    TSImportType: ({ start, source }) => imported(start, source.value, true),
    Identifier: ({ start, name }) => named(start, name),
    MemberExpression: ({ start, object, property, computed }) => {
      if (computed || property.type !== 'Identifier') return;
      const owner = object.type === 'Identifier' ? object.name : null;
      const member =
        object.type === 'MemberExpression' && object.property.type === 'Identifier' ? object.property.name : null;
      named(start, `${owner ?? member}.${property.name}`);
    },
  }).visit(parseSync(file, text).program);
  return found;
}
