/** Reads imported adapters. The worker loads this code with the first one. */
import type { AdapterFiles } from '../../formats/adapter-zip';
import { MemorySource } from '../../formats/byte-source';
import { type PeftAdapter, readPeft, WEIGHTS_FILE } from '../../formats/peft';
import type { ModelConfig } from '../../model/config';
import { flatten, layoutOf, specOf } from '../../model/peft-layout';
import { adapterFault, type RecipeFault } from '../../recipe/faults';
import type { Recipe } from '../../recipe/recipe';
import type { ImportedAdapter } from '../../records/models';

/** @throws LabError bad-file */
export function readAdapter({ config, weights }: AdapterFiles): Promise<PeftAdapter> {
  return readPeft(config, new MemorySource(WEIGHTS_FILE, weights));
}

export function describeAdapter(adapter: PeftAdapter): Pick<ImportedAdapter, 'settings' | 'baseModel'> {
  return { settings: specOf(adapter), baseModel: adapter.config.baseModel };
}

/**
 * Why a recipe cannot start with the adapter. Null if it can.
 * @throws LabError bad-file: the adapter does not fit the model
 */
export function faultOf(adapter: PeftAdapter, recipe: Recipe, model: ModelConfig): RecipeFault | null {
  const fault = adapterFault(recipe, specOf(adapter));
  if (fault === null) flatten(adapter, layoutOf(model, adapter));
  return fault;
}
