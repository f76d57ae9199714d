import { count, percent } from '../../../ui/format';

export interface Category {
  /** '' for rows without a category. */
  readonly name: string;
  readonly rows: number;
}

export const NO_CATEGORY = 'no category';

/** Categories with their number of rows, the most frequent first. */
export function categoriesOf(rows: readonly { readonly category?: string }[]): readonly Category[] {
  const counts = new Map<string, number>();
  for (const { category = '' } of rows) counts.set(category, (counts.get(category) ?? 0) + 1);
  return [...counts]
    .map(([name, number]) => ({ name, rows: number }))
    .sort((a, b) => b.rows - a.rows || a.name.localeCompare(b.name));
}

interface Props {
  readonly categories: readonly Category[];
  readonly total: number;
  readonly chosen?: string | null;
  /** Null selects all categories. Absent if categories cannot be selected. */
  readonly onChoose?: (name: string | null) => void;
}

export function Categories({ categories, total, chosen = null, onChoose }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <ul className="categories scroll" tabIndex={0} aria-label="Categories with their number of prompts">
      {categories.map(({ name, rows }) => {
        const share = total === 0 ? 0 : rows / total;
        const inside = (
          <>
            <span className="category-bar" style={{ transform: `scaleX(${share})` }} aria-hidden="true" />
            <span className="category-name">{name || NO_CATEGORY}</span>
            <span className="number" title={percent(share)}>
              {count(rows)}
            </span>
          </>
        );
        return (
          <li key={name}>
            {onChoose === undefined ? (
              <span className="category">{inside}</span>
            ) : (
              <button
                type="button"
                className="category"
                aria-pressed={chosen === name}
                onClick={() => onChoose(chosen === name ? null : name)}
              >
                {inside}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
