/** The loops of a kernel in RADV's assembly, and the instructions of each. */
import { assert } from '../../src/lib/assert';

/** Instructions that a thread executes. */
export interface Instructions {
  /** Vector instructions, in units of the time of a multiply-add. */
  vector: number;
  /** Loads by the bytes that a thread reads, and loads of one value for all threads. */
  loads: Map<number, number>;
  scalarLoads: number;
  /** Accesses of workgroup memory by the bytes of a thread. */
  shared: Map<number, number>;
  barriers: number;
}

export interface Code {
  /** Instructions that every thread executes, and those behind a branch that a subgroup may skip. */
  readonly always: Instructions;
  readonly guarded: Instructions;
  readonly loops: readonly Code[];
}

interface Block {
  readonly label: string;
  readonly instructions: readonly string[];
}

/** Vector instructions that take four times as long. */
const SLOW = /^v_(exp|log|rcp|rsq|sqrt|sin|cos)_|^v_mul_(lo|hi)_[ui]32|^v_mad_[ui]64|_f64/;
/** Registers that a load or store moves, of four bytes each. */
const WIDTH = /(?:dwordx(\d)|_b(\d+)|_u?byte|_[us]?short|dword)/;

function none(): Instructions {
  return { vector: 0, loads: new Map(), scalarLoads: 0, shared: new Map(), barriers: 0 };
}

const bump = (counts: Map<number, number>, key: number) => counts.set(key, (counts.get(key) ?? 0) + 1);

function add(to: Instructions, instruction: string): void {
  const [name = ''] = instruction.split(' ');
  if (name.startsWith('v_')) to.vector += SLOW.test(name) ? 4 : 1;
  else if (/^(buffer|global)_load/.test(name)) bump(to.loads, bytesOf(name));
  // Descriptors are loaded with s_load, data with s_buffer_load.
  else if (name.startsWith('s_buffer_load')) to.scalarLoads++;
  else if (/^ds_(read|write|load|store|add|min|max)/.test(name)) bump(to.shared, bytesOf(name));
  else if (name === 's_barrier') to.barriers++;
}

function bytesOf(name: string): number {
  const [, words, bits] = WIDTH.exec(name) ?? [];
  // ds_read2_b32 reads two values.
  const several = /^ds_[a-z]+2/.test(name) ? 2 : 1;
  if (words !== undefined) return 4 * Number(words);
  return bits === undefined ? 4 : (several * Number(bits)) / 8;
}

/** @throws if the text has no instruction that is known */
export function parseAssembly(text: string): Code {
  const blocks = parseBlocks(text);
  const index = new Map(blocks.map(({ label }, i) => [label, i]));
  /** Jumps from one block to another. */
  const jumps = blocks.flatMap(({ instructions }, from) =>
    instructions.flatMap((instruction) => {
      const to = index.get(/^s_c?branch\w*\s+(BB\d+)/.exec(instruction)?.[1] ?? '');
      return to === undefined ? [] : [{ from, to, always: instruction.startsWith('s_branch') }];
    }),
  );
  // A loop is from the target of its jumps back to the last of them.
  const ends = new Map<number, number>();
  for (const { from, to } of jumps) if (to <= from) ends.set(to, Math.max(from, ends.get(to) ?? 0));

  const read = (begin: number, end: number): Code => {
    const [always, guarded] = [none(), none()];
    const loops: Code[] = [];
    const forward = jumps.filter(({ from, to, always }) => begin <= from && from < to && to <= end && !always);
    for (let i = begin; i <= end; i++) {
      const last = ends.get(i);
      if (last !== undefined && (i > begin || last !== end)) {
        loops.push(read(i, last));
        i = last;
        continue;
      }
      const into = forward.some(({ from, to }) => from < i && i < to) ? guarded : always;
      for (const instruction of blocks[i]?.instructions ?? []) add(into, instruction);
    }
    return { always, guarded, loops };
  };
  const code = read(0, blocks.length - 1);
  assert(code.always.vector > 0, 'the assembly has no vector instruction');
  return code;
}

function parseBlocks(text: string): readonly Block[] {
  const blocks: { label: string; instructions: string[] }[] = [];
  for (const line of text.split('\n')) {
    const label = /^(BB\d+):/.exec(line)?.[1];
    const instruction = line.split(';')[0]?.trim() ?? '';
    const repeats = /^\(then repeated (\d+) times\)/.exec(instruction)?.[1];
    const current = blocks.at(-1)?.instructions;
    if (label !== undefined) blocks.push({ label, instructions: [] });
    else if (repeats !== undefined) for (let i = 0; i < Number(repeats); i++) current?.push(current.at(-1) ?? '');
    else if (instruction !== '') current?.push(instruction);
  }
  return blocks;
}

/** Sums of both, with a part of the second. */
export function combine(a: Instructions, b: Instructions, share: number): Instructions {
  const sum = (x: ReadonlyMap<number, number>, y: ReadonlyMap<number, number>) => {
    const all = new Map(x);
    for (const [key, count] of y) all.set(key, (all.get(key) ?? 0) + share * count);
    return all;
  };
  return {
    vector: a.vector + share * b.vector,
    loads: sum(a.loads, b.loads),
    scalarLoads: a.scalarLoads + share * b.scalarLoads,
    shared: sum(a.shared, b.shared),
    barriers: a.barriers + share * b.barriers,
  };
}

export function total(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
