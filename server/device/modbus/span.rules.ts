import { maxPerRead, type Register, type Table, wordsOf } from "./modbus.contract.ts";

/** What one request reads: a table from `start` on, and the registers that lie in it. */
export interface Span {
  readonly table: Table;
  readonly start: number;
  /** Registers, or bits of a coil or discrete table. */
  readonly count: number;
  readonly registers: readonly Register[];
}

/**
 * The fewest requests that read all registers and nothing between them: a hole may be an address the device does not
 * have, and then it refuses the whole request. A value is never torn over two requests.
 */
export function spansOf(registers: readonly Register[]): Span[] {
  const sorted = registers.toSorted((a, b) =>
    a.table === b.table ? a.address - b.address : a.table < b.table ? -1 : 1,
  );
  const spans: Span[] = [];
  for (const register of sorted) {
    const last = spans.at(-1);
    const end = register.address + wordsOf[register.type];
    if (last !== undefined && last.table === register.table && register.address <= last.start + last.count) {
      const count = Math.max(last.count, end - last.start);
      if (count <= maxPerRead[last.table]) {
        spans[spans.length - 1] = { ...last, count, registers: [...last.registers, register] };
        continue;
      }
    }
    spans.push({
      table: register.table,
      start: register.address,
      count: end - register.address,
      registers: [register],
    });
  }
  return spans;
}

/** Both halves of a span that was refused, to find the register that is to blame; null = there is only one. */
export function halvesOf(span: Span): readonly [Span[], Span[]] | null {
  if (span.registers.length < 2) return null;
  const middle = Math.ceil(span.registers.length / 2);
  return [spansOf(span.registers.slice(0, middle)), spansOf(span.registers.slice(middle))];
}
