/**
 * The page around a Lab that a test scripts, to see states that the real one reaches only after minutes or by accident. It is
 * another entry, built for the tests only: the product has no way into it. `?scene=` names the script.
 */

import { mount } from '../../src/app/mount';
import { assert } from '../../src/lib/assert';
import { scene } from './scenes';

const root = document.getElementById('root');
assert(root, 'the harness has #root');
const parameters = new URLSearchParams(location.search);
await mount(root, scene(parameters.get('scene') ?? 'first'), {
  load: async () => ({
    theme: parameters.get('theme') === 'dark' ? 'dark' : 'light',
    recipeOpen: parameters.has('recipe'),
  }),
  save: async () => undefined,
});
