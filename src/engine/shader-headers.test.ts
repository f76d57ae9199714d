/**
 * Shader headers are true. A header is the comment at the top of a shader. Names of its code are in backticks;
 * formulas are indented lines, where an indexed name such as `inp[n, i]` is a name of the code or is defined by a
 * formula.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../shaders/', import.meta.url);
const files = [...readdirSync(root), ...readdirSync(new URL('lib/', root)).map((file) => `lib/${file}`)].filter(
  (file) => file.endsWith('.wgsl'),
);

interface Shader {
  readonly header: string;
  readonly formulas: string;
  readonly code: string;
}

function parse(text: string): Shader {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const header = lines.slice(0, end).map((line) => line.slice(2));
  return {
    header: header.join('\n'),
    formulas: header.filter((line) => line.startsWith('   ')).join('\n'),
    code: lines
      .slice(end)
      .map((line) => line.replace(/\/\/.*/, ''))
      .join('\n'),
  };
}

const read = (file: string): Shader => parse(readFileSync(new URL(file, root), 'utf8'));

const names = (text: string): Set<string> => new Set(text.match(/[A-Za-z_]\w*/g) ?? []);
const groups = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);

/** Everything in a header that names something that does not exist. @param libraries code of files that it may name */
function falsehoods(
  { header, formulas, code }: Shader,
  existing: readonly string[],
  libraries: (file: string) => string = () => '',
): string[] {
  const mentioned = groups(header, /\b(lib\/[\w*]+)/g);
  const matching = (glob: string) =>
    existing.filter((file) => new RegExp(`^${glob.replaceAll('*', '\\w*')}(\\.wgsl)?$`).test(file));
  const known = names([code, ...mentioned.flatMap(matching).map(libraries)].join('\n'));
  const defined = new Set(groups(formulas, /([A-Za-z_]\w*)\[[^\]]*\] (?:=|\+=|←)/g));
  return [
    ...groups(header, /`([^`]*)`/g).filter((name) => !known.has(name)),
    ...groups(formulas, /([A-Za-z_]\w*)\[/g).filter((name) => !known.has(name) && !defined.has(name)),
    ...mentioned.filter((glob) => matching(glob).length === 0),
    ...groups(header, /([\w/-]+\.wgsl)/g).filter((file) => !existing.includes(file)),
  ];
}

describe.each(files)('%s', (file) => {
  const shader = read(file);

  it('has a header that names only what exists', () => {
    expect(shader.header).not.toBe('');
    expect(falsehoods(shader, files, (library) => read(library).code)).toEqual([]);
  });

  it('names its bindings and entry points', () => {
    const bindings = groups(shader.code, /@binding\(\d+\)\s*var<[^>]*>\s*(\w+)/g).filter(
      (name) => name !== 'params' && !file.startsWith('lib/'),
    );
    const entries = groups(shader.code, /@compute[^{]*?fn (\w+)/g);
    const inHeader = names(shader.header);
    expect([...bindings, ...(entries.length > 1 ? entries : [])].filter((name) => !inHeader.has(name))).toEqual([]);
  });
});

describe('falsehoods', () => {
  const code = 'fn forward() { out[0] = inp[0]; }';
  const check = (header: string, formulas = '') =>
    falsehoods({ header: header + formulas, formulas, code }, ['linear.wgsl', 'lib/weight_f32.wgsl']);

  it('finds a name that is not in the code', () => {
    expect(check('`inp` and `hEnd`, as in linear.wgsl and lib/weight_*')).toEqual(['hEnd']);
    expect(check('see lora.wgsl')).toEqual(['lora.wgsl']);
    expect(check('see lib/runs_of_*')).toEqual(['lib/runs_of_*']);
  });

  it('finds an indexed name in a formula that is neither in the code nor defined', () => {
    expect(check('', '   out[n] = inp[n] · r[n],   r[n] = 1')).toEqual([]);
    expect(check('', '   out[n] = inp[n] · r[n]')).toEqual(['r']);
  });
});
