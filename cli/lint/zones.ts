/**
 * Who may import whom, as one table, and the doors: the few things that only one folder may name. Biome checks the rest.
 * A file is judged by its path and its syntax tree; nothing is resolved, so the check takes a second for the whole tree.
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
  /** Zones of which only types may be imported. */
  readonly types?: readonly string[];
  readonly why: string;
}

/** Importable by everyone, and importing nothing but each other. */
const common = ['lib', 'recipe'];

/** Without a browser's page: everything that the worker may put together. */
const beneathTheWorker = ['formats', 'reference', 'engine', 'model', 'training', 'judges', 'tpo', 'hub', 'storage'];

/** What the page is told: the protocol, and the records that travel in it. */
const records = ['worker', 'tpo'];

export const zones: Readonly<Record<string, Zone>> = {
  lib: { imports: [], why: 'it has no browser API and no knowledge of the lab' },
  recipe: { imports: [], why: 'everyone reads it, so it reads no one' },
  formats: { imports: [], why: 'it is pure: bytes in, typed values out' },
  reference: { imports: [], why: 'an oracle that shares code with what it checks proves nothing' },
  engine: { imports: ['shaders'], why: 'it is handed a GPU and tensors, and knows neither models nor pages' },
  model: { imports: ['engine', 'formats'], why: 'a model does not know what it is trained for' },
  training: { imports: ['model', 'engine', 'formats'], why: 'a step is a function of pairs, whoever made them' },
  judges: { imports: [], types: ['tpo'], why: 'a judge that needs the policy is handed `generate` as an argument' },
  tpo: {
    imports: ['judges', 'training'],
    types: ['model', 'worker'],
    why: 'the loop knows no GPU and no storage: they are handed to it',
  },
  hub: { imports: ['formats'], types: ['worker'], why: 'it fetches bytes, and hands them to whoever keeps them' },
  storage: { imports: ['formats'], types: [...beneathTheWorker, 'worker'], why: 'it keeps records and makes none' },
  worker: { imports: beneathTheWorker, why: 'it puts the lab together and never touches the page' },
  client: { imports: [], types: records, why: 'the page speaks to the worker by messages only' },
  state: { imports: ['client'], types: records, why: 'stores know nothing of who shows them' },
  ui: { imports: [], types: records, why: 'a primitive takes props and knows no store' },
  features: {
    imports: ['state', 'ui'],
    types: records,
    why: 'a feature reaches the worker through the stores, and never another feature',
  },
  app: { imports: ['features', 'state', 'ui', 'client', 'storage'], types: records, why: 'it only arranges features' },
};

const doors = [
  { names: ['navigator.gpu'], zone: 'engine', why: 'one place asks for the device and watches it' },
  {
    names: ['indexedDB', 'caches.open', 'navigator.storage'],
    zone: 'storage',
    why: 'one place decides what is kept and when it is safe',
  },
];

const doorPackages: Readonly<Record<string, string>> = { idb: 'storage', 'idb-keyval': 'storage', webgpu: 'engine' };

function zoneOf(path: string): string | null {
  if (path.startsWith('shaders/')) return 'shaders';
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

const featureOf = (path: string) => /^src\/features\/([^/]+)\//.exec(path)?.[1];

/** Why `file` may not import `specifier`, or null where it may. */
function refusal(file: string, specifier: string, typeOnly: boolean): string | null {
  const from = zoneOf(file);
  if (from === null) return null;
  const owner = doorPackages[specifier];
  if (owner !== undefined && owner !== from) return `only src/${owner} may use the package ${specifier}`;
  if (specifier.startsWith('node:')) return 'src runs in a browser, which has no Node modules';
  if (!specifier.startsWith('.')) return null;

  const target = posix.join(posix.dirname(file), specifier);
  const to = zoneOf(target);
  if (to === null) return `src may not reach outside of src and shaders (${target})`;
  if (from === 'features' && to === 'features' && featureOf(file) !== featureOf(target)) {
    return `features/${featureOf(file)} may not import features/${featureOf(target)}: what two features share belongs to state or ui`;
  }
  if (from === to || common.includes(to)) return null;
  const zone = zones[from];
  if (zone === undefined) return `src/${from} is in no import zone: give it a row in cli/lint/zones.ts`;
  if (zone.imports.includes(to)) return null;
  if (zone.types?.includes(to)) return typeOnly ? null : `${from} may import only types of ${to}: ${zone.why}`;
  return `${from} may not import ${to}: ${zone.why}`;
}

const isTest = (file: string) => /\.test\.tsx?$/.test(file);

/** All violations of one file, its text given. Tests may import what they compare with, and open the doors. */
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
    const door = doors.find((candidate) => candidate.names.includes(name));
    if (door !== undefined && zoneOf(file) !== null && zoneOf(file) !== door.zone) {
      report(start, `only src/${door.zone} may name ${name}: ${door.why}`);
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
