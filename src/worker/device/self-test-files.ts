/** Files of a small model with numbers that PyTorch computed, as in e2e/golden/models. */
export const SELF_TEST_FILES = [
  'config.json',
  'model.safetensors',
  'forward.safetensors',
  'dpo.json',
  'dpo.safetensors',
  'adapter/adapter_config.json',
  'adapter/adapter_model.safetensors',
  'reference_adapter/adapter_config.json',
  'reference_adapter/adapter_model.safetensors',
] as const;
