/**
 * Does `action` for each item, the others too when one fails, and then throws what went wrong: the error itself, or an
 * AggregateError of several.
 */
export async function collectFailures<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      await action(item);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures);
}
