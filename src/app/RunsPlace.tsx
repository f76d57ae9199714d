export function RunsPlace() {
  return null;
}
