import { expect, it } from 'vitest';
import { parseAssembly, total } from './assembly';

/** As Mesa prints it: a loop in which lanes may skip a block, inside of another loop. */
const TEXT = `
BB0:
s_load_dwordx4 s[4:7], s[2:3], 0x40                         ; f4080101 fa000040
v_mov_b32_e32 v1, 0                                         ; 7e020280
s_nop 0                                                     ; bf800000
(then repeated 3 times)
BB1:
v_cmp_le_u32_e32 vcc, s10, v1                               ; 7d86020a
s_cbranch_scc0 BB6                                          ; bf840013
BB2:
buffer_load_dwordx4 v[8:11], v2, s[16:19], 0 offen          ; e0381000
v_fmac_f32_e32 v4, v11, v11                                 ; 5608170b
(then repeated 2 times)
s_cbranch_execz BB4                                         ; bf880006
BB3:
v_exp_f32_e32 v4, v4                                        ; 7e084b04
ds_write_b128 v1, v[4:7]                                    ; db7c0000
BB4:
v_mul_lo_u32 v4, v4, v5                                     ; d5690004
s_cbranch_scc1 BB2                                          ; bf85fff5
BB5:
ds_read2_b32 v[4:5], v1                                     ; d8dc0000
s_barrier                                                   ; bf8a0000
s_branch BB1                                                ; bf82ffe6
BB6:
buffer_store_dword v4, v1, s[16:19], 0 offen                ; e0701000
s_endpgm                                                    ; bf810000
`;

it('counts the instructions of each loop, without those of loops inside it', () => {
  const code = parseAssembly(TEXT);
  expect(code.always.vector).toBe(1);
  const [outer, ...others] = code.loops;
  expect(others).toEqual([]);
  expect(outer?.always).toMatchObject({ vector: 1, barriers: 1, shared: new Map([[8, 1]]) });
  expect(outer?.loops).toHaveLength(1);
  const inner = outer?.loops[0];
  // Three multiply-adds, and an integer product, which takes as long as four.
  expect(inner?.always.vector).toBe(3 + 4);
  expect(inner?.always.loads).toEqual(new Map([[16, 1]]));
  expect(total(inner?.always.shared ?? new Map())).toBe(0);
});

it('tells apart what a subgroup may skip', () => {
  const inner = parseAssembly(TEXT).loops[0]?.loops[0];
  expect(inner?.guarded).toMatchObject({ vector: 4, shared: new Map([[16, 1]]) });
});

it('refuses a text without instructions', () => {
  expect(() => parseAssembly('')).toThrow(/no vector instruction/);
});
