import { describe, expect, it } from 'vitest';
import { LONGEST_TEXT, renderTemplate } from './render-template';

const text = (source: string, variables = {}) => {
  const rendered = renderTemplate(source, variables);
  return rendered.ok ? rendered.text : `${rendered.fault}: ${rendered.detail}`;
};

describe('a template', () => {
  it('has the variables and functions of transformers', () => {
    expect(text('{{ true }} {{ None is none }} {{ tools is defined }} {{ enable_thinking is false }}')).toBe(
      'true true false false',
    );
    expect(
      text('{{ enable_thinking is false }}{{ messages[0].content }}', {
        enable_thinking: false,
        messages: [{ content: 'hi' }],
      }),
    ).toBe('truehi');
    expect(
      text('{% set ns = namespace(n=0) %}{% for i in range(3) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}'),
    ).toBe('3');
  });

  it('always gets the same date, in English', () => {
    expect(text("{{ strftime_now('%d %b %Y') }}")).toBe('26 Jul 2024');
    expect(text("{{ strftime_now('%A, %B %-d, %y. %H:%M 100%% %Q') }}")).toBe('Friday, July 26, 24. 12:00 100% %Q');
  });

  it.each([
    ['5', '0 1 2 3 4'],
    ['2, 5', '2 3 4'],
    ['5, 2', ''],
    ['5, 0, -2', '5 3 1'],
    ['0, 5, 2', '0 2 4'],
  ])('counts like Python: range(%s)', (args, numbers) => {
    expect(text(`{{ range(${args}) | join(' ') }}`)).toBe(numbers);
  });

  it.each(['1000000000', '0, 1, 0', '-1000000, 1000000'])('has the limit of Jinja’s sandbox: range(%s)', (args) => {
    expect(text(`{% for i in range(${args}) %}x{% endfor %}`)).toMatch(/^refused: a range of .* is too long$/);
  });

  it('may refuse with a reason', () => {
    expect(text("{{ raise_exception('roles must alternate') }}")).toBe('refused: roles must alternate');
    expect(text("{{ 'a' | nothing }}")).toMatch(/^refused: /);
    expect(text('{% for %}')).toMatch(/^unreadable: /);
  });

  it('may not write an endless text', () => {
    const many = (times: number) => `{% for i in range(${times}) %}{{ block }}{% endfor %}`;
    const variables = { block: 'x'.repeat(2 ** 10) };
    expect(text(many(1024), variables)).toHaveLength(LONGEST_TEXT);
    expect(text(many(1025), variables)).toBe(`too-long: ${1025 * 2 ** 10} characters`);
  });
});
