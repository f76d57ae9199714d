/** Keeps the documentation true: its links, paths, commands and excerpts exist, and its prose fits on a screen. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../root';

/** Paths of all files below a folder, from the root, with forward slashes. */
const filesBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
    (path) => `${folder}/${path.replaceAll('\\', '/')}`,
  );

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...['docs', 'public', 'e2e'].flatMap(filesBelow).filter((path) => path.endsWith('.md')),
];
const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;

const FOLDERS = 'src|shaders|cli|e2e|bench|public|docs|\\.ci';
/** A path from the repository's root, possibly with `*`. Placeholders such as `<name>` and `…` do not match. */
const PATH = new RegExp(`^(?:${FOLDERS})/[\\w./*-]*$`);

interface Line {
  readonly text: string;
  /** Inside a fenced block. */
  readonly fenced: boolean;
}

function linesOf(text: string): Line[] {
  let fenced = false;
  return text.split('\n').map((line) => {
    const fence = line.trimStart().startsWith('```');
    if (fence) fenced = !fenced;
    return { text: line, fenced: fenced || fence };
  });
}

/** The anchor that GitHub gives a heading. */
const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

const anchorsOf = (text: string) =>
  linesOf(text).flatMap((line) =>
    line.fenced ? [] : [/^#+ (.*)$/.exec(line.text)?.[1]].flatMap((h) => (h ? [slug(h)] : [])),
  );

/** Links to other files and headings, in the order of the text. */
function linksOf(text: string): string[] {
  const prose = linesOf(text).flatMap((line) => (line.fenced ? [] : [line.text]));
  return [...prose.join('\n').matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) =>
    /^[a-z]+:/.test(link) ? [] : [link],
  );
}

/** Paths in code spans, and at the beginning of a line of a fenced block (a map of the code). */
function pathsOf(text: string): string[] {
  return linesOf(text).flatMap((line) => {
    const spans = line.fenced
      ? [line.text.split(/\s/)[0] ?? '']
      : [...line.text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
    return spans.filter((span) => PATH.test(span));
  });
}

const commandsOf = (text: string) => [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name);

function brokenLink(page: string, link: string): string | null {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (!existsSync(file)) return `${page}: the link ${link} leads nowhere`;
  if (anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(anchor)) return null;
  return `${page}: ${relative(root, file)} has no heading #${anchor}`;
}

/** `*` matches any part of one name. */
function isMissing(path: string): boolean {
  if (!path.includes('*')) return !existsSync(join(root, path));
  const folder = path.slice(0, path.lastIndexOf('/', path.indexOf('*')));
  if (!existsSync(join(root, folder))) return true;
  const escaped = path.replace(/\/$/, '').replace(/[.]/g, '\\.').replaceAll('*', '[^/]*');
  const pattern = new RegExp(`^${escaped}$`);
  return !filesBelow(folder).some((file) => pattern.test(file));
}

/** Fenced blocks that name a file after their language, and are excerpts of it. */
function excerptsOf(text: string): { path: string; excerpt: string }[] {
  return [...text.matchAll(/^```\w+ (\S+)\n(.*?)\n```$/gms)].map(([, path = '', excerpt = '']) => ({ path, excerpt }));
}

function brokenExcerpt(page: string, path: string, excerpt: string): string | null {
  if (!existsSync(join(root, path))) return `${page}: there is no ${path}`;
  return readFileSync(join(root, path), 'utf8').includes(excerpt)
    ? null
    : `${page}: ${path} does not hold "${excerpt}"`;
}

function faultsOf(page: string, text: string): string[] {
  return [
    ...linksOf(text).flatMap((link) => brokenLink(page, link) ?? []),
    ...pathsOf(text).flatMap((path) => (isMissing(path) ? [`${page}: there is no ${path}`] : [])),
    ...excerptsOf(text).flatMap(({ path, excerpt }) => brokenExcerpt(page, path, excerpt) ?? []),
    ...commandsOf(text).flatMap((name) => (name in scripts ? [] : [`${page}: there is no npm run ${name}`])),
    ...linesOf(text).flatMap(({ text: line }, i) =>
      line.length < 120 || line.startsWith('|') ? [] : [`${page}:${i + 1} has ${line.length} columns`],
    ),
  ];
}

it.each(pages)('%s: every link, path, command and excerpt exists, and lines are below 120 columns', (page) => {
  expect(faultsOf(page, readFileSync(join(root, page), 'utf8'))).toEqual([]);
});

it('finds what it checks', () => {
  const text = [
    '# One `a.b` heading',
    '[this](#one-ab-heading) [that](docs/nothing.md) [other](README.md#nowhere) [out](https://example.com/x)',
    '`src/none.ts`, `src/engine/*.none`, `src/<name>.ts`, `cli/run.mjs`, `npm run nothing`, `npm run build`',
    '```',
    'src/nowhere/   a folder',
    '[not a link](nothing.md)',
    '```',
    '```ts cli/root.ts',
    '/** Another root. */',
    '```',
    '```ts cli/root.ts',
    "/** The repository's root. */",
    '```',
    'x'.repeat(120),
    `| ${'x'.repeat(120)} |`,
  ].join('\n');
  expect(linksOf(text)).toEqual(['#one-ab-heading', 'docs/nothing.md', 'README.md#nowhere']);
  expect(anchorsOf(text)).toEqual(['one-ab-heading']);
  expect(faultsOf('README.md', text.replace('[this](#one-ab-heading) ', ''))).toEqual([
    'README.md: the link docs/nothing.md leads nowhere',
    'README.md: README.md has no heading #nowhere',
    'README.md: there is no src/none.ts',
    'README.md: there is no src/engine/*.none',
    'README.md: there is no src/nowhere/',
    'README.md: cli/root.ts does not hold "/** Another root. */"',
    'README.md: there is no npm run nothing',
    'README.md:14 has 120 columns',
  ]);
});
