/** What changes an order as a screen shows it. */
export const orderTopics = ["order.", "job.", "lot.", "correction.", "machine.countsChanged"];

export interface MachineName {
  readonly id: number;
  readonly code: string;
  readonly name: string;
}
