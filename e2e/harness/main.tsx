/**
 * The page with a scripted API, for states that a real run reaches only after minutes or by chance. It is a separate
 * entry that is built for the tests only. `?scene=` names the script.
 */

import { mount } from '../../src/app/mount';
import { assert } from '../../src/lib/assert';
import { scene } from './scenes';

const root = document.getElementById('root');
assert(root, 'index.html of the harness has #root');
const parameters = new URLSearchParams(location.search);
await mount(root, scene(parameters.get('scene') ?? 'first'), {
  load: async () => ({
    theme: parameters.get('theme') === 'dark' ? 'dark' : 'light',
    recipeOpen: parameters.has('recipe'),
  }),
  save: async () => undefined,
});
