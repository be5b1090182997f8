const COLUMNS = ['entity_id', 'state', 'last_changed'] as const;

/** Whether a header row is that of a history that Home Assistant exports: a row for each change of each entity. */
export const isHomeAssistant = (header: readonly string[]): boolean =>
  COLUMNS.every((column) => header.includes(column));

/** Cells of the entity, its state and the time of its change. */
export const homeAssistantCells = (
  header: readonly string[],
): { readonly entity: number; readonly state: number; readonly time: number } => {
  const [entity, state, time] = COLUMNS.map((column) => header.indexOf(column)) as [number, number, number];
  return { entity, state, time };
};
