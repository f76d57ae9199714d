/** Judges in the recipe, their trial and their models, with a scripted API. */
import { accessibilityViolations } from '../accessibility';
import { complaintsOf, expect, test } from '../harness/harness';

test('a judge is tried on two responses before a run depends on it', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await page.goto(`${harness}?scene=first&recipe#/lab`);
  await page.getByText('Judge', { exact: true }).first().click();
  await page.getByLabel('Judge', { exact: true }).selectOption({ label: 'Language model in this tab (WebLLM)' });
  await page.getByLabel('WebLLM model', { exact: true }).selectOption('Qwen2.5-1.5B-Instruct-q4f32_1-MLC');
  await expect(page.getByText('Calls of the run, at most')).toBeVisible();
  await expect(
    page.getByText(/… plus 43,008 questions to a judge that has not been timed yet \(Language model in this tab/),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Try this judge on two responses' }).click();
  await expect(page.getByRole('heading', { name: 'Try the judge' })).toBeFocused();
  await page.getByRole('button', { name: 'Judge them' }).click();
  await expect(page.getByText(/Qwen2.5-1.5B: compiling the shaders, \d+%/)).toBeVisible();
  await expect(page.getByText('It prefers the first response.')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Control rows: 1 of 5 failed, 1 without a verdict' })).toBeVisible();
  await page.getByText('cut off', { exact: true }).click();
  await expect(page.getByText('The answ', { exact: true })).toBeVisible();
  await page.getByText('this row is better').click();
  await expect(page.getByText('The first is short and clear: [[A]]')).toBeVisible();
  await page.getByText('no verdict: the reply could not be parsed').click();
  await expect(page.getByText('I would rather not choose.')).toBeVisible();
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.getByLabel('First response').fill('');
  await expect(page.getByText('You have changed something since.')).toBeVisible();
  await page.getByRole('button', { name: 'Judge them again' }).click();
  await expect(page.getByRole('alert')).toContainText('The judge lost its device.', { timeout: 10_000 });
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Try this judge on two responses' })).toBeFocused();
  expect(complaints).toEqual([]);
});

test('a faulty address of a judge is reported at its field, and a key in it never gets into the URL', async ({
  page,
  harness,
}) => {
  await page.goto(
    `${harness}?scene=first&recipe#/lab?preset=quick&judge=remote&remoteUrl=https%3A%2F%2Fhost%2Fv1%3Fkey%3Dsecret`,
  );
  await expect(page).toHaveURL(/judge=remote$/);
  await page.getByText('Judge', { exact: true }).first().click();
  const address = page.getByLabel('Address', { exact: true });
  await expect(address).toHaveValue('https://host/v1?key=secret');
  const faults = page.locator('.field-fault');
  await expect(faults).toHaveText([/contains a query/]);
  await address.fill('');
  await address.pressSequentially('https://me:secret@host/v1');
  await expect(faults).toHaveText([/contains a name or a password/]);
  await expect(page.getByLabel('Key', { exact: true })).toHaveCount(0);
  expect(page.url()).not.toContain('secret');
  await address.fill('https://host/v1');
  await expect(faults).toHaveText([/names no model of host/]);
  await expect(page.getByLabel('Key', { exact: true })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(1);
  await expect(page).toHaveURL(/remoteUrl=https%3A%2F%2Fhost%2Fv1/);
  await page.getByLabel('Judge', { exact: true }).selectOption({ label: 'Language model in this tab (WebLLM)' });
  await expect(faults).toHaveText([/names no WebLLM model/]);
  await expect(
    page.getByRole('option', { name: 'Llama-3.2-3B-Instruct-q4f32_1-MLC (fetch it in Models first)' }),
  ).toBeDisabled();
});

test('the rule can be tried with every check, each with its weight', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=first&recipe#/lab?preset=quick&judge=rule`);
  await page.getByText('Judge', { exact: true }).first().click();
  await page.getByRole('button', { name: 'Try this judge on two responses' }).click();
  await expect(page.getByLabel('Check', { exact: true }).locator('option')).toHaveText([
    'none',
    'exact',
    'number',
    'time',
    'regex',
    'contains',
    'json',
    'length',
  ]);
  await page.getByRole('button', { name: 'Add a check' }).click();
  const second = page.getByRole('group', { name: 'Check 2' });
  await second.getByLabel('Check', { exact: true }).selectOption('regex');
  await second.getByLabel('Also check').fill('(');
  await expect(second.getByText('This cannot be checked: the pattern')).toBeVisible();
  await second.getByLabel('Also check').fill('^The');
  await second.getByLabel('Weight').fill('0.5');
  await page.getByRole('button', { name: 'Judge them' }).click();
  await expect(page.getByText('number, regex', { exact: false })).toBeVisible({ timeout: 10_000 });
  expect(await accessibilityViolations(page)).toEqual([]);
});

test('a trial of a panel shows each member’s scores, and a panel with a person cannot be tried', async ({
  page,
  harness,
}) => {
  await page.goto(`${harness}?scene=first&recipe#/lab?preset=quick&judge=panel&panel=rule:1,webllm:2`);
  await page.getByText('Judge', { exact: true }).first().click();
  await page.getByRole('button', { name: 'Try this judge on two responses' }).click();
  await page.getByRole('button', { name: 'Judge them' }).click();
  const members = page.getByRole('table', { name: /The score of each panel member/ });
  await expect(members.getByRole('row', { name: 'rule 1 1 0' })).toBeVisible({ timeout: 10_000 });
  await expect(members.getByRole('row', { name: /^webllm .* 2 0.74 no verdict$/ })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'First response, then Second response' })).toContainText(
    'webllm',
  );
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  const tried = page.getByRole('button', { name: 'Try this judge on two responses' });
  await expect(tried).toBeVisible();
  await page.getByRole('textbox', { name: /^You, blind/ }).fill('1');
  await expect(tried).toHaveCount(0);
});

test('a remote judge: its key is never shown again, and its models can be listed', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=first&recipe#/lab`);
  await page.getByText('Judge', { exact: true }).first().click();
  await page.getByLabel('Judge', { exact: true }).selectOption({ label: 'Language model at an address' });
  await page.getByLabel('Address', { exact: true }).fill('http://localhost:8080/v1');
  await page.getByLabel('Key', { exact: true }).fill('sk-made-up');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(page.getByText('A key is set; in memory until this page closes.')).toBeVisible();
  await expect(page.getByLabel('Key', { exact: true })).toHaveValue('');
  expect(page.url()).not.toContain('sk-made-up');
  await page.getByRole('button', { name: 'List its models' }).click();
  await page.getByRole('button', { name: 'SmolLM2-135M-Instruct.Q4_1.gguf' }).click();
  await expect(page.getByRole('textbox', { name: 'Model at the address' })).toHaveValue(
    'SmolLM2-135M-Instruct.Q4_1.gguf',
  );
  await page.getByLabel('Address', { exact: true }).fill('https://openrouter.ai/api/v1');
  await page.getByRole('button', { name: 'List its models' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'asks for a key' })).toBeVisible();
  await page.getByRole('button', { name: 'Edit this prompt' }).click();
  await expect(page.getByRole('textbox', { name: 'Comparison prompt' })).toHaveValue(/\{instruction\}/);
});

test('the calls of a judge that only evaluates are counted, and both prompts are shown', async ({ page, harness }) => {
  await page.goto(
    `${harness}?scene=first&recipe#/lab?preset=quick&judge=rule&evaluationJudge=remote` +
      '&judgeMethod=rating&judgeCallLimit=100',
  );
  await page.getByText('Judge', { exact: true }).first().click();
  await expect(page.getByText('Calls of the run, at most')).toBeVisible();
  await expect(page.getByText('Calls per prompt')).toHaveCount(0);
  await expect(
    page.getByText(/^0 calls in training, .* That is more than the limit of 100: the run will pause there\.$/),
  ).toBeVisible();
  await page.getByLabel('Judge', { exact: true }).selectOption({ label: 'The model itself, without its adapter' });
  await expect(page.getByText('Default comparison prompt')).toBeVisible();
  await expect(page.getByText('Default rating prompt')).toBeVisible();
  await page.getByRole('button', { name: 'Edit the rating prompt' }).click();
  await expect(page.getByRole('textbox', { name: 'Rating prompt' })).toHaveValue(/\{response\}/);
  await expect(page.getByText('Default rating prompt')).toHaveCount(0);
});

test('a panel is a weight per judge, and the URL holds it', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=first&recipe#/lab?preset=quick&judge=panel&panel=rule:1,onnx:0.5`);
  await page.getByText('Judge', { exact: true }).first().click();
  const weight = page.getByRole('textbox', { name: 'Reward model', exact: true });
  await expect(weight).toHaveValue('0.5');
  await weight.fill('2');
  await weight.blur();
  await expect(page).toHaveURL(/panel=rule%3A1%2Connx%3A2/);
});

test('Models: WebLLM’s list is loaded on request, and a model is downloaded, deleted or added', async ({
  page,
  harness,
}) => {
  const complaints = complaintsOf(page);
  await page.goto(`${harness}?scene=models#/models`);
  await page.getByRole('button', { name: 'Show the list' }).click();
  await expect(page.getByText('4 models, 3 of them run on this device.')).toBeVisible();
  await expect(page.getByText('about 348 MB to download, 580 MB of GPU memory')).toBeVisible();
  await page.getByRole('button', { name: 'Download SmolLM2-360M-Instruct-q4f32_1-MLC: ask for its size' }).click();
  await page.getByRole('button', { name: 'Download 406 MB: SmolLM2-360M-Instruct-q4f32_1-MLC' }).click();
  await expect(page.getByText(/fetching weights, \d+%/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Delete SmolLM2-360M-Instruct-q4f32_1-MLC' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Download Qwen2.5-1.5B-Instruct-q4f16_1-MLC/ })).toBeDisabled();
  await page.getByText('Add your own model').click();
  await page.getByLabel('Name', { exact: true }).fill('mine');
  await page.getByLabel('URL of the weights folder').fill('http://localhost:1/model/');
  await page.getByLabel('URL of the compiled library (.wasm)').fill('http://localhost:1/lib.wasm');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('mine', { exact: true })).toBeVisible();
  expect(await accessibilityViolations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});
