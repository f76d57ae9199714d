import { useEffect } from 'react';
import type { Recipe } from '../../recipe/recipe';
import { adaptersStore, refreshAdapters, startingFromAdapter } from '../../state/models/adapters';
import { useStore } from '../../state/react';

interface Props {
  readonly id: string;
  readonly recipe: Recipe;
  readonly disabled: boolean;
  readonly about: string;
  readonly onChange: (change: Partial<Recipe>) => void;
}

/** A choice between a new adapter and the imported ones. The recipe takes over the settings of an imported one. */
export function AdapterChoice({ id, recipe, disabled, about, onChange }: Props) {
  const list = useStore(adaptersStore, (state) => state.list) ?? [];
  useEffect(() => void refreshAdapters(), []);
  const known = recipe.adapter === '' || list.some((adapter) => adapter.id === recipe.adapter);
  return (
    <select
      id={id}
      className="input"
      value={recipe.adapter}
      disabled={disabled}
      aria-describedby={about}
      onChange={(event) => {
        const chosen = list.find((adapter) => adapter.id === event.currentTarget.value);
        onChange(chosen ? startingFromAdapter(chosen, recipe) : { adapter: '' });
      }}
    >
      <option value="">A new one</option>
      {!known && <option value={recipe.adapter}>No longer stored here</option>}
      {list.map((adapter) => (
        <option key={adapter.id} value={adapter.id} disabled={adapter.settings === null}>
          {adapter.name}
        </option>
      ))}
    </select>
  );
}
